/* What a start becomes that may not be: it says why, or has a worker do it and stands in for that.
 *
 * A supervisor starts us as /dev/fd/N, with the arguments of the program and the order on descriptor N + 1:
 * D, a status of three digits, words; or R, three digits, a ticket, a folder and a socket, a line each. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ORDER_CAP (PIPE_BUF * 4)
#define LOST_RELAY 75 /* EX_TEMPFAIL */
#define COME_MS 100

struct stand_in {
    struct wire wire;
    int listener; /* where the worker's command comes for our streams, or -1 */
    int folder;
    char name[32];
};

/* The number of the descriptor that we were started from, or -1 where a supervisor did not start us. */
int stub_number(void)
{
    const char *path = (const char *)(uintptr_t)getauxval(AT_EXECFN);

    if (path == NULL || strncmp(path, "/dev/fd/", 8) != 0 || path[8] < '0' || path[8] > '9')
        return -1;
    return atoi(path + 8);
}

static size_t read_order(int fd, char *order)
{
    size_t length = 0;
    ssize_t count;

    while (length < ORDER_CAP - 1 && (count = read(fd, order + length, ORDER_CAP - 1 - length)) > 0)
        length += (size_t)count;
    close(fd);
    order[length] = '\0';
    return length;
}

static char *next_line(char **text)
{
    char *line = *text, *end = strchr(line, '\n');

    if (end == NULL)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

/* Makes the place where the worker's command finds us; its path may be too long for an address, so we go there. */
static int open_place(struct stand_in *stand_in, const char *folder)
{
    struct sockaddr_un address;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), made = -1;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    snprintf(stand_in->name, sizeof stand_in->name, "s.%ld", (long)getpid());
    strcpy(address.sun_path, stand_in->name);
    stand_in->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    stand_in->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (here >= 0 && stand_in->folder >= 0 && stand_in->listener >= 0 && fchdir(stand_in->folder) == 0) {
        unlink(stand_in->name);
        made = bind(stand_in->listener, (const struct sockaddr *)&address, sizeof address);
        if (made == 0)
            made = listen(stand_in->listener, 1);
        if (fchdir(here) < 0)
            made = -1;
    }
    if (here >= 0)
        close(here);
    return made;
}

/* Says where and how the command is to run, and where our streams are. */
static int hand_in(const struct stand_in *stand_in)
{
    struct outgoing frame = {0};
    char cwd[PATH_MAX], mask[8];
    mode_t old = umask(077);

    umask(old);
    if (getcwd(cwd, sizeof cwd) == NULL)
        strcpy(cwd, "/");
    begin_frame(&frame, 'J', 0);
    add_field(&frame, cwd, strlen(cwd));
    add_field(&frame, mask, (size_t)snprintf(mask, sizeof mask, "%o", (unsigned)old));
    add_environment(&frame);
    add_field(&frame, stand_in->name, strlen(stand_in->name));
    return send_frame(&stand_in->wire, &frame);
}

static void give_streams(struct stand_in *stand_in)
{
    char room[CMSG_SPACE(3 * sizeof(int))], byte = 's';
    int streams[3] = {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}, peer;
    struct msghdr message = {0};
    struct cmsghdr *head;
    struct iovec data;

    if ((peer = accept(stand_in->listener, NULL, NULL)) < 0)
        return;
    data.iov_base = &byte;
    data.iov_len = 1;
    memset(room, 0, sizeof room);
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof streams);
    memcpy(CMSG_DATA(head), streams, sizeof streams);
    if (sendmsg(peer, &message, MSG_NOSIGNAL) == 1)
        mute_standard_streams(); /* they are the command's now: their end is its end */
    close(peer);
    close(stand_in->listener);
    stand_in->listener = -1;
}

NO_RETURN static void leave(struct stand_in *stand_in, const char *words, size_t length, int status)
{
    write_all(STDERR_FILENO, words, length);
    if (stand_in->folder >= 0)
        unlinkat(stand_in->folder, stand_in->name, 0);
    _exit(status);
}

static int status_of(const struct frame *frame, int at)
{
    char text[8] = "";

    if (at < frame->count && frame->lengths[at] < sizeof text)
        memcpy(text, frame->fields[at], frame->lengths[at]);
    return *text ? atoi(text) & 255 : LOST_RELAY;
}

/* Waits for the end of the job, and ends as it did. */
NO_RETURN static void stand(struct stand_in *stand_in)
{
    static const char lost[] = "headgate: HG010 the gate has gone; whether the worker finished is not known\n";
    struct pollfd watched[2];
    struct frame frame;
    int gone = 0;

    for (;;) {
        memset(watched, 0, sizeof watched);
        watched[0].fd = stand_in->wire.fd;
        watched[1].fd = stand_in->listener;
        watched[0].events = watched[1].events = POLLIN;
        poll(watched, 2, -1);
        if (watched[1].revents)
            give_streams(stand_in);
        if (watched[0].revents)
            gone = hear(&stand_in->wire) < 0;
        while (next_frame(&stand_in->wire, &frame) > 0)
            if (frame.kind == 'T')
                leave(stand_in, frame.count ? frame.fields[0] : "", frame.count ? frame.lengths[0] : 0,
                      status_of(&frame, 1));
        if (gone)
            leave(stand_in, lost, sizeof lost - 1, LOST_RELAY);
    }
}

/* Has a worker do it: *order* is a ticket, a folder and a socket, a line each. */
int relay(char *order)
{
    static const char away[] = "headgate: HG010 the gate is away; nothing was handed to a worker\n";
    static const char apart[] = "headgate: HG709 a worker has to do this, and from here, which has files or rights of its "
                                "own, it cannot be handed to one\n";
    char *ticket = next_line(&order), *folder = next_line(&order), *socket_path = next_line(&order);
    struct stand_in stand_in;
    char greeting[NAME_MAX + 32];

    memset(&stand_in, 0, sizeof stand_in);
    stand_in.folder = stand_in.listener = -1;
    if (ticket == NULL || folder == NULL || socket_path == NULL)
        return LOST_RELAY;
    snprintf(greeting, sizeof greeting, "headgate-relay/1 %s\n", ticket);
    if (open_place(&stand_in, folder) < 0)
        leave(&stand_in, apart, sizeof apart - 1, LOST_RELAY);
    if (open_wire(&stand_in.wire, socket_path, greeting) < 0 ||
        hand_in(&stand_in) < 0)
        leave(&stand_in, away, sizeof away - 1, LOST_RELAY);
    stand(&stand_in);
}

/* The stub started from descriptor *number*. */
int stub(int number)
{
    static char order[ORDER_CAP];
    size_t length = read_order(number + 1, order);

    if (length < 4)
        return LOST_RELAY;
    if (order[0] == 'R')
        return relay(order + 4);
    write_all(STDERR_FILENO, order + 4, length - 4);
    return (order[1] - '0') * 100 + (order[2] - '0') * 10 + (order[3] - '0');
}

/* ---- the worker's side ---- */

static int take_streams(int peer)
{
    char room[CMSG_SPACE(3 * sizeof(int))], byte;
    struct msghdr message = {0};
    struct cmsghdr *head;
    struct iovec data;
    int streams[3], i;

    data.iov_base = &byte;
    data.iov_len = 1;
    message.msg_iov = &data;
    message.msg_iovlen = 1;
    message.msg_control = room;
    message.msg_controllen = sizeof room;
    if (recvmsg(peer, &message, MSG_CMSG_CLOEXEC) != 1 || (head = CMSG_FIRSTHDR(&message)) == NULL ||
        head->cmsg_type != SCM_RIGHTS || head->cmsg_len != CMSG_LEN(sizeof streams))
        return -1;
    memcpy(streams, CMSG_DATA(head), sizeof streams);
    for (i = 0; i < 3; i++)
        if (dup2(streams[i], i) < 0)
            return -1;
    return 0;
}

static int meet_stub(const char *folder, const char *name)
{
    struct sockaddr_un address;
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int met;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (here < 0 || peer < 0 || strlen(name) >= sizeof address.sun_path || chdir(folder) < 0)
        return -1;
    strcpy(address.sun_path, name);
    met = connect(peer, (const struct sockaddr *)&address, sizeof address);
    if (fchdir(here) < 0 || met < 0)
        return -1;
    return peer;
}

/* headgate-shim take FOLDER NAME PROGRAM ARGV...: runs PROGRAM with the streams of the stub that waits there. */
int take(char **words)
{
    int peer = meet_stub(words[0], words[1]);

    if (peer < 0 || take_streams(peer) < 0) {
        complain("HG403 headgate: whoever wanted this has gone; nothing was run\n");
        return LOST_RELAY;
    }
    close(peer);
    execv(words[2], words + 3);
    complain("%s: %s\n", words[3], strerror(errno));
    return errno == ENOENT ? NOT_FOUND_STATUS : NOT_FOUND_STATUS - 1;
}

#else

int relay(char *order)
{
    (void)order;
    return USAGE_STATUS;
}

int stub_number(void)
{
    return -1;
}

int stub(int number)
{
    (void)number;
    return USAGE_STATUS;
}

int take(char **words)
{
    (void)words;
    return USAGE_STATUS;
}

#endif
