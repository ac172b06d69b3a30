/* HOME/headgate-shell TEXT: what a client runs its texts for shells by; a link to us in the gate's own folder.
 *
 * The client puts that path in front of every text: of its calls, of hooks, of servers of tools. Of a call the daemon
 * says what is run in its place, and nothing is run without its answer; whatever else it is runs as it is. */

#include "headgate_shim.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_CAP (4 * 1024 * 1024)
#define GREETING "headgate-shell/1\n"
#define SOCKET "daemon.sock"
#define BASH "/bin/bash"
#define SH "/bin/sh"

enum { UNABLE_STATUS = 126 };

static const char AWAY[] =
    "headgate: HG010 the gate did not answer, so this was not run; try again in a moment (see `headgate doctor`)\n";

/* The shell that the client runs its calls with: it names that to them. */
static const char *client_shell(void)
{
    const char *named = getenv("SHELL"), *slash = named ? strrchr(named, '/') : NULL;

    if (slash != NULL && (strcmp(slash, "/bash") == 0 || strcmp(slash, "/zsh") == 0) && access(named, X_OK) == 0)
        return named;
    return BASH;
}

/* Whether we stand in for the rest of a text that a shell runs, as for a hook. Else we were started as a program, and
 * the text should become that program: a shell that stayed above it would not pass on its signals. */
static int is_below_shell(void)
{
    static const char *const shells[] = {"sh\n", "dash\n", "bash\n", "zsh\n", "ksh\n", "ash\n", "busybox\n"};
    char path[64], name[32] = "";
    FILE *file;
    size_t i;

    snprintf(path, sizeof path, "/proc/%ld/comm", (long)getppid());
    if ((file = fopen(path, "re")) == NULL)
        return 0;
    if (fgets(name, sizeof name, file) == NULL)
        name[0] = '\0';
    fclose(file);
    for (i = 0; i < sizeof shells / sizeof *shells; i++)
        if (strcmp(name, shells[i]) == 0)
            return 1;
    return 0;
}

/* Whether *text* stands in the frame that Claude Code has around calls (seen in 2.1.330); the daemon looks closer. */
static int is_call(const char *text)
{
    return strstr(text, "eval ") != NULL && strstr(text, " && pwd -P >| ") != NULL;
}

NO_RETURN static void become(const char *shell, char *text)
{
    char *words[4];

    words[0] = (char *)shell;
    words[1] = (char *)"-c";
    words[2] = text;
    words[3] = NULL;
    execv(shell, words);
    complain("headgate: HG403 this text cannot be given to %s: %s; nothing was run\n", shell, strerror(errno));
    _exit(UNABLE_STATUS);
}

/* A sandbox of the client's that lets nobody make such a socket stands around this text already; the daemon cannot be
 * asked from there. */
static int is_confined(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd >= 0)
        close(fd);
    return fd < 0 && (errno == EPERM || errno == EACCES);
}

static size_t ask_daemon(const char *link, const char *text, char *answer)
{
    long long deadline = now_ms() + MEETING_MS;
    const char *slash = strrchr(link, '/');
    char path[PATH_MAX];
    size_t got = 0;
    int fd;

    if (slash == NULL || (size_t)(slash - link) + sizeof SOCKET + 1 > sizeof path)
        return 0;
    snprintf(path, sizeof path, "%.*s/" SOCKET, (int)(slash - link), link);
    if ((fd = connect_daemon(path, deadline)) < 0)
        return 0;
    if (send_request(fd, GREETING, sizeof GREETING - 1, deadline) == 0 &&
        send_request(fd, text, strlen(text), deadline) == 0 && shutdown(fd, SHUT_WR) == 0)
        got = hear_answer(fd, answer, ANSWER_CAP, deadline);
    close(fd);
    return got;
}

/* *link* is the path that we were called by. */
int run_shell(const char *link, char *text)
{
    void (*before)(int);
    char *answer;
    size_t length;

    if (!is_call(text))
        become(is_below_shell() || access(BASH, X_OK) < 0 ? SH : BASH, text);
    if (is_confined())
        become(client_shell(), text);
    before = signal(SIGPIPE, SIG_IGN);
    answer = malloc(ANSWER_CAP);
    length = answer ? ask_daemon(link, text, answer) : 0;
    signal(SIGPIPE, before); /* as the client has it */
    if (length == 0) {
        complain("%s", AWAY);
        return UNABLE_STATUS;
    }
    answer[length - 1] = '\0';
    if (answer[0] == '2') {
        complain("%s\n", answer + 1);
        return UNABLE_STATUS;
    }
    become(client_shell(), answer[0] == '0' ? answer + 1 : text);
}
