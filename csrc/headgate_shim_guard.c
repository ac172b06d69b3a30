/* headgate-shim guard FOLDER COMMAND...: runs a command, and all that it starts, under the gate as one main thread.
 *
 * Three processes: whoever was called waits and has the command's status; the keeper supervises, and outlives the
 * command as long as anything of it is left; the command has our terminal, our group and our signals. */

#include "headgate_shim_gate.h"

#include <unistd.h>

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#define FAILED_STATUS 126

struct guard {
    struct keeper keeper;
    struct gate *gate;
    struct gate_options options;
    int said[2], heard[2]; /* from the keeper to whoever waits; and back */
};

static volatile sig_atomic_t passed_on;
static int told = -1;

/* ---- the command ---- */

struct birth {
    int listener[2], go[2];
};

NO_RETURN static void become_command(const struct guard *guard, const struct birth *birth, char **command)
{
    struct terms terms = {guard->options.no_new_privs, guard->options.network};
    int listener;
    char byte;

    prctl(PR_SET_PTRACER, (unsigned long)getppid(), 0, 0, 0); /* Yama: whoever keeps us may take our listener */
    listener = install_filter(&terms);
    if (listener < 0)
        listener = -errno;
    if (write_all(birth->listener[1], (const char *)&listener, sizeof listener) < 0 ||
        read(birth->go[0], &byte, 1) != 1)
        _exit(FAILED_STATUS);
    if (listener >= 0)
        close(listener);
    signal(SIGTTOU, SIG_DFL);
    execvp(command[0], command);
    complain("headgate: %s: %s\n", command[0], strerror(errno));
    _exit(errno == ENOENT ? NOT_FOUND_STATUS : FAILED_STATUS);
}

static int fail(struct guard *guard, const char *what, int error)
{
    complain("HG701 headgate: the gate cannot be put around this command (%s: %s); nothing was run\n", what,
             strerror(error));
    if (guard->keeper.tree.child > 0)
        kill(guard->keeper.tree.child, SIGKILL);
    return -1;
}

static int open_birth(struct birth *birth)
{
    if (pipe(birth->listener) < 0 || pipe(birth->go) < 0)
        return -1;
    set_close_on_exec(birth->listener[0]);
    set_close_on_exec(birth->listener[1]);
    set_close_on_exec(birth->go[0]);
    set_close_on_exec(birth->go[1]);
    return 0;
}

static int take_listener(struct guard *guard, const struct birth *birth)
{
    int number, listener;

    if (read(birth->listener[0], &number, sizeof number) != sizeof number)
        return fail(guard, "it ended before it began", ECHILD);
    if (number < 0)
        return fail(guard, "its filter", -number);
    listener = take_descriptor(guard->keeper.tree.child, number);
    return listener < 0 ? fail(guard, "its listener", errno) : listener;
}

static void enter(const struct guard *guard, int procs)
{
    char text[24];
    int length = snprintf(text, sizeof text, "%ld", (long)guard->keeper.tree.child);

    if (procs >= 0 && write(procs, text, (size_t)length) < 0) {
        /* without a cgroup we verify afterwards */
    }
    if (procs >= 0)
        close(procs);
}

static int begin_command(struct guard *guard, char **command)
{
    struct keeper *keeper = &guard->keeper;
    struct birth birth;
    int listener, procs;

    if (open_birth(&birth) < 0)
        return fail(guard, "its pipes", errno);
    adopt_orphans();
    if ((keeper->tree.child = fork()) < 0)
        return fail(guard, "its process", errno);
    if (keeper->tree.child == 0)
        become_command(guard, &birth, command);
    close(birth.listener[1]);
    setpgid(0, 0); /* what a terminal sends to the command's group is not for us */
    keeper->tree.session = getsid(0);
    if ((listener = take_listener(guard, &birth)) < 0)
        return -1;
    procs = make_cgroup(&keeper->tree);
    enter(guard, procs);
    guard->gate = start_gate(listener, keeper->folder, &guard->options, keeper->tree.cgroup);
    if (guard->gate == NULL)
        return fail(guard, "its supervisor", errno);
    close(birth.listener[0]);
    write_all(birth.go[1], "", 1);
    close(birth.go[0]);
    close(birth.go[1]);
    return 0;
}

/* ---- the keeper ---- */

static void say_words(const struct guard *guard)
{
    char words[8192];
    int fd = openat(guard->keeper.folder, "said", O_RDONLY | O_CLOEXEC);
    ssize_t count = fd < 0 ? 0 : read(fd, words, sizeof words);

    if (count > 0)
        write_all(STDERR_FILENO, words, (size_t)count);
}

static int end_of(struct guard *guard)
{
    struct keeper *keeper = &guard->keeper;
    int stopped = gate_stop_status(guard->gate);

    if (stopped < 0)
        return exit_status(keeper->tree.status);
    move_done(guard->gate);
    say_words(guard);
    return gate_stop_status(guard->gate);
}

/* Passes on the signals that whoever waits was sent; returns -1 when nobody waits any more. */
static int hear_waiter(struct guard *guard)
{
    char number;
    ssize_t count;

    while ((count = read(guard->heard[0], &number, 1)) == 1)
        kill(guard->keeper.tree.child, number);
    return count == 0 ? -1 : 0;
}

static void keep_command(struct guard *guard)
{
    struct keeper *keeper = &guard->keeper;
    struct pollfd watched[2];
    char drop[256];

    for (;;) {
        reap(&keeper->tree);
        if (keeper->tree.ended)
            return;
        if (asked_to_end || hear_waiter(guard) < 0) {
            end_command(keeper, "cancelled");
            return;
        }
        memset(watched, 0, sizeof watched);
        watched[0].fd = keeper->wake;
        watched[1].fd = guard->heard[0];
        watched[0].events = watched[1].events = POLLIN;
        poll(watched, 2, -1);
        while (read(keeper->wake, drop, sizeof drop) > 0) {
        }
    }
}

/* What the command left behind still needs its supervisor. */
static void serve_rest(struct guard *guard)
{
    mute_standard_streams();
    while (!gate_is_over(guard->gate)) {
        reap(&guard->keeper.tree);
        sleep_until_woken(guard->keeper.wake, 60000);
    }
    leave_cgroup(&guard->keeper.tree);
}

NO_RETURN static void become_keeper(struct guard *guard, char **command)
{
    static const int asking[] = {SIGTERM, SIGHUP};
    char status[3] = {ENDED, 0, 0};

    close(guard->said[0]);
    close(guard->heard[1]);
    write_shim_json(guard->keeper.folder); /* by it the daemon knows that the folder is needed */
    fcntl(guard->heard[0], F_SETFL, O_NONBLOCK);
    guard->keeper.wake = -1;
    if (begin_command(guard, command) < 0) {
        status[1] = FAILED_STATUS;
        write_all(guard->said[1], status, sizeof status);
        _exit(FAILED_STATUS);
    }
    guard->keeper.wake = wake_on_signals(asking, 2);
    signal(SIGTTOU, SIG_IGN);
    keep_command(guard);
    gate_command_ended(guard->gate);
    status[1] = (char)end_of(guard);
    if (gate_stop_status(guard->gate) < 0 && WIFSIGNALED(guard->keeper.tree.status))
        status[2] = (char)WTERMSIG(guard->keeper.tree.status);
    write_all(guard->said[1], status, sizeof status);
    close(guard->said[1]);
    serve_rest(guard);
    _exit(0);
}

/* ---- whoever waits ---- */

static void pass_on(int number)
{
    char byte = (char)number;

    passed_on = number;
    if (told >= 0 && write(told, &byte, 1) < 0) {
        /* it has ended */
    }
}

/* Ends as the command did: whoever started us may tell a signal from a status. */
static void end_alike(int number)
{
    struct rlimit none = {0, 0};
    sigset_t set;

    setrlimit(RLIMIT_CORE, &none); /* there is one of the command already */
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    raise(number);
}

static int await_end(int said)
{
    char status[3];
    ssize_t count;

    while ((count = read(said, status, sizeof status)) < 0 && errno == EINTR) {
    }
    if (count == sizeof status && status[2] != 0)
        end_alike(status[2]);
    if (count == sizeof status)
        return (unsigned char)status[1];
    complain("headgate: HG702 the supervisor of this command was killed; no program starts in it any more\n");
    return FAILED_STATUS;
}

static int wait_for(struct guard *guard, const sigset_t *before)
{
    static const int passed[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGALRM};
    struct sigaction action;
    size_t i;

    close(guard->said[1]);
    close(guard->heard[0]);
    told = guard->heard[1];
    memset(&action, 0, sizeof action);
    action.sa_handler = pass_on;
    for (i = 0; i < sizeof passed / sizeof *passed; i++)
        sigaction(passed[i], &action, NULL);
    signal(SIGINT, SIG_IGN); /* the command has it from the terminal, as we do */
    signal(SIGQUIT, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_SETMASK, before, NULL);
    return await_end(guard->said[0]);
}

int guard(char **words)
{
    static struct guard guard;
    sigset_t every, before;
    pid_t keeper;
    int i, found;

    init_keeper(&guard.keeper);
    if ((guard.keeper.folder = open_folder(words[0])) < 0)
        return FAILED_STATUS;
    found = read_gate_options(guard.keeper.folder, words[0], &guard.options);
    if (found <= 0 || guard.options.portable || pipe(guard.said) < 0 || pipe(guard.heard) < 0) {
        complain("HG701 headgate: the gate of this command cannot be read; nothing was run\n");
        return FAILED_STATUS;
    }
    for (i = 0; i < 2; i++) {
        set_close_on_exec(guard.said[i]);
        set_close_on_exec(guard.heard[i]);
    }
    sigfillset(&every); /* the command may be sent its first signal before we have come to pass it on */
    sigprocmask(SIG_SETMASK, &every, &before);
    keeper = fork();
    if (keeper <= 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    if (keeper < 0) {
        complain("HG701 headgate: no process is left: %s; nothing was run\n", strerror(errno));
        return FAILED_STATUS;
    }
    if (keeper == 0)
        become_keeper(&guard, words + 1);
    return wait_for(&guard, &before);
}

/* Tries what a call needs: the filter, put into a child that waits. Returns 0, or an errno. */
static int try_gate(const struct terms *terms)
{
    int ends[2], listener, error;
    pid_t child;
    char byte;

    if (pipe(ends) < 0 || (child = fork()) < 0)
        return errno;
    if (child == 0) {
        close(ends[1]);
        _exit(read(ends[0], &byte, 1) != 1);
    }
    close(ends[0]);
    listener = install_filter_in(child, terms);
    error = listener < 0 ? errno : 0;
    close(ends[1]);
    if (listener >= 0)
        close(listener);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return error;
}

/* headgate-shim gate-probe: says whether trees can be supervised here, and whether they lose rights then. */
int gate_probe(void)
{
    struct terms terms = {0, 0};
    int error = GATE_WORKS ? try_gate(&terms) : ENOSYS;

    if (error == EACCES) {
        terms.no_new_privs = 1;
        error = try_gate(&terms);
    }
    if (error == 0)
        printf("strong %d\n", terms.no_new_privs);
    else
        printf("none a filter with a listener cannot be put into a child here: %s\n", strerror(error));
    fflush(stdout);
    return 0;
}

#else

int guard(char **words)
{
    (void)words;
    complain("HG701 headgate: this system has no gate around commands; use `headgate guard --portable`\n");
    return 126;
}

int gate_probe(void)
{
    write_all(STDOUT_FILENO, "none this system has no seccomp\n", 32);
    return 0;
}

#endif
