/* headgate-shim job FOLDER: runs the command of a job, and keeps it to its end. */

#include "headgate_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_CAP ((off_t)64 << 20)
#define TRACE_FD 63
#define COLUMNS_USUAL 80
#define LINES_USUAL 24

struct start {
    char *bytes, *next, *end; /* the file; the next field; behind the last */
    const char *cwd;
    mode_t umask;
    long long max_run, log_cap;
    int tty, trace;
    char **argv, **environment;
};

/* ---- the file `start` ---- */

static int read_file(int folder, struct start *start)
{
    int fd = openat(folder, "start", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat file;
    ssize_t count;

    if (fd < 0 || fstat(fd, &file) < 0)
        return -1;
    errno = EFBIG;
    if (file.st_size > START_CAP || (start->bytes = malloc((size_t)file.st_size + 1)) == NULL)
        return -1;
    start->next = start->end = start->bytes;
    while (start->end < start->bytes + file.st_size &&
           (count = read(fd, start->end, (size_t)(start->bytes + file.st_size - start->end))) != 0) {
        if (count < 0 && errno != EINTR)
            return -1;
        if (count > 0)
            start->end += count;
    }
    close(fd);
    return 0;
}

/* The next field, or NULL where no whole one is left. */
static char *field(struct start *start)
{
    char *found = start->next;
    char *end = found < start->end ? memchr(found, '\0', (size_t)(start->end - found)) : NULL;

    if (end == NULL)
        return NULL;
    start->next = end + 1;
    return found;
}

/* Reads a whole number in *base*; returns -1 for another text. */
static long long number(const char *text, int base)
{
    char *end;
    long long value;

    if (text == NULL || *text < '0' || *text > '9')
        return -1;
    errno = 0;
    value = strtoll(text, &end, base);
    return *end == '\0' && errno == 0 ? value : -1;
}

static int flag(const char *text)
{
    return text != NULL && (strcmp(text, "0") == 0 || strcmp(text, "1") == 0) ? *text - '0' : -1;
}

static char **list_of(struct start *start, size_t count)
{
    char **list = calloc(count + 1, sizeof *list);
    size_t i;

    for (i = 0; list != NULL && i < count; i++)
        if ((list[i] = field(start)) == NULL)
            return NULL;
    return list;
}

static const char *parse_command(struct start *start)
{
    long long count = number(field(start), 10);
    char *rest, **variable;
    size_t left = 0;

    if (count < 1 || count > start->end - start->bytes)
        return "the count of arguments";
    if ((start->argv = list_of(start, (size_t)count)) == NULL || start->argv[0][0] != '/')
        return "the arguments";
    for (rest = start->next; rest < start->end; rest++)
        left += *rest == '\0';
    if (start->end[-1] != '\0' || (start->environment = list_of(start, left)) == NULL)
        return "the environment";
    for (variable = start->environment; *variable != NULL; variable++)
        if ((*variable)[0] == '=' || strchr(*variable, '=') == NULL)
            return "the environment";
    return NULL;
}

/* Returns the name of what is wrong, or NULL. */
static const char *parse_start(struct start *start)
{
    const char *header = field(start), *max_run;
    long long mask;

    if (header == NULL || strcmp(header, "headgate-shim/1") != 0)
        return "the version";
    start->cwd = field(start);
    if (start->cwd == NULL || start->cwd[0] != '/')
        return "the directory";
    mask = number(field(start), 8);
    if (mask < 0 || mask > 0777)
        return "the umask";
    start->umask = (mode_t)mask;
    max_run = field(start);
    if (max_run == NULL || parse_seconds(max_run, &start->max_run) < 0)
        return "max_run";
    if ((start->tty = flag(field(start))) < 0)
        return "tty";
    if ((start->log_cap = number(field(start), 10)) < 0)
        return "log_cap";
    if ((start->trace = flag(field(start))) < 0)
        return "trace";
    return parse_command(start);
}

/* ---- the command ---- */

static unsigned short size_of(char **environment, const char *name, unsigned short usual)
{
    size_t length = strlen(name);
    long long size;

    for (; *environment != NULL; environment++)
        if (strncmp(*environment, name, length) == 0 && (*environment)[length] == '=') {
            size = number(*environment + length + 1, 10);
            return size > 0 && size < 10000 ? (unsigned short)size : usual;
        }
    return usual;
}

NO_RETURN static void give_up(int tell, const char *what, const char *name)
{
    char text[MESSAGE_CAP];
    int length = snprintf(text, sizeof text, "%s %.400s: %s", what, name, strerror(errno));

    if (length > 0 && write(tell, text, (size_t)length) < 0) {
        /* the keeper has gone */
    }
    _exit(NOT_FOUND_STATUS);
}

static void take_streams(const struct keeper *keeper, int tell)
{
    int in = keeper->terminal.slave, out = in < 0 ? keeper->log : in;

    if (in < 0)
        in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    else if (ioctl(in, TIOCSCTTY, 0) < 0)
        give_up(tell, "cannot take", "the terminal");
    if (in < 0 || dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
        give_up(tell, "cannot open", "its streams");
}

/* Turns this child into the command. It tells with '+' that it is in its cgroup, and a fault in words. */
NO_RETURN static void become(const struct start *start, const struct keeper *keeper, int procs, int trace, int tell)
{
    setsid();
    if (procs >= 0 && enter_cgroup(procs) == 0 && write(tell, "+", 1) < 0)
        _exit(NOT_FOUND_STATUS);
    take_streams(keeper, tell);
    if (trace >= 0 && dup2(trace, TRACE_FD) < 0)
        give_up(tell, "cannot open", "its trace");
    umask(start->umask);
    if (chdir(start->cwd) < 0)
        give_up(tell, "cannot enter the directory", start->cwd);
    reset_signals();
    execve(start->argv[0], start->argv, start->environment);
    give_up(tell, "cannot run", start->argv[0]);
}

/* Reads what the child tells until it is the command, or has failed. */
static size_t hear(int from, char *text, size_t room)
{
    size_t length = 0;
    ssize_t count;

    while (length + 1 < room && (count = read(from, text + length, room - 1 - length)) != 0)
        if (count > 0)
            length += (size_t)count;
        else if (errno != EINTR)
            break;
    text[length] = '\0';
    return length;
}

static void start_command(const struct start *start, struct keeper *keeper, int trace)
{
    int procs = make_cgroup(&keeper->tree), ends[2];
    char text[MESSAGE_CAP], *problem = text;
    pid_t child;

    if (pipe(ends) < 0 || (child = fork()) < 0) {
        fail_keeper(keeper, "no process can be made: %s", strerror(errno));
        leave_cgroup(&keeper->tree);
        return;
    }
    if (child == 0) {
        close(ends[0]);
        set_close_on_exec(ends[1]);
        become(start, keeper, procs, trace, ends[1]);
    }
    close(ends[1]);
    keeper->tree.child = keeper->tree.session = child;
    hear(ends[0], text, sizeof text);
    close(ends[0]);
    if (procs >= 0)
        close(procs);
    if (*problem == '+')
        problem++;
    else
        leave_cgroup(&keeper->tree);
    if (*problem == '\0')
        return;
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    keeper->tree.child = 0;
    fail_keeper(keeper, "%s", problem);
}

/* ---- the job ---- */

static int open_log(int folder, const char *name)
{
    return openat(folder, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* Prepares what the command needs, and starts it; on failure the keeper holds the reason. */
static void start_job(const struct start *start, struct keeper *keeper)
{
    char name[PATH_MAX];
    int trace = start->trace ? open_log(keeper->folder, "trace.log") : -1;

    keeper->log = open_log(keeper->folder, "out.log");
    if (keeper->log < 0 || (start->trace && trace < 0)) {
        fail_keeper(keeper, "its log cannot be opened: %s", strerror(errno));
        return;
    }
    if (start->tty && open_terminal(&keeper->terminal, name, size_of(start->environment, "COLUMNS", COLUMNS_USUAL),
                                    size_of(start->environment, "LINES", LINES_USUAL)) < 0) {
        fail_keeper(keeper, "no terminal can be made for it: %s", strerror(errno));
        return;
    }
    keeper->log_cap = start->log_cap;
    start_command(start, keeper, trace);
    if (trace >= 0)
        close(trace);
    if (keeper->tree.child > 0 && start->max_run != DEADLINE_NONE)
        keeper->deadline = now_ms() + start->max_run;
}

static void run(struct keeper *keeper)
{
    struct start start;
    const char *wrong;

    memset(&start, 0, sizeof start);
    if (read_file(keeper->folder, &start) < 0)
        fail_keeper(keeper, "its file `start` cannot be read: %s", strerror(errno));
    else if ((wrong = parse_start(&start)) != NULL)
        fail_keeper(keeper, "its file `start` is malformed: %s", wrong);
    else
        start_job(&start, keeper);
    if (keeper->tree.child > 0)
        keep_to_the_end(keeper);
}

int job(const char *path)
{
    static const int asking[] = {SIGTERM, SIGINT, SIGHUP};
    struct keeper keeper;
    int recorded;

    init_keeper(&keeper);
    close_inherited();
    umask(077);
    keeper.folder = open_folder(path);
    if (keeper.folder < 0)
        return UNRECORDED_STATUS;
    keeper.wake = wake_on_signals(asking, sizeof asking / sizeof asking[0]);
    adopt_orphans();
    if (keeper.wake < 0 || reserve_end(&keeper) < 0 || write_shim_json(keeper.folder) < 0)
        fail_keeper(&keeper, "its keeper cannot prepare it: %s", strerror(errno));
    else
        run(&keeper);
    recorded = write_end(&keeper);
    leave_cgroup(&keeper.tree);
    unlinkat(keeper.folder, "start", 0); /* it holds the caller's environment */
    return recorded < 0 ? UNRECORDED_STATUS : 0;
}
