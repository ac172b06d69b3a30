/* headgate-shim keep FOLDER PID [tty]: keeps a call that the main thread waits for.
 *
 * The shell that forked the command has become us, so PID is our child. The command waits on the pipe `go`, and
 * begins only when we can end whatever it starts, and its front is there. */

#include "headgate_shim_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define LIMIT_CAP 32
#define MEETING_PAUSE_MS 2
#define IDLE_MS 60000

struct call {
    struct keeper keeper;
    int up, down, go;     /* to the front, from it, and to the command */
    long long began;      /* a time of now_ms */
    int ordered;          /* HAND_OVER has come, */
    char limit[LIMIT_CAP]; /* and so much of max_run */
    size_t length;
    struct gate *gate; /* or NULL */
};

static int open_pipe(int folder, const char *name, int flags)
{
    struct stat file;
    int fd = openat(folder, name, flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);

    if (fd >= 0 && (fstat(fd, &file) < 0 || !S_ISFIFO(file.st_mode))) {
        close(fd);
        errno = EINVAL;
        return -1;
    }
    return fd;
}

/* We open for reading and writing what we write to, so that no order of opening hangs, and no reader's death kills. */
static int open_pipes(struct call *call)
{
    int folder = call->keeper.folder;

    call->up = open_pipe(folder, "up", O_RDWR);
    call->down = open_pipe(folder, "down", O_RDONLY);
    call->go = open_pipe(folder, "go", O_RDWR);
    return call->up < 0 || call->down < 0 || call->go < 0 ? -1 : 0;
}

/* Makes the terminal that the command's output goes to; FOLDER/tty names it. */
static int make_terminal(struct call *call)
{
    struct keeper *keeper = &call->keeper;
    char name[PATH_MAX];
    struct winsize size = {0};

    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0 || size.ws_row == 0) {
        size.ws_col = 80;
        size.ws_row = 24;
    }
    if (open_terminal(&keeper->terminal, name, size.ws_col, size.ws_row) < 0)
        return -1;
    unlinkat(keeper->folder, "tty", 0);
    return symlinkat(name, keeper->folder, "tty");
}

static int write_byte(int fd, char byte)
{
    return write_all(fd, &byte, 1);
}

/* Takes up what the front says: 1 when it has handed over, -1 when it has gone, else 0. */
static int take_orders(struct call *call, int *is_here)
{
    ssize_t count;
    char byte;

    while ((count = read(call->down, &byte, 1)) > 0)
        if (call->ordered && byte == '\n')
            return 1;
        else if (call->ordered && call->length + 1 < sizeof call->limit)
            call->limit[call->length++] = byte;
        else if (byte == HERE)
            *is_here = 1;
        else if (byte == HAND_OVER)
            call->ordered = 1;
    return count == 0 && *is_here ? -1 : 0; /* before its first byte it may not have come yet */
}

/* Returns whether the front has come. */
static int meet_front(struct call *call)
{
    long long deadline = now_ms() + MEETING_MS;
    struct pollfd watched = {0};
    int is_here = 0;

    for (;;) {
        take_orders(call, &is_here);
        if (is_here)
            return 1;
        if (now_ms() >= deadline || asked_to_end)
            return 0;
        watched.fd = call->down;
        watched.events = POLLIN;
        if (poll(&watched, 1, MEETING_PAUSE_MS * 10) > 0 && !(watched.revents & POLLIN))
            poll(NULL, 0, MEETING_PAUSE_MS); /* a front that came and went, or none: the pipe is at its end */
    }
}

/* Where the gate ended the action, its status is the gate's. */
static void tell_gate(struct call *call, char report[2])
{
    if (gate_stop_status(call->gate) >= 0) {
        move_done(call->gate);
        report[1] = (char)gate_stop_status(call->gate);
    }
    gate_command_ended(call->gate);
}

/* The front writes `handed` before it looks for ENDED, and we look for `handed` after we wrote ENDED: one of us sees
 * the other, so no end is lost. */
static int report_end(struct call *call)
{
    struct keeper *keeper = &call->keeper;
    char report[2] = {ENDED, 0};

    pump_to_the_last(&keeper->terminal, keeper->log);
    report[1] = (char)exit_status(keeper->tree.status);
    tell_gate(call, report);
    write_all(call->up, report, sizeof report);
    keeper->reason = asked_to_end ? "cancelled" : "exited";
    keeper->has_code = 1;
    keeper->code = (unsigned char)report[1];
    if (faccessat(keeper->folder, "handed", F_OK, 0) == 0)
        return write_end(keeper) < 0 ? UNRECORDED_STATUS : 0;
    return 0;
}

static int end_with_front(struct call *call)
{
    struct keeper *keeper = &call->keeper;

    end_command(keeper, "cancelled");
    snprintf(keeper->message, sizeof keeper->message, "the client ended the call");
    return write_end(keeper) < 0 ? UNRECORDED_STATUS : 0;
}

/* Returns whether the call is a job from here on: its end must have a place first. */
static int accept_job(struct call *call)
{
    struct keeper *keeper = &call->keeper;
    long long max_run;

    call->ordered = 0;
    call->limit[call->length] = '\0';
    call->length = 0;
    if (reserve_end(keeper) < 0) {
        write_byte(call->up, NO_ROOM);
        return 0;
    }
    if (parse_seconds(call->limit, &max_run) == 0 && max_run != DEADLINE_NONE)
        keeper->deadline = call->began + max_run;
    keeper->orders = call->down;
    write_byte(call->up, ACCEPTED);
    return 1;
}

static int keep_job(struct call *call)
{
    keep_to_the_end(&call->keeper);
    gate_command_ended(call->gate);
    return write_end(&call->keeper) < 0 ? UNRECORDED_STATUS : 0;
}

static void await_front(const struct call *call)
{
    struct pollfd watched[3];
    char drop[256];

    memset(watched, 0, sizeof watched);
    watched[0].fd = call->keeper.wake;
    watched[1].fd = call->down;
    watched[2].fd = call->keeper.terminal.master;
    watched[0].events = watched[1].events = watched[2].events = POLLIN;
    poll(watched, 3, IDLE_MS);
    while (read(call->keeper.wake, drop, sizeof drop) > 0) {
    }
}

static int keep_call(struct call *call)
{
    struct keeper *keeper = &call->keeper;
    int is_here = 1, said;

    for (;;) {
        pump(&keeper->terminal, keeper->log);
        reap(&keeper->tree);
        if (keeper->tree.ended)
            return report_end(call);
        if (asked_to_end) {
            end_command(keeper, "cancelled");
            return report_end(call);
        }
        said = take_orders(call, &is_here);
        if (said < 0)
            return end_with_front(call);
        if (said > 0 && accept_job(call))
            return keep_job(call);
        await_front(call);
    }
}

/* A process that the command left behind may still use the terminal. */
static void serve_terminal(struct keeper *keeper)
{
    struct pollfd watched = {0};

    if (keeper->terminal.slave < 0)
        return;
    signal(SIGTERM, SIG_DFL);
    close(keeper->terminal.slave);
    watched.fd = keeper->terminal.master;
    watched.events = POLLIN;
    do {
        pump(&keeper->terminal, keeper->log);
        watched.revents = 0;
        poll(&watched, 1, -1);
    } while (watched.revents & POLLIN);
}

/* What the command left behind still needs its supervisor. */
static void serve_gate(struct call *call)
{
    while (!gate_is_over(call->gate)) {
        reap(&call->keeper.tree);
        sleep_until_woken(call->keeper.wake, IDLE_MS);
    }
    if (call->gate != NULL)
        leave_cgroup(&call->keeper.tree);
}

#ifdef __linux__
/* The child has a cgroup of its own where there is one: who shares its memory can be held still by that. */
static void enclose(struct keeper *keeper)
{
    int procs = make_cgroup(&keeper->tree);

    if (procs < 0)
        return;
    if (dprintf(procs, "%ld", (long)keeper->tree.child) < 0)
        leave_cgroup(&keeper->tree);
    close(procs);
}

static void say_ungated(int folder, int error)
{
    char words[MESSAGE_CAP];
    int length = snprintf(words, sizeof words, "headgate: HG701 the gate cannot be put around this command (%s); "
                                               "nothing was run\n", strerror(error));

    replace_file(folder, "said", words, (size_t)length);
}

/* Puts the command under the gate, where the daemon wants that; returns -1 where it should be, and is not. */
static int begin_gate(struct call *call, const char *path, mode_t mask)
{
    struct keeper *keeper = &call->keeper;
    struct gate_options options;
    struct terms terms;
    int found = read_gate_options(keeper->folder, path, &options), listener;

    if (found <= 0 || options.portable)
        return found < 0 ? -1 : 0;
    options.umask = mask;
    terms.no_new_privs = options.no_new_privs;
    terms.network = options.network;
    listener = install_filter_in(keeper->tree.child, &terms);
    if (listener < 0) {
        say_ungated(keeper->folder, errno);
        return -1;
    }
    enclose(keeper);
    call->gate = start_gate(listener, keeper->folder, &options, keeper->tree.cgroup);
    return call->gate == NULL ? -1 : 0;
}
#else
static int begin_gate(struct call *call, const char *path, mode_t mask)
{
    (void)call, (void)path, (void)mask;
    return 0;
}
#endif

static int begin(struct call *call, pid_t child, int with_terminal)
{
    static const int asking[] = {SIGTERM};
    struct keeper *keeper = &call->keeper;

    keeper->tree.child = child;
    keeper->tree.session = getsid(child);
    keeper->wake = wake_on_signals(asking, 1);
    adopt_orphans();
    keeper->log = openat(keeper->folder, "out.log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (keeper->wake < 0 || keeper->log < 0 || keeper->tree.session < 0 || open_pipes(call) < 0 ||
        (with_terminal && make_terminal(call) < 0) || write_shim_json(keeper->folder) < 0) {
        complain("HG403 headgate: the call cannot be kept, and nothing was run: %s\n", strerror(errno));
        return -1;
    }
    setpgid(child, child); /* what ends the client's process group, or takes its terminal, must not end a job */
    setsid();
    mute_standard_streams();
    write_byte(call->up, KEEPING);
    return 0;
}

static pid_t parse_pid(const char *text)
{
    char *end;
    long value = strtol(text, &end, 10);

    return *text >= '1' && *text <= '9' && *end == '\0' && value > 1 && value < INT_MAX ? (pid_t)value : -1;
}

int keep(const char *path, const char *child, int with_terminal)
{
    struct call call;
    pid_t pid = parse_pid(child);
    mode_t mask;
    int status;

    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    memset(&call, 0, sizeof call);
    init_keeper(&call.keeper);
    call.began = now_ms();
    close_inherited();
    mask = umask(077);
    call.keeper.folder = pid > 0 ? open_folder(path) : -1;
    if (call.keeper.folder < 0 || begin(&call, pid, with_terminal) < 0 || begin_gate(&call, path, mask) < 0) {
        if (pid > 0)
            kill(pid, SIGKILL); /* it waits, and has run nothing */
        return LOST_STATUS;
    }
    if (!meet_front(&call)) {
        kill(pid, SIGKILL);
        return LOST_STATUS;
    }
    write_byte(call.go, '\n');
    status = keep_call(&call);
    serve_gate(&call);
    serve_terminal(&call.keeper);
    return status;
}
