/* headgate-shim front FOLDER SECONDS MAX_RUN SOCKET: what the main thread waits for.
 *
 * It shows the command's log until the command has ended, and leaves with its status; or until SECONDS are over:
 * then the command goes on as a job, and the daemon says what the main thread is told. */

#include "headgate_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536
#define ANSWER_CAP 65536
#define PAUSE_MS 5
#define LONGEST_PAUSE_MS 25
#define RETRY_MS 1000 /* before a hand-over is tried again that could not be written down */
#define CANCEL_MS 15000

static const char AWAY[] =
    "headgate: HG010 this ran longer than the main thread may wait and goes on in the background; "
    "the gate is away and will list it as a job when it is back (see `headgate jobs`)\n";

struct front {
    const char *name, *max_run, *socket;
    int folder, log, up, down;
    off_t offset, held;  /* so much is shown; so much was there at the last look */
    int in_line;         /* what is shown does not end with a newline */
    int kept, ended, status, accepted, refused; /* what the keeper said */
    int orphaned, absent; /* it died; it left before it could keep the command */
};

/* ---- the log ---- */

static void show(struct front *front, const char *text, size_t length)
{
    if (length == 0)
        return;
    if (write_all(STDOUT_FILENO, text, length) < 0) {
        signal(SIGPIPE, SIG_DFL);
        raise(SIGPIPE); /* nobody reads it; the keeper notices our end */
        _exit(1);
    }
    front->in_line = text[length - 1] != '\n';
}

static size_t whole_lines(const char *text, size_t length)
{
    while (length > 0 && text[length - 1] != '\n')
        length--;
    return length;
}

/* Shows what came since the last time. A line that has no end yet is held back while it grows, so that a hand-over
 * falls between two lines. Returns whether there was something. */
static int follow(struct front *front)
{
    static char chunk[CHUNK];
    ssize_t count;
    size_t length;

    if (front->log < 0)
        front->log = openat(front->folder, "out.log", O_RDONLY | O_CLOEXEC);
    count = front->log < 0 ? 0 : pread(front->log, chunk, sizeof chunk, front->offset);
    if (count <= 0)
        return 0;
    length = whole_lines(chunk, (size_t)count);
    if (length == 0 && (count == sizeof chunk || front->held == front->offset + count))
        length = (size_t)count;
    front->held = front->offset + count;
    show(front, chunk, length);
    front->offset += (off_t)length;
    return 1;
}

/* Shows what is there now; *in_lines* leaves out a last line without an end, unless it is all there ever was. */
static void show_rest(struct front *front, int in_lines)
{
    static char chunk[CHUNK];
    struct stat log;
    size_t length;
    ssize_t count;

    if (front->log < 0)
        front->log = openat(front->folder, "out.log", O_RDONLY | O_CLOEXEC);
    if (front->log < 0 || fstat(front->log, &log) < 0)
        return;
    while (front->offset < log.st_size) {
        length = log.st_size - front->offset < CHUNK ? (size_t)(log.st_size - front->offset) : CHUNK;
        count = pread(front->log, chunk, length, front->offset);
        if (count <= 0)
            return;
        length = (size_t)count;
        if (in_lines && (length = whole_lines(chunk, length)) == 0) {
            if (front->offset > 0)
                return;
            length = (size_t)count;
        }
        show(front, chunk, length);
        front->offset += (off_t)length;
    }
}

/* Shows what the gate has to say of a call that it ended. */
static void show_said(struct front *front)
{
    char words[8192];
    int fd = openat(front->folder, "said", O_RDONLY | O_CLOEXEC);
    ssize_t count = fd < 0 ? 0 : read(fd, words, sizeof words);

    if (fd >= 0)
        close(fd);
    if (count <= 0)
        return;
    if (front->in_line)
        show(front, "\n", 1);
    show(front, words, (size_t)count);
}

/* ---- the keeper ---- */

static int take_byte(struct front *front)
{
    unsigned char byte;
    ssize_t count = read(front->up, &byte, 1);

    if (count == 0 && front->kept && !front->ended)
        front->orphaned = 1;
    return count == 1 ? byte : -1;
}

/* Takes up what the keeper says. */
static void hear_keeper(struct front *front)
{
    int byte;

    while ((byte = take_byte(front)) >= 0)
        switch (byte) {
        case KEEPING:
            front->kept = 1;
            break;
        case ACCEPTED:
            front->accepted = 1;
            break;
        case NO_ROOM:
            front->refused = 1;
            break;
        case ENDED:
            front->ended = 1;
            front->status = take_byte(front); /* both were written at once */
            break;
        default:
            break;
        }
}

/* Waits until the keeper says something, for at most *ms*. */
static void await_keeper(struct front *front, long long ms)
{
    struct pollfd watched = {0};

    watched.fd = front->up;
    watched.events = POLLIN;
    poll(&watched, 1, (int)ms);
    hear_keeper(front);
    if (!front->kept && (watched.revents & POLLHUP)) {
#ifdef __linux__
        front->absent = 1; /* a pipe that nobody has opened yet does not hang up */
#endif
        poll(NULL, 0, PAUSE_MS);
    }
}

static int has_answered(const struct front *front)
{
    return front->accepted || front->refused || front->ended || front->orphaned;
}

/* ---- the daemon ---- */

static size_t ask_daemon(const struct front *front, char answer[ANSWER_CAP])
{
    long long deadline = now_ms() + MEETING_MS;
    char request[NAME_MAX + 32];
    int length = snprintf(request, sizeof request, "headgate-handed/1 %s\n", front->name), fd;
    size_t got = 0;

    if (length >= (int)sizeof request || (fd = connect_daemon(front->socket, deadline)) < 0)
        return 0;
    if (send_request(fd, request, (size_t)length, deadline) == 0 && shutdown(fd, SHUT_WR) == 0)
        got = hear_answer(fd, answer, ANSWER_CAP, deadline);
    close(fd);
    return got > 0 && answer[0] == '1' ? 0 : got; /* that is no answer to us */
}

/* ---- the hand-over ---- */

/* Waits until the command is gone; the keeper takes care of that. */
static void cancel(struct front *front)
{
    static const char order = CANCEL;
    long long deadline = now_ms() + CANCEL_MS, left;

    write_all(front->down, &order, 1);
    while (!front->orphaned && (left = deadline - now_ms()) > 0)
        await_keeper(front, left);
}

NO_RETURN static void leave(struct front *front)
{
    static char answer[ANSWER_CAP];
    size_t length = ask_daemon(front, answer);

    if (length > 0 && answer[0] == '2') {
        cancel(front);
        write_all(STDERR_FILENO, answer + 1, length - 2);
        _exit(2);
    }
    if (front->in_line)
        show(front, "\n", 1);
    if (length > 0)
        show(front, answer + 1, length - 2);
    else
        show(front, AWAY, sizeof AWAY - 1);
    _exit(0);
}

/* Leaves when the keeper took it as a job; returns when the command has ended, or nothing could be written down. */
static void hand_over(struct front *front)
{
    long long deadline = now_ms() + MEETING_MS, left;
    char text[64];
    int length;

    show_rest(front, 1);
    length = snprintf(text, sizeof text, "%lld\n", (long long)front->offset);
    if (replace_file(front->folder, "handed", text, (size_t)length) < 0)
        return;
    hear_keeper(front);
    if (!has_answered(front)) {
        length = snprintf(text, sizeof text, "%c%s\n", HAND_OVER, front->max_run);
        write_all(front->down, text, (size_t)length);
        while (!has_answered(front) && (left = deadline - now_ms()) > 0)
            await_keeper(front, left);
    }
    if (front->accepted || !has_answered(front)) /* a keeper that is stopped takes it later */
        leave(front);
    unlinkat(front->folder, "handed", 0);
    front->refused = 0;
}

/* ---- the call ---- */

NO_RETURN static void lose(struct front *front, const char *what)
{
    show_rest(front, 0);
    show_said(front);
    if (front->in_line)
        show(front, "\n", 1);
    complain("HG403 headgate: %s\n", what);
    _exit(LOST_STATUS);
}

static long long pause_until(long long ms, long long now, long long due)
{
    if (ms > due - now)
        ms = due - now;
    return ms < 0 ? 0 : ms;
}

static int watch(struct front *front, long long seconds)
{
    static const char here = HERE;
    long long began = now_ms(), due = began + seconds, pause = PAUSE_MS, now;

    write_all(front->down, &here, 1);
    for (;;) {
        hear_keeper(front);
        if (front->ended) {
            show_rest(front, 0);
            show_said(front);
            return front->status;
        }
        if (front->orphaned)
            lose(front, "the keeper of this call was killed; whether it finished is not known");
        now = now_ms();
        if (front->absent || (!front->kept && now >= began + MEETING_MS))
            lose(front, "the keeper of this call did not come; nothing was run");
        if (front->kept && now >= due) {
            hand_over(front);
            due = now_ms() + RETRY_MS;
        } else if (follow(front)) {
            pause = PAUSE_MS;
            await_keeper(front, front->held > front->offset ? PAUSE_MS : 0);
        } else {
            await_keeper(front, pause_until(pause, now, front->kept ? due : began + MEETING_MS));
            pause = pause < LONGEST_PAUSE_MS ? pause + 1 : pause;
        }
    }
}

static int open_pipes(struct front *front)
{
    front->up = openat(front->folder, "up", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    front->down = openat(front->folder, "down", O_RDWR | O_CLOEXEC); /* so that no order of opening hangs */
    if (front->up >= 0 && front->down >= 0)
        return 0;
    complain("HG403 headgate: the call cannot be watched: %s\n", strerror(errno));
    return -1;
}

int front(char **words)
{
    struct front front;
    const char *slash = strrchr(words[0], '/');
    long long seconds, max_run;

    memset(&front, 0, sizeof front);
    front.log = -1;
    front.name = slash ? slash + 1 : words[0];
    front.max_run = words[2];
    front.socket = words[3];
    if (parse_seconds(words[1], &seconds) < 0 || seconds < 0 || parse_seconds(words[2], &max_run) < 0 ||
        strlen(words[2]) > 24) {
        complain("HG017 headgate: wrong arguments; SECONDS and MAX_RUN are decimal numbers\n");
        return USAGE_STATUS;
    }
    signal(SIGPIPE, SIG_IGN);
    front.folder = open_folder(words[0]);
    if (front.folder < 0 || open_pipes(&front) < 0)
        return LOST_STATUS;
    return watch(&front, seconds);
}
