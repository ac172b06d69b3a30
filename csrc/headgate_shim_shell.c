/* headgate-shim --shell SOCKET TEXT: what a client runs the texts of its calls by.
 *
 * The client puts us in front of every text that it gives to a shell: of its calls, and of hooks. Of a call, whose text
 * has an `eval`, the daemon says what is run in its place; nothing is run without its answer. */

#include "headgate_shim.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_CAP (4 * 1024 * 1024)
#define GREETING "headgate-shell/1\n"
#define USUAL_SHELL "/bin/bash"
#define HOOKS_SHELL "/bin/sh"

enum { UNABLE_STATUS = 126 };

static const char AWAY[] =
    "headgate: HG010 the gate did not answer, so this was not run; try again in a moment (see `headgate doctor`)\n";

/* The shell that the client runs its calls with: it names that to them. */
static const char *client_shell(void)
{
    const char *named = getenv("SHELL"), *slash = named ? strrchr(named, '/') : NULL;

    if (slash != NULL && (strcmp(slash, "/bash") == 0 || strcmp(slash, "/zsh") == 0) && access(named, X_OK) == 0)
        return named;
    return USUAL_SHELL;
}

NO_RETURN static void become(const char *shell, char *text)
{
    char *words[4];

    words[0] = (char *)shell;
    words[1] = (char *)"-c";
    words[2] = text;
    words[3] = NULL;
    execv(shell, words);
    complain("headgate: HG403 the text of this call cannot be given to %s: %s; nothing was run\n", shell,
             strerror(errno));
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

static size_t ask_daemon(const char *socket_path, const char *text, char *answer)
{
    long long deadline = now_ms() + MEETING_MS;
    int fd = connect_daemon(socket_path, deadline);
    size_t got = 0;

    if (fd < 0)
        return 0;
    if (send_request(fd, GREETING, sizeof GREETING - 1, deadline) == 0 &&
        send_request(fd, text, strlen(text), deadline) == 0 && shutdown(fd, SHUT_WR) == 0)
        got = hear_answer(fd, answer, ANSWER_CAP, deadline);
    close(fd);
    return got;
}

int run_shell(const char *socket_path, char *text)
{
    void (*before)(int);
    char *answer;
    size_t length;

    if (strstr(text, "eval ") == NULL)
        become(HOOKS_SHELL, text);
    if (is_confined())
        become(client_shell(), text);
    before = signal(SIGPIPE, SIG_IGN);
    answer = malloc(ANSWER_CAP);
    length = answer ? ask_daemon(socket_path, text, answer) : 0;
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
