/* The pipe between an agent client's hook and the daemon: it carries bytes and judges nothing.
 *
 *     headgate-hook --home DIR CLIENT decide|observe|wake [--owner UID]
 *
 * src/headgate/surfaces/hook_client.py is its twin; tests/surfaces/test_hook_client.py holds both to one contract.
 * What fails here has to deny: clients take exit 2 as "block" and any other failure as "go on". */

#ifdef __linux__
#define _GNU_SOURCE /* struct ucred */
#endif

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define END '\x04' /* closes every answer */

#ifndef REPLY_DEADLINE_MS
#define REPLY_DEADLINE_MS 8000
#endif
#ifndef START_DEADLINE_MS
#define START_DEADLINE_MS 16000
#endif
#ifndef WATCHDOG_S
#define WATCHDOG_S 27 /* bounds what no other deadline does: a standard stream that never moves */
#endif

#define WAKE_S (6 * 3600) /* how long a hook waits for news; the daemon answers before */
#define MESSAGE_CAP ((size_t)8 << 20)
#define CLIENT_CAP 32
#define LOST_RACE_MS 8000 /* another start may hold the lock and not listen yet */
#define PAUSE_MS 5
#define LAST_WORDS_MS 100

#ifdef __GNUC__
#define NO_RETURN __attribute__((noreturn))
#else
#define NO_RETURN
#endif

static const char NO_DAEMON[] =
    "HG010 headgate: the daemon is not running and could not be started; run `headgate serve` to see why\n";
static const char NO_WAY[] = "HG010 headgate: the daemon cannot be reached; run `headgate serve` to see why\n";
static const char LONG_PATH[] = "HG011 headgate: the path of the daemon's socket is too long; choose a shorter --home\n";
static const char TOO_LARGE[] = "HG012 headgate: the hook message is too large; split the call into smaller ones\n";
static const char NO_INPUT[] = "HG012 headgate: the hook message cannot be read; send it on standard input\n";
static const char FOREIGN[] =
    "HG013 headgate: the daemon's socket belongs to another user; remove it and start the daemon as yourself\n";
static const char DIED[] = "HG014 headgate: the daemon had died and is being restarted; try the call again\n";
static const char NO_ANSWER[] = "HG015 headgate: no answer came in time; try the call again\n";
static const char BROKEN[] = "HG016 headgate: the daemon's answer is broken; restart the daemon and try again\n";
static const char NO_OUTPUT[] = "HG016 headgate: the daemon's answer cannot be passed on; keep the hook's output open\n";
static const char USAGE[] =
    "HG017 headgate: wrong arguments; use `headgate-hook --home /DIR CLIENT decide`, `observe` or `wake`\n";

struct bytes {
    char *start;
    size_t length, room;
};

struct call {
    char **argv;
    const char *home, *client, *mode;
    long owner; /* whose daemon to trust beside our own user's and root's; -1 for nobody else's */
};

static volatile sig_atomic_t failure_status = 2;

NO_RETURN static void fail(const char *line)
{
    struct pollfd told = {STDERR_FILENO, POLLOUT, 0};

    if (poll(&told, 1, LAST_WORDS_MS) != 0 && write(STDERR_FILENO, line, strlen(line)) < 0) {
        /* nobody is left to be told; the status still denies */
    }
    _exit(failure_status);
}

NO_RETURN static void on_signal(int number)
{
    (void)number;
    fail(NO_ANSWER);
}

/* A death by signal would be a failure that does not block, so none that can be caught may kill us. */
static void guard_signals(void)
{
    static const int caught[] = {SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
    sigset_t none;
    size_t i;

    for (i = 0; i < sizeof caught / sizeof caught[0]; i++)
        signal(caught[i], on_signal);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    signal(SIGCHLD, SIG_DFL); /* inherited as ignored, it would hide the exit status of the daemon's start */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    alarm(WATCHDOG_S);
}

static long long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void pause_briefly(void)
{
    poll(NULL, 0, PAUSE_MS);
}

static int is_passing(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

/* Returns when *fd* is ready or a signal came; fails at the deadline. */
static void await(int fd, short events, long long deadline)
{
    struct pollfd watched = {0};
    long long left = deadline - now_ms();

    watched.fd = fd;
    watched.events = events;
    if (left <= 0 || poll(&watched, 1, (int)left) == 0)
        fail(NO_ANSWER);
}

static int grow(struct bytes *bytes)
{
    size_t room = bytes->room ? bytes->room * 2 : 65536;
    char *start = realloc(bytes->start, room);

    if (start == NULL)
        return -1;
    bytes->start = start;
    bytes->room = room;
    return 0;
}

static void put(struct bytes *bytes, const char *text)
{
    size_t length = strlen(text);

    if (bytes->room - bytes->length < length && grow(bytes) < 0)
        fail(TOO_LARGE);
    memcpy(bytes->start + bytes->length, text, length);
    bytes->length += length;
}

/* One read, appended: the count, 0 at the end, or -1 with errno. */
static ssize_t take(int fd, struct bytes *bytes)
{
    ssize_t count;

    if (bytes->length == bytes->room && grow(bytes) < 0)
        return -1;
    count = read(fd, bytes->start + bytes->length, bytes->room - bytes->length);
    if (count > 0)
        bytes->length += (size_t)count;
    return count;
}

static void read_message(struct bytes *request)
{
    size_t header = request->length;
    ssize_t count;

    while ((count = take(STDIN_FILENO, request)) != 0) {
        if (request->length - header > MESSAGE_CAP || (count < 0 && errno == ENOMEM))
            fail(TOO_LARGE);
        if (count < 0 && !is_passing(errno))
            fail(NO_INPUT);
        if (count < 0)
            pause_briefly(); /* the client may have left its end non-blocking */
    }
}

/* The connected socket, or -1 with errno. */
static int connect_once(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    int error;

    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 && fcntl(fd, F_SETFL, O_NONBLOCK) == 0 &&
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0)
        return fd;
    error = errno;
    close(fd);
    errno = error;
    return -1;
}

/* As connect_once, but waits while the daemon's queue is full. */
static int connect_by(const struct sockaddr_un *address, long long deadline)
{
    int fd;

    while ((fd = connect_once(address)) < 0 && is_passing(errno)) {
        if (now_ms() >= deadline)
            fail(NO_ANSWER);
        pause_briefly();
    }
    return fd;
}

static int peer_uid(int fd, uid_t *uid)
{
#ifdef __linux__
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0)
        return -1;
    *uid = peer.uid;
    return 0;
#else
    gid_t gid;

    return getpeereid(fd, uid, &gid);
#endif
}

static void check_peer(int fd, long owner)
{
    uid_t uid;

    if (peer_uid(fd, &uid) < 0 || (uid != geteuid() && uid != 0 && (long)uid != owner))
        fail(FOREIGN);
}

/* Writes the path of the `headgate` installed beside this program; links are followed, as installers make them. */
static int find_headgate(const char *called, char path[PATH_MAX])
{
    ssize_t length = readlink("/proc/self/exe", path, PATH_MAX - 1);
    char *slash;

    if (length > 0)
        path[length] = '\0';
    else if (strchr(called, '/') == NULL || realpath(called, path) == NULL)
        return -1;
    slash = strrchr(path, '/');
    if (slash == NULL || slash + sizeof "/headgate" > path + PATH_MAX)
        return -1;
    memcpy(slash, "/headgate", sizeof "/headgate");
    return 0;
}

/* The daemon must not load code that an agent's environment names. */
static void drop_loader_settings(void)
{
    extern char **environ;
    char **from, **to = environ;

    for (from = environ; *from != NULL; from++)
        if (strncmp(*from, "PYTHON", 6) != 0 && strncmp(*from, "LD_", 3) != 0 && strncmp(*from, "DYLD_", 5) != 0)
            *to++ = *from;
    *to = NULL;
}

NO_RETURN static void become_headgate(const struct call *call)
{
    char path[PATH_MAX], option[] = "--home", serve[] = "serve", background[] = "--background";
    char *argv[] = {path, option, call->argv[2], serve, background, NULL};
    int nothing = open("/dev/null", O_RDWR);

    if (nothing < 0 || find_headgate(call->argv[0], path) < 0)
        _exit(127);
    if (dup2(nothing, 0) < 0 || dup2(nothing, 1) < 0 || dup2(nothing, 2) < 0)
        _exit(127);
    if (nothing > STDERR_FILENO)
        close(nothing);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    drop_loader_settings();
    execv(path, argv);
    _exit(127);
}

static pid_t fork_session(void)
{
    pid_t child = fork();

    if (child == 0)
        setsid(); /* what ends the hook, a Ctrl-C or the client's time limit, must not end the daemon */
    return child;
}

static void start_and_wait(const struct call *call, long long deadline)
{
    pid_t child = fork_session(), ended;
    int status = 0;

    if (child < 0)
        fail(NO_DAEMON);
    if (child == 0)
        become_headgate(call);
    while ((ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR)) {
        if (now_ms() >= deadline)
            fail(NO_DAEMON);
        pause_briefly();
    }
    if (ended != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail(NO_DAEMON);
}

static void start_and_leave(const struct call *call)
{
    pid_t child = fork_session();

    if (child == 0) {
        if (fork() == 0)
            become_headgate(call);
        _exit(0); /* init adopts the daemon, so nobody here has to reap it */
    }
    if (child > 0)
        while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
        }
}

static int connect_started(const struct call *call, const struct sockaddr_un *address)
{
    long long deadline = now_ms() + START_DEADLINE_MS;
    long long last;
    int fd;

    start_and_wait(call, deadline);
    last = now_ms() + LOST_RACE_MS;
    if (last > deadline)
        last = deadline;
    while ((fd = connect_by(address, now_ms() + REPLY_DEADLINE_MS)) < 0) {
        if ((errno != ENOENT && errno != ECONNREFUSED) || now_ms() >= last)
            fail(NO_DAEMON);
        pause_briefly();
    }
    return fd;
}

static int reach_daemon(const struct call *call, const struct sockaddr_un *address)
{
    int fd = connect_by(address, now_ms() + REPLY_DEADLINE_MS);

    if (fd >= 0)
        return fd;
    if (call->owner >= 0)
        fail(NO_WAY); /* another user's daemon is not ours to start */
    if (errno == ENOENT)
        return connect_started(call, address);
    if (errno != ECONNREFUSED)
        fail(NO_WAY);
    start_and_leave(call);
    fail(DIED); /* waiting and asking again would let a crash pass unseen in the middle of a session */
}

static void send_request(int fd, const struct bytes *request, long long deadline)
{
    size_t sent = 0;
    ssize_t count;

    while (sent < request->length) {
        await(fd, POLLOUT, deadline);
        count = write(fd, request->start + sent, request->length - sent);
        if (count < 0 && !is_passing(errno))
            return; /* a daemon that hung up may have answered before */
        if (count > 0)
            sent += (size_t)count;
    }
    shutdown(fd, SHUT_WR); /* nor can the answer go back to the daemon, should a closed output's number be this one */
}

static void read_answer(int fd, struct bytes *answer, long long deadline)
{
    ssize_t count;

    do {
        await(fd, POLLIN, deadline);
        count = take(fd, answer);
        if ((count < 0 && !is_passing(errno)) || answer->length > MESSAGE_CAP)
            fail(BROKEN);
    } while (count != 0);
}

static void pass_on(int fd, const char *text, size_t length)
{
    ssize_t count;

    while (length > 0) {
        count = write(fd, text, length);
        if (count < 0 && !is_passing(errno))
            fail(NO_OUTPUT);
        if (count < 0) {
            pause_briefly();
            continue;
        }
        text += count;
        length -= (size_t)count;
    }
}

static int is_client_name(const char *name)
{
    size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-");

    return length > 0 && length <= CLIENT_CAP && name[length] == '\0';
}

static long read_owner(const char *option, const char *number)
{
    size_t length = strspn(number, "0123456789");

    if (strcmp(option, "--owner") != 0 || length == 0 || length > 9 || number[length] != '\0')
        fail(USAGE);
    return strtol(number, NULL, 10);
}

/* A relative home would follow the working directory, which the agent chooses. */
static void read_arguments(int argc, char **argv, struct call *call)
{
    if ((argc != 5 && argc != 7) || strcmp(argv[1], "--home") != 0 || argv[2][0] != '/' || !is_client_name(argv[3]))
        fail(USAGE);
    if (strcmp(argv[4], "decide") != 0 && strcmp(argv[4], "observe") != 0 && strcmp(argv[4], "wake") != 0)
        fail(USAGE);
    call->argv = argv;
    call->home = argv[2];
    call->client = argv[3];
    call->mode = argv[4];
    call->owner = argc == 7 ? read_owner(argv[5], argv[6]) : -1;
}

static void set_address(struct sockaddr_un *address, const char *home)
{
    static const char name[] = "/daemon.sock";
    size_t length = strlen(home);

    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (length + sizeof name > sizeof address->sun_path)
        fail(LONG_PATH);
    memcpy(address->sun_path, home, length);
    memcpy(address->sun_path + length, name, sizeof name);
}

static void set_request(struct bytes *request, const struct call *call)
{
    put(request, "headgate-hook/1 ");
    put(request, call->client);
    put(request, " ");
    put(request, call->mode);
    put(request, "\n");
    read_message(request);
}

/* An answer is '0' or '2', the text, and END: half an answer must not pass for a shorter one, which might allow.
 * A denial in the client's own JSON goes to standard output, where the client reads it beside exit status 2. */
static int give(const struct bytes *answer)
{
    const char *text = answer->start + 1;
    size_t length = answer->length - 2;
    int to_out;

    if (answer->length < 2 || (answer->start[0] != '0' && answer->start[0] != '2') || text[length] != END)
        fail(BROKEN);
    to_out = answer->start[0] == '0' || (length > 0 && text[0] == '{');
    pass_on(to_out ? STDOUT_FILENO : STDERR_FILENO, text, length);
    return answer->start[0] - '0';
}

int main(int argc, char **argv)
{
    struct call call;
    struct sockaddr_un address;
    struct bytes request = {0}, answer = {0};
    long long deadline;
    int fd;

    guard_signals();
    read_arguments(argc, argv, &call);
    failure_status = strcmp(call.mode, "decide") == 0 ? 2 : 1;
    set_address(&address, call.home);
    set_request(&request, &call);
    fd = reach_daemon(&call, &address);
    check_peer(fd, call.owner);
    deadline = now_ms() + REPLY_DEADLINE_MS;
    send_request(fd, &request, deadline);
    if (strcmp(call.mode, "wake") == 0) { /* the client waits for nothing: this waits for news, and wakes it */
        alarm(WAKE_S + 60);
        deadline = now_ms() + WAKE_S * 1000LL;
    }
    read_answer(fd, &answer, deadline);
    return give(&answer);
}
