/* A start that may not be: its path is made that of a stub, which tells why, and ends as it is told to.
 *
 * The stub is this program itself, under a name that only we give: /dev/fd/N, with its order on descriptor N + 1. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EMPTY_PATH 0x1000  /* AT_EMPTY_PATH */
#define NO_FOLLOW 0x100    /* AT_SYMLINK_NOFOLLOW */

static int give(int listener, uint64_t id, int ours, int theirs, int closes)
{
    struct given_fd given;

    memset(&given, 0, sizeof given);
    given.id = id;
    given.ours = (uint32_t)ours;
    given.flags = theirs >= 0 ? GIVE_AT : 0;
    given.theirs = theirs >= 0 ? (uint32_t)theirs : 0;
    given.their_flags = closes ? O_CLOEXEC : 0;
    return ioctl(listener, GIVE_FD, &given);
}

static int write_order(const char *order, size_t length)
{
    int ends[2];
    ssize_t count;

    if (pipe(ends) < 0)
        return -1;
    set_close_on_exec(ends[0]);
    set_close_on_exec(ends[1]);
    fcntl(ends[1], F_SETFL, O_NONBLOCK);
    count = write(ends[1], order, length);
    close(ends[1]);
    if (count == (ssize_t)length)
        return ends[0];
    close(ends[0]);
    return -1;
}

static int has_stub_path(const struct start *start)
{
    char name[64];

    snprintf(name, sizeof name, "/proc/%ld/root/dev/fd", (long)start->thread);
    return access(name, F_OK) == 0 && !(start->flags & NO_FOLLOW);
}

/* Puts the stub where the start's own file stands; returns the number under which it has it, or -1. A path that is too
 * short for it takes what stands behind it in memory, where *exclusive*: that is put back, or gone with the start. */
static int place_stub(int listener, struct start *start, int stub, int exclusive)
{
    char path[sizeof start->before];
    int number;

    if (*start->path == '\0' && (start->flags & EMPTY_PATH))
        return give(listener, start->id, stub, start->directory, 1);
    if (!has_stub_path(start) || (number = give(listener, start->id, stub, -1, 1)) < 0)
        return -1;
    start->replaced = (size_t)snprintf(path, sizeof path, "/dev/fd/%d", number) + 1;
    if ((start->replaced > strlen(start->path) + 1 && !exclusive) ||
        read_memory(start->thread, start->path_at, start->before, start->replaced) < 0 ||
        write_memory(start->thread, start->path_at, path, start->replaced) < 0) {
        start->replaced = 0;
        return -1;
    }
    return number;
}

/* Puts back what the stub's path replaced in the memory of *owner*. */
void restore(pid_t owner, const struct start *start)
{
    if (start->replaced > 0)
        write_memory(owner, start->path_at, start->before, start->replaced);
}

/* Makes the start one of the stub, with *order*; returns -1 where that cannot be: then it has to be refused. Where
 * *exclusive*, nobody else who runs has its memory. */
int redirect(int listener, struct start *start, const char *order, size_t length, int exclusive)
{
    int stub = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), told = write_order(order, length), number = -1;

    if (stub >= 0 && told >= 0 && (number = place_stub(listener, start, stub, exclusive)) >= 0 &&
        give(listener, start->id, told, number + 1, 0) < 0)
        number = -1;
    if (stub >= 0)
        close(stub);
    if (told >= 0)
        close(told);
    return number < 0 ? -1 : 0;
}

/* Says *words* where the start would have said them, as far as that can be. */
void tell(const struct start *start, const char *words)
{
    char name[64];
    int fd;

    snprintf(name, sizeof name, "/proc/%ld/fd/2", (long)start->thread);
    fd = open(name, O_WRONLY | O_APPEND | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return;
    if (write(fd, words, strlen(words)) < 0) {
        /* nobody is left to be told */
    }
    close(fd);
}

#endif
