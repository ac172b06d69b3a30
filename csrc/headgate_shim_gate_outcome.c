/* What becomes of a start: it happens as it was read, or a stub stands in for it, or it is refused. */

#include "headgate_shim_gate_inside.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOG_CAP (512L << 10)
#define SHOWN_WORDS 400

static const char NO_STUB[] = "headgate: HG709 a worker has to do this, and nothing can stand in for it under this path; "
                              "start it by a longer path, or by its name on PATH\n";

void answer(const struct gate *gate, uint64_t id, int error)
{
    struct reply reply;

    memset(&reply, 0, sizeof reply);
    reply.id = id;
    reply.error = -error;
    reply.flags = error ? 0 : CONTINUE_CALL;
    ioctl(gate->listener, SEND, &reply); /* whoever asked may be gone by now */
}

int is_alive(const struct gate *gate, uint64_t id)
{
    return ioctl(gate->listener, IS_VALID, &id) == 0;
}

/* What it borrowed is its parent's, who stands still and may want it again; a start that failed wants its own. */
static void mend(const struct start *start, int borrowed)
{
    int happened = await_exec(start);

    if (borrowed)
        restore(start->parent, start);
    else if (!happened)
        restore(start->thread, start);
}

void refuse(const struct gate *gate, struct start *start, const char *order, size_t length)
{
    int borrowed = is_borrowed(start), common = borrowed || is_shared(start);
    int held = common && hold_still(gate->cgroup, start) == 0, exclusive = held || !common;

    if (is_alive(gate, start->id) && redirect(gate->listener, start, order, length, exclusive) == 0) {
        answer(gate, start->id, 0);
        if (exclusive)
            mend(start, borrowed);
    } else {
        restore(start->thread, start);
        tell(start, *order == 'R' ? NO_STUB : order + 4);
        answer(gate, start->id, EPERM);
    }
    if (held)
        let_go(gate->cgroup);
}

/* Whether what runs now is what was decided about: read again, where nobody could be held still. */
static int is_unchanged(const struct start *start)
{
    struct stat now;
    char name[64], line[WORDS_CAP];
    const char *rest = start->words.bytes + strlen(start->words.bytes) + 1;
    size_t length = start->words.length - (size_t)(rest - start->words.bytes);
    ssize_t count;
    int fd;

    snprintf(name, sizeof name, "/proc/%ld/exe", (long)start->thread);
    if (!start->script && stat(name, &now) == 0 &&
        (now.st_ino != start->file.st_ino || now.st_dev != start->file.st_dev))
        return 0;
    if (start->words.length == 0 || start->words.cut)
        return 1;
    snprintf(name, sizeof name, "/proc/%ld/cmdline", (long)start->thread);
    if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
        return 1;
    count = read(fd, line, sizeof line);
    close(fd);
    return count <= 0 || count == (ssize_t)sizeof line ||
           ((size_t)count >= length && memcmp(line + count - length, rest, length) == 0);
}

static int is_as_read(struct gate *gate, const struct start *start)
{
    struct start *again = gate->spare;
    struct notice notice;
    int same;

    memset(&notice, 0, sizeof notice);
    notice.id = start->id;
    notice.pid = (uint32_t)start->thread;
    notice.call = start->call;
    memcpy(notice.arguments, start->arguments, sizeof notice.arguments);
    if (read_start(again, &notice, 1) < 0 || find_file(again) < 0)
        return 0;
    same = digest_of(again) == digest_of(start);
    close(again->fd);
    again->fd = -1;
    return same;
}

/* Lets the start happen: as it was read, whoever else could write to its words. */
void let_start(struct gate *gate, struct start *start)
{
    int shared = is_shared(start), held = shared && hold_still(gate->cgroup, start) == 0;
    int checked = shared || is_movable(start);

    if (held && !is_as_read(gate, start)) {
        let_go(gate->cgroup);
        tell(start, "headgate: HG704 the words of this start changed while it was decided; it was refused\n");
        answer(gate, start->id, EPERM);
        return;
    }
    answer(gate, start->id, 0);
    if (checked && await_exec(start) && !held && !is_unchanged(start))
        kill(start->thread, SIGKILL);
    if (held)
        let_go(gate->cgroup);
}

/* ---- what is written down ---- */

void note(struct gate *gate, const struct start *start)
{
    char line[SHOWN_WORDS + PATH_MAX + 64];
    size_t begun, length, i, most = start->words.length < SHOWN_WORDS ? start->words.length : SHOWN_WORDS;

    gate->total++;
    if (gate->log < 0 || gate->logged >= LOG_CAP)
        return;
    length = begun = (size_t)snprintf(line, sizeof line, "%lld %ld %ld %s\t", now_ms() - gate->began,
                                      (long)start->thread, (long)start->parent, start->real);
    for (i = 0; i < most; i++)
        line[length++] = start->words.bytes[i];
    for (i = 0; i < length; i++)
        if (i >= begun && line[i] == '\0')
            line[i] = ' ';
        else if ((unsigned char)line[i] < ' ' && line[i] != '\t')
            line[i] = '?';
    line[length++] = '\n';
    if (write_all(gate->log, line, length) == 0)
        gate->logged += (long)length;
}

#endif
