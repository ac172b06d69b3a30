/* What becomes of a start that may not be here: a worker does it in our place, or the whole call is ended. */

#include "headgate_shim_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#endif

void say(const char *words)
{
    size_t length = strlen(words);

    if (write_all(STDERR_FILENO, words, length) < 0)
        return; /* nobody is left to be told */
    if (length > 0 && words[length - 1] != '\n')
        complain("\n");
}

/* The call's keeper, where it has one, ends all that it keeps when it is asked to: us too, so nothing behind us in a
 * script is begun. */
static void ask_keeper(const char *folder)
{
    char path[PATH_MAX], text[64];
    ssize_t count;
    long keeper = 0;
    int fd;

    snprintf(path, sizeof path, "%s/shim.json", folder);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return;
    count = read(fd, text, sizeof text - 1);
    close(fd);
    text[count > 0 ? count : 0] = '\0';
    if (sscanf(text, "{\"pid\": %ld}", &keeper) == 1 && keeper > 1 && kill((pid_t)keeper, SIGTERM) == 0)
        poll(NULL, 0, MEETING_MS);
}

int end_call(const struct answer *answer, const char *folder)
{
    say(answer->text.data);
    ask_keeper(folder);
    return answer->status;
}

#ifdef __linux__

struct deputy {
    pid_t pid;
    int ended; /* hangs up with it */
};

NO_RETURN static void become_deputy(const struct answer *answer, const char *folder, const struct call *call, pid_t us)
{
    char order[PATH_MAX * 2 + 512];
    int length = snprintf(order, sizeof order, "%s\n%s\n%s\n", answer->text.data, folder, call->socket);

    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != us || length >= (int)sizeof order)
        _exit(REFUSED_STATUS);
    _exit(relay(order));
}

static int begin_deputy(struct deputy *deputy, const struct answer *answer, const char *folder, const struct call *call)
{
    pid_t us = getpid();
    int ends[2];

    if (pipe(ends) < 0)
        return -1;
    if ((deputy->pid = fork()) == 0) {
        close(ends[0]);
        become_deputy(answer, folder, call, us);
    }
    close(ends[1]);
    deputy->ended = ends[0];
    return deputy->pid < 0 ? -1 : 0;
}

static int await_deputy(const struct deputy *deputy)
{
    int status;

    while (waitpid(deputy->pid, &status, 0) < 0)
        if (errno != EINTR)
            return REFUSED_STATUS;
    return exit_status(status);
}

/* A deputy has the worker do it; we hear whether the call is to be ended over it, which the gate says before that. */
int stand_in(const struct answer *answer, int gate, const char *folder, const struct call *call)
{
    struct pollfd watched[2];
    struct answer more = {0};
    struct deputy deputy;

    if (begin_deputy(&deputy, answer, folder, call) < 0) {
        complain("HG712 headgate: nobody can wait for a worker here: %s\n", strerror(errno));
        return REFUSED_STATUS;
    }
    memset(watched, 0, sizeof watched);
    watched[0].fd = gate;
    watched[1].fd = deputy.ended;
    watched[0].events = watched[1].events = POLLIN;
    while (poll(watched, 2, -1) < 0 || watched[0].revents == 0)
        if (watched[1].revents)
            return await_deputy(&deputy);
    if (read_answer(gate, &more, now_ms() + MEETING_MS) < 0 || more.kind != 'X')
        return await_deputy(&deputy);
    kill(deputy.pid, SIGKILL);
    await_deputy(&deputy);
    return end_call(&more, folder);
}

#else

int stand_in(const struct answer *answer, int gate, const char *folder, const struct call *call)
{
    (void)answer;
    (void)gate;
    (void)folder;
    complain("HG712 headgate: a worker would have to do this start of %s, and none can take it over from inside a call "
             "here; make a call of its own\n", call->name);
    return REFUSED_STATUS;
}

#endif
