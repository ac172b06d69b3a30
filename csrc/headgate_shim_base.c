/* Time, files and signals, as every mode of headgate-shim uses them. */

#include "headgate_shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SECONDS_CAP 1e9

volatile int asked_to_end;
static int waker = -1;

long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

double unix_time(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Reads a decimal number of seconds; nothing at all is DEADLINE_NONE. Returns -1 for another text. */
int parse_seconds(const char *text, long long *ms)
{
    double seconds;
    char *end;

    *ms = DEADLINE_NONE;
    if (*text == '\0')
        return 0;
    if (*text < '0' || *text > '9' || strspn(text, "0123456789.e+-") != strlen(text))
        return -1;
    seconds = strtod(text, &end);
    if (*end != '\0')
        return -1;
    *ms = (long long)((seconds < SECONDS_CAP ? seconds : SECONDS_CAP) * 1000);
    return 0;
}

void complain(const char *format, ...)
{
    char line[MESSAGE_CAP + 128];
    va_list values;
    int length;

    va_start(values, format);
    length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (length >= (int)sizeof line) {
        length = (int)sizeof line - 1;
        line[length - 1] = '\n';
    }
    if (length > 0 && write_all(STDERR_FILENO, line, (size_t)length) < 0) {
        /* nobody is left to be told */
    }
}

/* Writes all of it; returns -1 with errno. */
int write_all(int fd, const char *data, size_t length)
{
    struct pollfd ready = {0};
    ssize_t count;

    while (length > 0) {
        count = write(fd, data, length);
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            ready.fd = fd;
            ready.events = POLLOUT;
            poll(&ready, 1, -1);
        } else if (count < 0 && errno != EINTR) {
            return -1;
        } else if (count > 0) {
            data += count;
            length -= (size_t)count;
        }
    }
    return 0;
}

/* The folder is opened once, for the daemon may rename it while we live. */
int open_folder(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder < 0)
        complain("HG403 headgate: the folder %s cannot be opened: %s\n", path, strerror(errno));
    return folder;
}

/* A reader sees all of it or nothing; returns -1 with errno. */
int replace_file(int folder, const char *name, const char *content, size_t length)
{
    char fresh[64];
    int fd, failed, error;

    snprintf(fresh, sizeof fresh, "%s.new", name);
    fd = openat(folder, fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return -1;
    failed = write_all(fd, content, length) < 0;
    error = errno;
    if (close(fd) < 0 && !failed) {
        failed = 1;
        error = errno;
    }
    if (!failed && renameat(folder, fresh, folder, name) == 0)
        return 0;
    if (!failed)
        error = errno;
    unlinkat(folder, fresh, 0);
    errno = error;
    return -1;
}

int write_shim_json(int folder)
{
    char text[64];
    int length = snprintf(text, sizeof text, "{\"pid\": %ld}", (long)getpid());

    return replace_file(folder, "shim.json", text, (size_t)length);
}

#ifdef __linux__
/* Descriptors that /proc lists; returns -1 where it does not. */
static int close_listed(void)
{
    DIR *list = opendir("/proc/self/fd");
    struct dirent *entry;
    int fd;

    if (list == NULL)
        return -1;
    while ((entry = readdir(list)) != NULL) {
        fd = atoi(entry->d_name);
        if (fd > STDERR_FILENO && fd != dirfd(list))
            close(fd);
    }
    closedir(list);
    return 0;
}
#endif

/* A descriptor that we held open would keep someone waiting for its end. */
void close_inherited(void)
{
    long last, fd;

#ifdef SYS_close_range
    if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, 0) == 0)
        return;
#endif
#ifdef __linux__
    if (close_listed() == 0)
        return;
#endif
    last = sysconf(_SC_OPEN_MAX);
    for (fd = STDERR_FILENO + 1; fd < (last > 0 && last < 65536 ? last : 65536); fd++)
        close((int)fd);
}

void mute_standard_streams(void)
{
    int nothing = open("/dev/null", O_RDWR), fd;

    for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (nothing < 0)
            close(fd);
        else if (nothing != fd)
            dup2(nothing, fd);
    if (nothing > STDERR_FILENO)
        close(nothing);
}

void set_close_on_exec(int fd)
{
    fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void on_signal(int number)
{
    int error = errno;

    if (number != SIGCHLD)
        asked_to_end = number;
    if (write(waker, "", 1) < 0) {
        /* a full pipe wakes as well */
    }
    errno = error;
}

/* Wakes whoever sleeps until woken, as a signal would. */
void wake_keeper(void)
{
    if (write(waker, "", 1) < 0) {
        /* a full pipe wakes as well */
    }
}

/* Returns a descriptor that becomes readable with every signal, or -1; those in *asking* ask for the command's end. */
int wake_on_signals(const int *asking, size_t count)
{
    struct sigaction action;
    sigset_t none;
    size_t i;
    int ends[2];

    if (pipe(ends) < 0)
        return -1;
    for (i = 0; i < 2; i++) {
        set_close_on_exec(ends[i]);
        fcntl(ends[i], F_SETFL, O_NONBLOCK);
    }
    waker = ends[1];
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGCHLD, &action, NULL);
    for (i = 0; i < count; i++)
        sigaction(asking[i], &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a log at its limit must not kill its keeper */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return ends[0];
}

void sleep_until_woken(int wake, long long ms)
{
    struct pollfd watched = {0};
    char drop[256];

    watched.fd = wake;
    watched.events = POLLIN;
    poll(&watched, 1, ms > INT_MAX ? INT_MAX : (int)ms);
    while (read(wake, drop, sizeof drop) > 0) {
    }
}

/* What a command starts with is not what its keeper ignores. */
void reset_signals(void)
{
    sigset_t none;
    int number;

    for (number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}
