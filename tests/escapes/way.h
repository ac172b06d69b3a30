/* What the ways in C have in common: the heavy words, read when the way runs, so that no text shows them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Return the lines of the file beside the way. */
static inline char **words_of(const char *name) {
    static char text[4096];
    static char *found[64];
    int from = open(name, O_RDONLY | O_CLOEXEC), count = 0;
    ssize_t got = read(from, text, sizeof text - 1);
    close(from);
    text[got < 0 ? 0 : got] = 0;
    for (char *word = strtok(text, "\n"); word; word = strtok(NULL, "\n"))
        found[count++] = word;
    found[count] = NULL;
    return found;
}

/* Return the heavy words. */
static inline char **words(void) { return words_of("words"); }

/* Return the path of the stand-in. */
static inline char *program(void) {
    static char path[1024];
    int from = open("path", O_RDONLY | O_CLOEXEC);
    ssize_t got = read(from, path, sizeof path - 1);
    close(from);
    path[got < 1 ? 0 : got - 1] = 0;
    return path;
}

/* Read the whole stand-in into a new descriptor without a name. */
static inline int in_memory(void) {
    char part[65536];
    int from = open(program(), O_RDONLY | O_CLOEXEC), to = memfd_create("", MFD_CLOEXEC);
    for (ssize_t got; (got = read(from, part, sizeof part)) > 0;)
        if (write(to, part, (size_t)got) != got)
            _exit(9);
    close(from);
    return to;
}
