/* headgate-shim start FOLDER NAME ARGV0 ARGS…: what a shim on PATH becomes.
 *
 * FOLDER is that of the call, NAME the program's, ARGV0 how it was called: by the path of a shim, or by one that a
 * start-up file of a shell stands for. The daemon decides; the program is run in our place, or not at all. */

#include "headgate_shim_start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPTIONS_CAP 16384
#define USUAL_PATH "/usr/local/bin:/usr/bin:/bin"

enum { UNABLE_STATUS = 126 };

static const char OUTSIDE[] =
    "HG710 headgate: `%s` was started outside of a call of the gate, where nobody decides about it; "
    "start it by its own path if you are no agent\n";
static const char OVER[] =
    "HG711 headgate: the call that `%s` was started in is over, or is none; make a call of its own\n";
static const char ABSENT[] = "HG712 headgate: there is no `%s` behind its shim on PATH\n";
static const char BROKEN[] = "HG712 headgate: `%s` cannot be run: %s\n";
static const char AWAY[] = "HG010 headgate: the gate did not answer, so `%s` was not started; try again in a moment\n";

/* ---- the call ---- */

/* Copies what stands behind *key* on a line of *text*; returns its length, or -1. */
static int take_option(const char *text, const char *key, char *value, size_t room)
{
    size_t length = strlen(key), end;

    for (; *text != '\0'; text += end + (text[end] == '\n')) {
        end = strcspn(text, "\n");
        if (end > length && memcmp(text, key, length) == 0 && text[length] == ' ' && end - length <= room) {
            memcpy(value, text + length + 1, end - length - 1);
            value[end - length - 1] = '\0';
            return (int)(end - length - 1);
        }
    }
    return -1;
}

static int read_options(const char *folder, char *text, size_t room, uid_t *owner)
{
    char path[PATH_MAX];
    struct stat file;
    ssize_t count = -1;
    int fd;

    snprintf(path, sizeof path, "%s/gate", folder);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -1;
    if (fstat(fd, &file) == 0 && S_ISREG(file.st_mode)) {
        *owner = file.st_uid;
        count = read(fd, text, room - 1);
    }
    close(fd);
    text[count > 0 ? count : 0] = '\0';
    return count > 0 ? 0 : -1;
}

/* A call that outlived its budget is a job by now, and its folder has another name: the gate knows it all the same. */
static int guess_call(const char *folder, size_t length, struct call *call)
{
    char runs[PATH_MAX];
    struct stat file;

    if (length >= sizeof runs)
        return -1;
    snprintf(runs, sizeof runs, "%.*s", (int)length, folder);
    if (stat(runs, &file) < 0 || !S_ISDIR(file.st_mode))
        return -1;
    call->owner = file.st_uid;
    return snprintf(call->socket, sizeof call->socket, "%s/../daemon.sock", runs) < (int)sizeof call->socket ? 0 : -1;
}

/* Whoever wrote the options, or root, is believed to be the gate. */
static int read_call(const char *folder, struct call *call)
{
    static char text[OPTIONS_CAP];
    const char *slash = strrchr(folder, '/');
    size_t length = slash ? strlen(slash + 1) : 0;

    memset(call, 0, sizeof *call);
    if (length == 0 || length > NAME_MAX || strchr(folder, '\n') != NULL)
        return -1;
    strcpy(call->name, slash + 1);
    if (read_options(folder, text, sizeof text, &call->owner) < 0) {
        call->over = 1;
        return guess_call(folder, (size_t)(slash - folder), call);
    }
    if (take_option(text, "value", call->watched, sizeof call->watched) < 0)
        call->watched[0] = '\0';
    return take_option(text, "socket", call->socket, sizeof call->socket) > 0 ? 0 : -1;
}

/* ---- the program ---- */

static int can_run(const char *path)
{
    struct stat file;

    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && access(path, X_OK) == 0;
}

/* Makes *path* absolute; returns -1 where it does not fit. */
static int make_absolute(const char *path, char found[PATH_MAX])
{
    char here[PATH_MAX];
    int length;

    if (*path == '/')
        length = snprintf(found, PATH_MAX, "%s", path);
    else if (getcwd(here, sizeof here) != NULL)
        length = snprintf(found, PATH_MAX, "%s/%s", here, path);
    else
        return -1;
    return length < PATH_MAX ? 0 : -1;
}

/* Finds *name* on PATH, in the first folder that holds no shims. */
static int find_program(const char *name, char found[PATH_MAX])
{
    const char *folder = getenv("PATH");
    char path[PATH_MAX];
    size_t length;

    for (folder = folder ? folder : USUAL_PATH;; folder += length + 1) {
        length = strcspn(folder, ":");
        if (!is_shim_folder(folder, length) && length + strlen(name) + 3 < sizeof path) {
            snprintf(path, sizeof path, "%.*s/%s", length ? (int)length : 1, length ? folder : ".", name);
            if (can_run(path))
                return make_absolute(path, found);
        }
        if (folder[length] == '\0')
            return -1;
    }
}

/* What a shim stands for is called by its path: by a name alone it would look for its own folder, and find the shim's.
 * Another path stands for itself. */
static int find_start(const char *name, char **words, struct start *start)
{
    const char *slash = strrchr(words[0], '/');

    for (start->argc = 0; words[start->argc] != NULL; start->argc++) {
    }
    start->argv = words;
    if (slash != NULL && !is_shim_folder(words[0], (size_t)(slash - words[0])))
        return make_absolute(words[0], start->path);
    if (strchr(name, '/') != NULL)
        return -1;
    words[0] = start->path;
    return find_program(name, start->path);
}

/* A file without a first line that names its interpreter is the shell's, as for execvp(3). */
static int run(const struct start *start)
{
    char **words;

    execv(start->path, start->argv);
    if (errno == ENOEXEC && (words = calloc((size_t)start->argc + 2, sizeof *words)) != NULL) {
        words[0] = "sh";
        words[1] = (char *)start->path;
        memcpy(words + 2, start->argv + 1, (size_t)start->argc * sizeof *words);
        execv("/bin/sh", words);
    }
    complain(BROKEN, start->path, strerror(errno));
    return errno == ENOENT ? NOT_FOUND_STATUS : UNABLE_STATUS;
}

/* ---- what the gate says ---- */

static int obey(const struct answer *answer, int gate, const char *folder, const struct call *call,
                const struct start *start)
{
    switch (answer->kind) {
    case 'C':
    case 'P':
    case 'A':
        return run(start);
    case 'R':
    case 'M': /* nobody stops a whole action here before it is moved: a worker gets the program alone */
        return stand_in(answer, gate, folder, call);
    case 'X':
        return end_call(answer, folder);
    default:
        say(answer->text.data);
        return answer->status;
    }
}

/* Asks the gate about a start, and does what it says; returns the status to leave with. */
int start_program(const char *folder, const char *name, char **words)
{
    struct answer answer = {0};
    struct bytes frame = {0};
    struct start start = {0};
    struct call call;
    int gate;

    if (*folder == '\0') {
        complain(OUTSIDE, name);
        return REFUSED_STATUS;
    }
    if (read_call(folder, &call) < 0) {
        complain(OVER, name);
        return REFUSED_STATUS;
    }
    if (find_start(name, words, &start) < 0) {
        complain(ABSENT, name);
        return NOT_FOUND_STATUS;
    }
    put_start(&frame, &start, call.watched);
    gate = frame.failed ? -1 : ask_gate(&call, &frame, &answer);
    if (gate < 0) {
        complain(call.over ? OVER : AWAY, name);
        return REFUSED_STATUS;
    }
    return obey(&answer, gate, folder, &call, &start);
}
