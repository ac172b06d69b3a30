/* One start, asked over the daemon's socket: a line, a frame, and the frame that answers it.
 *
 * Frames are little-endian: the length of the rest (4 bytes), a kind (1), an id (8), and fields, each a length and
 * bytes. Nothing goes on without a whole answer. */

#include "headgate_shim_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define START_ID 1
#define HEAD_SIZE 9             /* of the kind and the id */
#define RETRY_MS 50
#define ANSWER_MEETINGS 6       /* so many times MEETING_MS an answer may take once the daemon is there */
#define LOWEST_FD 10            /* what a shell's redirections do not name */

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

void put_bytes(struct bytes *to, const void *data, size_t length)
{
    size_t room = to->room ? to->room : 4096;
    char *grown;

    while (room < to->length + length && room <= FRAME_CAP)
        room *= 2;
    if (to->failed || to->length + length > FRAME_CAP) {
        to->failed = 1;
        return;
    }
    if (room != to->room) {
        grown = realloc(to->data, room);
        if (grown == NULL) {
            to->failed = 1;
            return;
        }
        to->data = grown;
        to->room = room;
    }
    if (length > 0)
        memcpy(to->data + to->length, data, length);
    to->length += length;
}

void put_u32(struct bytes *to, size_t number)
{
    unsigned char four[4];
    int i;

    for (i = 0; i < 4; i++)
        four[i] = (unsigned char)(number >> (8 * i));
    put_bytes(to, four, sizeof four);
}

void put_field(struct bytes *to, const void *data, size_t length)
{
    put_u32(to, length);
    put_bytes(to, data, length);
}

static size_t get_u32(const char *data)
{
    const unsigned char *four = (const unsigned char *)data;

    return (size_t)four[0] | (size_t)four[1] << 8 | (size_t)four[2] << 16 | (size_t)four[3] << 24;
}

/* ---- the start ---- */

/* Returns whether the words had to be cut. */
static int put_words(struct bytes *frame, const struct start *start)
{
    struct bytes list = {0};
    size_t length;
    int i, cut = 0;

    for (i = 0; i < start->argc && !cut; i++) {
        length = strlen(start->argv[i]);
        cut = list.length + length + 1 > ARGV_CAP;
        put_bytes(&list, start->argv[i], cut ? ARGV_CAP - list.length - 1 : length);
        put_bytes(&list, "", 1);
    }
    frame->failed |= list.failed;
    put_field(frame, list.data, list.length);
    free(list.data);
    return cut;
}

static char kind_of_input(void)
{
    struct stat input, nothing;

    if (fstat(STDIN_FILENO, &input) < 0)
        return 'n';
    if (S_ISREG(input.st_mode))
        return 'r';
    if (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode))
        return 'p';
    if (!S_ISCHR(input.st_mode) || (stat("/dev/null", &nothing) == 0 && input.st_rdev == nothing.st_rdev))
        return 'n';
    return 't';
}

/* The file stays open, for the gate to look at, until the program is run; it may be one that cannot be read. */
static int open_program(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), high;

#ifdef O_PATH
    if (fd < 0)
        fd = open(path, O_PATH | O_CLOEXEC);
#endif
    if (fd < 0)
        return -1;
    high = fcntl(fd, F_DUPFD, LOWEST_FD);
    close(fd);
    if (high >= 0)
        set_close_on_exec(high);
    return high;
}

static void put_note(struct bytes *frame, const char *path, int cut)
{
    char note[128], head[2] = {0, 0};
    int fd = open_program(path);
    int script = fd >= 0 && pread(fd, head, sizeof head, 0) == sizeof head && head[0] == '#' && head[1] == '!';
    int length = snprintf(note, sizeof note, "%ld %ld %ld:%d %c%s%s", (long)getpid(), (long)getppid(), (long)getpid(),
                          fd, kind_of_input(), cut ? "c" : "", script ? "x" : "");

    put_field(frame, note, (size_t)length);
}

/* Writes the whole frame 'S' of a start. */
void put_start(struct bytes *frame, const struct start *start, const char *watched)
{
    char real[PATH_MAX], folder[PATH_MAX], head[HEAD_SIZE] = {'S', START_ID};
    const char *found = realpath(start->path, real), *here = getcwd(folder, sizeof folder);
    size_t length;
    int cut, i;

    put_u32(frame, 0);
    put_bytes(frame, head, sizeof head);
    put_field(frame, start->path, strlen(start->path));
    put_field(frame, found ? found : "", found ? strlen(found) : 0);
    cut = put_words(frame, start);
    put_field(frame, here ? here : "", here ? strlen(here) : 0);
    put_environment(frame, watched);
    put_note(frame, start->path, cut);
    if (frame->failed)
        return;
    length = frame->length - 4;
    for (i = 0; i < 4; i++)
        frame->data[i] = (char)(length >> (8 * i));
}

/* ---- the socket ---- */

static int is_trusted(int fd, uid_t owner)
{
#ifdef __linux__
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return 0;
    return peer.uid == owner || peer.uid == 0;
#else
    uid_t uid;
    gid_t gid;

    return getpeereid(fd, &uid, &gid) == 0 && (uid == owner || uid == 0);
#endif
}

/* A program that was started without standard streams must not find our socket there. */
static int open_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), high;
#ifdef SO_NOSIGPIPE
    int on = 1;
#endif

    if (fd < 0)
        return -1;
    high = fcntl(fd, F_DUPFD, LOWEST_FD);
    close(fd);
    if (high < 0)
        return -1;
    set_close_on_exec(high);
    fcntl(high, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
    setsockopt(high, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
    return high;
}

static int connect_gate(const struct call *call)
{
    struct sockaddr_un address;
    int fd = open_socket();

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (fd < 0 || strlen(call->socket) >= sizeof address.sun_path) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    strcpy(address.sun_path, call->socket);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && is_trusted(fd, call->owner))
        return fd;
    close(fd);
    return -1;
}

static int await_socket(int fd, short events, long long deadline)
{
    struct pollfd watched = {0};
    long long left = deadline == DEADLINE_NONE ? INT_MAX : deadline - now_ms();

    watched.fd = fd;
    watched.events = events;
    return left > 0 && (poll(&watched, 1, (int)left) > 0 || errno == EINTR) ? 0 : -1;
}

static int send_bytes(int fd, const char *data, size_t length, long long deadline)
{
    ssize_t count;

    while (length > 0) {
        count = send(fd, data, length, MSG_NOSIGNAL);
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (count > 0) {
            data += count;
            length -= (size_t)count;
        } else if (await_socket(fd, POLLOUT, deadline) < 0) {
            return -1;
        }
    }
    return 0;
}

static int read_bytes(int fd, char *data, size_t length, long long deadline)
{
    ssize_t count;

    while (length > 0) {
        count = recv(fd, data, length, 0);
        if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
            return -1;
        if (count > 0) {
            data += count;
            length -= (size_t)count;
        } else if (await_socket(fd, POLLIN, deadline) < 0) {
            return -1;
        }
    }
    return 0;
}

/* ---- the answer ---- */

/* Takes the field at *at*; returns where the next one begins, or 0. */
static size_t take_field(const char *body, size_t length, size_t at, const char **field, size_t *size)
{
    if (at + 4 > length)
        return 0;
    *size = get_u32(body + at);
    *field = body + at + 4;
    return *size <= length - at - 4 ? at + 4 + *size : 0;
}

static int take_status(const char *field, size_t size)
{
    int status = 0;
    size_t i;

    for (i = 0; i < size; i++) {
        if (field[i] < '0' || field[i] > '9' || status > 255)
            return REFUSED_STATUS;
        status = status * 10 + (field[i] - '0');
    }
    return size > 0 && status > 0 && status <= 255 ? status : REFUSED_STATUS; /* what was refused is no success */
}

/* Reads a frame's body into *answer*; returns -1 for what is none. */
static int take_answer(const char *body, size_t length, struct answer *answer)
{
    const char *field = "";
    size_t size = 0, at = HEAD_SIZE;

    answer->kind = body[0];
    answer->status = REFUSED_STATUS;
    if (strchr("CP", answer->kind) != NULL)
        return 0;
    at = take_field(body, length, at, &field, &size);
    if (at == 0)
        size = 0;
    put_bytes(&answer->text, field, size);
    put_bytes(&answer->text, "", 1);
    if (strchr("RM", answer->kind) == NULL && at != 0 && take_field(body, length, at, &field, &size) != 0)
        answer->status = take_status(field, size);
    return answer->text.failed ? -1 : 0;
}

/* Reads frames until one decides our start: 'W' says that it takes longer, and 'F' is for those who remember. Returns
 * -1 where the connection ends before that, or has a frame in no known form. */
int read_answer(int fd, struct answer *answer, long long deadline)
{
    char size[4], *body;
    size_t length;
    int done = 0, failed = 0;

    while (!done && !failed) {
        if (read_bytes(fd, size, sizeof size, deadline) < 0)
            return -1;
        length = get_u32(size);
        if (length < HEAD_SIZE || length > FRAME_CAP || (body = malloc(length)) == NULL)
            return -1;
        failed = read_bytes(fd, body, length, deadline) < 0;
        done = !failed && body[0] != 'F' && body[0] != 'W';
        if (body[0] == 'W')
            deadline = DEADLINE_NONE;
        if (done)
            failed = take_answer(body, length, answer) < 0;
        free(body);
    }
    return failed ? -1 : 0;
}

static int ask_once(int fd, const struct call *call, const struct bytes *frame, struct answer *answer)
{
    long long deadline = now_ms() + ANSWER_MEETINGS * (long long)MEETING_MS;
    char line[NAME_MAX + 32];
    int length = snprintf(line, sizeof line, "headgate-exec/1 %s\n", call->name);

    if (send_bytes(fd, line, (size_t)length, deadline) < 0 ||
        send_bytes(fd, frame->data, frame->length, deadline) < 0)
        return -1;
    return read_answer(fd, answer, deadline);
}

/* Asks until there is an answer, or no daemon was there for MEETING_MS; returns the connection, or -1. */
int ask_gate(const struct call *call, const struct bytes *frame, struct answer *answer)
{
    long long deadline = now_ms() + MEETING_MS;
    int fd;

    for (;;) {
        fd = connect_gate(call);
        if (fd >= 0 && ask_once(fd, call, frame, answer) == 0)
            return fd;
        if (fd >= 0)
            close(fd);
        if (now_ms() >= deadline)
            return -1;
        answer->text.length = 0;
        poll(NULL, 0, RETRY_MS);
    }
}
