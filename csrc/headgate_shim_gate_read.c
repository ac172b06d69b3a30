/* A start, as the memory of whoever makes it and /proc tell it. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE ((uint64_t)4096)
#define PAGES 16 /* that are kept: pointers and texts lie close together as a rule */
#define WORDS_MOST 100000
#define SYS_OPENAT2 437
#define EMPTY_PATH 0x1000  /* AT_EMPTY_PATH */
#define IN_ROOT 0x10        /* RESOLVE_IN_ROOT */
#define NO_MAGIC_LINKS 0x02 /* RESOLVE_NO_MAGICLINKS */

struct memory {
    pid_t thread;
    uint64_t pages[PAGES];
    char bytes[PAGES][4096];
    int held[PAGES], next;
};

struct how {
    uint64_t flags, mode, resolve;
};

/* The bytes from *address* to the end of its page, or NULL where they cannot be read. */
static const char *look(struct memory *memory, uint64_t address, size_t *left)
{
    uint64_t page = address & ~(PAGE - 1);
    struct iovec ours, theirs;
    int i;

    *left = (size_t)(PAGE - (address - page));
    for (i = 0; i < PAGES; i++)
        if (memory->held[i] && memory->pages[i] == page)
            return memory->bytes[i] + (address - page);
    i = memory->next;
    memory->next = (i + 1) % PAGES;
    memory->held[i] = 0;
    ours.iov_base = memory->bytes[i];
    theirs.iov_base = (void *)(uintptr_t)page;
    ours.iov_len = theirs.iov_len = PAGE;
    if (syscall(SYS_process_vm_readv, memory->thread, &ours, 1, &theirs, 1, 0) != (long)PAGE)
        return NULL;
    memory->pages[i] = page;
    memory->held[i] = 1;
    return memory->bytes[i] + (address - page);
}

static int read_word(struct memory *memory, uint64_t address, uint64_t *word)
{
    char *to = (char *)word;
    const char *from;
    size_t left, done = 0;

    while (done < sizeof *word) {
        if ((from = look(memory, address + done, &left)) == NULL)
            return -1;
        if (left > sizeof *word - done)
            left = sizeof *word - done;
        memcpy(to + done, from, left);
        done += left;
    }
    return 0;
}

/* Copies a text with its NUL; returns its length without that, -1 with errno where it has no end in *room*. */
static long read_text(struct memory *memory, uint64_t address, char *to, size_t room)
{
    const char *from, *end;
    size_t left, done = 0;

    while (done < room) {
        if ((from = look(memory, address + done, &left)) == NULL) {
            errno = EFAULT;
            return -1;
        }
        if (left > room - done)
            left = room - done;
        end = memchr(from, '\0', left);
        if (end != NULL)
            left = (size_t)(end - from) + 1;
        memcpy(to + done, from, left);
        done += left;
        if (end != NULL)
            return (long)done - 1;
    }
    errno = ENAMETOOLONG;
    return -1;
}

static int has_room(struct text *text, size_t cap)
{
    if (text->bytes == NULL && (text->bytes = malloc(cap)) == NULL)
        return 0;
    text->room = cap;
    return 1;
}

static void note_place(struct start *start, uint64_t address)
{
    int i, most = (int)(sizeof start->places / sizeof *start->places);

    address &= ~(PAGE - 1);
    for (i = 0; i < start->known_places; i++)
        if (start->places[i] == address)
            return;
    if (start->known_places < most)
        start->places[start->known_places++] = address;
}

/* Reads a list of pointers to texts, up to what there is room for; the rest is cut. Returns -1 with errno. */
static int read_words(struct memory *memory, uint64_t list, struct text *text, size_t cap, struct start *start)
{
    uint64_t at;
    long length;
    size_t count;

    text->length = 0;
    text->cut = 0;
    if (!has_room(text, cap)) {
        errno = ENOMEM;
        return -1;
    }
    for (count = 0; list != 0; count++, list += sizeof at) {
        if (read_word(memory, list, &at) < 0) {
            errno = EFAULT;
            return -1;
        }
        if (at == 0)
            return 0;
        if (start != NULL)
            note_place(start, at);
        length = count < WORDS_MOST ? read_text(memory, at, text->bytes + text->length, cap - text->length) : -1;
        if (length < 0 && errno == EFAULT)
            return -1;
        if (length < 0) {
            text->bytes[cap - 1] = '\0';
            text->length = cap;
            text->cut = 1;
            return 0;
        }
        text->length += (size_t)length + 1;
    }
    return 0;
}

static int is_by_directory(const struct notice *notice)
{
    return notice->call == SYS_execveat;
}

static void begin_memory(struct memory *memory, pid_t thread)
{
    memset(memory->held, 0, sizeof memory->held);
    memory->thread = thread;
    memory->next = 0;
}

/* Reads what is to be started; returns -1 with the errno that the call itself would end with. */
int read_start(struct start *start, const struct notice *notice, int all_of_it)
{
    static struct memory memory;
    const uint64_t *words = notice->arguments;

    begin_memory(&memory, (pid_t)notice->pid);
    start->id = notice->id;
    start->thread = (pid_t)notice->pid;
    start->directory = is_by_directory(notice) ? (int)words[0] : AT_FDCWD;
    start->flags = is_by_directory(notice) ? (int)words[4] : 0;
    start->path_at = words[is_by_directory(notice)];
    if (read_text(&memory, start->path_at, start->path, sizeof start->path) < 0)
        return -1;
    if (!all_of_it)
        return 0;
    start->known_places = 0;
    note_place(start, start->path_at);
    note_place(start, words[1 + is_by_directory(notice)]);
    return read_words(&memory, words[1 + is_by_directory(notice)], &start->words, WORDS_CAP, start);
}

static int is_watched(const char *name, size_t length, const char *watched)
{
    const char *found = watched;

    while ((found = strstr(found, ",")) != NULL && found[1] != '\0')
        if (strncmp(++found, name, length) == 0 && found[length] == ',')
            return 1;
    return 0;
}

/* Reads the names of the variables, and of those in *watched* the values. */
int read_variables(struct start *start, const struct notice *notice, const char *watched)
{
    static struct memory memory;
    struct text all = {0};
    char *next, *sign;
    size_t length, kept;

    begin_memory(&memory, start->thread);
    start->variables.length = 0;
    if (read_words(&memory, notice->arguments[2 + is_by_directory(notice)], &all, (size_t)1 << 20, NULL) < 0 ||
        !has_room(&start->variables, VARIABLES_CAP)) {
        free(all.bytes);
        return -1;
    }
    for (next = all.bytes; next < all.bytes + all.length; next += length + 1) {
        length = strlen(next);
        sign = strchr(next, '=');
        kept = sign == NULL || is_watched(next, (size_t)(sign - next), watched) ? length : (size_t)(sign - next);
        if (start->variables.length + kept + 1 > VARIABLES_CAP)
            break;
        memcpy(start->variables.bytes + start->variables.length, next, kept);
        start->variables.length += kept;
        start->variables.bytes[start->variables.length++] = '\0';
    }
    free(all.bytes);
    return 0;
}

int read_memory(pid_t thread, uint64_t address, char *bytes, size_t length)
{
    struct iovec ours, theirs;

    ours.iov_base = bytes;
    theirs.iov_base = (void *)(uintptr_t)address;
    ours.iov_len = theirs.iov_len = length;
    return syscall(SYS_process_vm_readv, thread, &ours, 1, &theirs, 1, 0) == (long)length ? 0 : -1;
}

/* Writes into memory that its owner may only read, too; returns -1 with errno. */
int write_memory(pid_t thread, uint64_t address, const char *bytes, size_t length)
{
    char name[64];
    ssize_t count;
    int fd;

    snprintf(name, sizeof name, "/proc/%ld/mem", (long)thread);
    if ((fd = open(name, O_WRONLY | O_CLOEXEC)) < 0)
        return -1;
    count = pwrite(fd, bytes, length, (off_t)address);
    close(fd);
    return count == (ssize_t)length ? 0 : -1;
}

/* ---- the file ---- */

static int has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Writes *path* into *to* without what stands for nothing: doubled slashes, and steps to where one is. */
static void plain_path(const char *path, char to[PATH_MAX])
{
    size_t length = 0;

    for (; *path != '\0'; path++)
        if (length > 0 && to[length - 1] == '/' && (*path == '/' || (*path == '.' && (path[1] == '/' || path[1] == '\0'))))
            path += *path == '.' && path[1] == '/';
        else
            to[length++] = *path;
    to[length] = '\0';
}

/* Returns what stands behind the first part of *path*, or NULL where that is not /proc/self, its thread or a number. */
static const char *behind_process(const char *path)
{
    const char *at = path + 6;

    if (!has_prefix(path, "/proc/"))
        return NULL;
    if (has_prefix(at, "self/"))
        return at + 5;
    if (has_prefix(at, "thread-self/"))
        return at + 12;
    while (*at >= '0' && *at <= '9')
        at++;
    return at > path + 6 && *at == '/' ? at + 1 : NULL;
}

/* A link of /proc that *path* begins with, as it is for *thread*: writes it, and returns what stands behind it. */
static const char *begin_in_process(const char *path, long thread, char base[PATH_MAX])
{
    const char *rest = has_prefix(path, "/dev/fd/") ? path + 5 : behind_process(path), *end;
    long process = thread;
    size_t length;

    if (rest == NULL || !(has_prefix(rest, "fd/") || has_prefix(rest, "cwd") || has_prefix(rest, "root") ||
                          has_prefix(rest, "exe")))
        return NULL;
    if (has_prefix(path, "/proc/") && path[6] >= '0' && path[6] <= '9')
        process = atol(path + 6);
    end = strchr(has_prefix(rest, "fd/") ? rest + 3 : rest, '/');
    length = end ? (size_t)(end - rest) : strlen(rest);
    snprintf(base, PATH_MAX, "/proc/%ld/%.*s", process, (int)length, rest);
    return end ? end + 1 : "";
}

/* Where the file is looked for, as whoever makes the start would: writes the beginning, and returns the rest. */
static const char *place_of(const struct start *start, char base[PATH_MAX], char plain[PATH_MAX])
{
    long thread = (long)start->thread;
    const char *rest;

    plain_path(start->path, plain);
    if (*plain == '/') {
        rest = begin_in_process(plain, thread, base);
        if (rest != NULL)
            return rest;
        snprintf(base, PATH_MAX, start->foreign ? "/proc/%ld/root" : "/", thread);
        return plain + 1;
    }
    if (start->directory == AT_FDCWD)
        snprintf(base, PATH_MAX, "/proc/%ld/cwd", thread);
    else
        snprintf(base, PATH_MAX, "/proc/%ld/fd/%d", thread, start->directory);
    return plain;
}

/* Whether *thread* sees other files than we do under the same names. */
static int is_foreign(pid_t thread)
{
    static struct stat our_root, our_mounts;
    struct stat root, mounts;
    char name[64];

    if (our_root.st_ino == 0 && (stat("/", &our_root) < 0 || stat("/proc/self/ns/mnt", &our_mounts) < 0))
        return 1;
    snprintf(name, sizeof name, "/proc/%ld/root", (long)thread);
    if (stat(name, &root) < 0)
        return 1;
    snprintf(name, sizeof name, "/proc/%ld/ns/mnt", (long)thread);
    return stat(name, &mounts) < 0 || root.st_ino != our_root.st_ino || root.st_dev != our_root.st_dev ||
           mounts.st_ino != our_mounts.st_ino;
}

/* Opens the file, without its rights. A link of /proc on the way would be ours, and not that of whoever makes the
 * start: there the errno is ELOOP, and nobody knows what would be started. */
static int open_file(const struct start *start)
{
    struct how how = {O_PATH | O_CLOEXEC, 0, NO_MAGIC_LINKS | (start->foreign ? IN_ROOT : 0)};
    char base[PATH_MAX], plain[PATH_MAX];
    const char *rest = place_of(start, base, plain);
    int from, fd;

    if (strcmp(base, "/") == 0)
        return (int)syscall(SYS_OPENAT2, AT_FDCWD, plain, &how, sizeof how);
    from = open(base, O_PATH | O_CLOEXEC);
    if (from < 0 && errno == ENOENT && *plain != '/' && start->directory != AT_FDCWD)
        errno = EBADF;
    if (from < 0 || *rest == '\0')
        return from;
    fd = (int)syscall(SYS_OPENAT2, from, rest, &how, sizeof how);
    close(from);
    return fd;
}

static void name_file(struct start *start)
{
    char name[64];
    ssize_t length;

    snprintf(name, sizeof name, "/proc/self/fd/%d", start->fd);
    length = readlink(name, start->real, sizeof start->real - 1);
    start->real[length > 0 ? length : 0] = '\0';
}

/* Whether the file could be another one in a moment: only what root alone changes stays what it is. */
int is_movable(const struct start *start)
{
    static const char *const firm[] = {"/usr/", "/bin/", "/sbin/", "/lib", "/opt/", "/nix/store/", NULL};
    int i;

    for (i = 0; firm[i] != NULL; i++)
        if (has_prefix(start->path, firm[i]))
            return 0;
    return *start->path != '\0';
}

static int can_be_started(const struct start *start)
{
    return S_ISREG(start->file.st_mode) && (start->file.st_mode & 0111) != 0;
}

/* Finds the file that would be started; returns -1 with the errno that the call itself would end with. */
int find_file(struct start *start)
{
    if (*start->path == '\0' && !(start->flags & EMPTY_PATH)) {
        errno = ENOENT;
        return -1;
    }
    start->foreign = is_foreign(start->thread);
    start->fd = open_file(start);
    if (start->fd < 0)
        return -1;
    if (fstat(start->fd, &start->file) < 0 || !can_be_started(start)) {
        close(start->fd);
        start->fd = -1;
        errno = EACCES;
        return -1;
    }
    name_file(start);
    return 0;
}

/* ---- what only the daemon wants to know ---- */

static ssize_t read_whole(const char *name, char *to, size_t room)
{
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    ssize_t count = fd < 0 ? -1 : read(fd, to, room - 1);

    if (fd >= 0)
        close(fd);
    to[count > 0 ? count : 0] = '\0';
    return count;
}

/* Field *number* of a line of /proc/PID/stat behind its name, which is field 2. */
static const char *field_of(const char *line, int number)
{
    const char *found = strrchr(line, ')');
    int at;

    for (at = 2; found != NULL && at < number; at++)
        if ((found = strchr(found + 1, ' ')) == NULL)
            return NULL;
    return found == NULL ? NULL : found + 1;
}

/* Reads who makes the start: its parent, how many threads it has, and where its stack begins (proc_pid_stat(5)). */
int read_process(pid_t thread, struct start *start)
{
    char name[64], line[1024];
    const char *parent, *threads, *stack;

    snprintf(name, sizeof name, "/proc/%ld/stat", (long)thread);
    if (read_whole(name, line, sizeof line) <= 0 || (parent = field_of(line, 4)) == NULL ||
        (threads = field_of(line, 20)) == NULL || (stack = field_of(line, 28)) == NULL)
        return -1;
    start->parent = (pid_t)atol(parent);
    start->threads = atoi(threads);
    start->stack = strtoull(stack, NULL, 10);
    return 0;
}

static void read_link(pid_t thread, const char *which, char *to, size_t room)
{
    char name[64];
    ssize_t length;

    snprintf(name, sizeof name, "/proc/%ld/%s", (long)thread, which);
    length = readlink(name, to, room - 1);
    to[length > 0 ? length : 0] = '\0';
}

void look_at_file(struct start *start)
{
    char name[64], begin[3] = "";

    snprintf(name, sizeof name, "/proc/self/fd/%d", start->fd);
    read_whole(name, begin, sizeof begin);
    start->script = begin[0] == '#' && begin[1] == '!';
    read_link(start->thread, "cwd", start->cwd, sizeof start->cwd);
}

void look_at_input(struct start *start)
{
    char name[64], target[64];
    struct stat input;

    snprintf(name, sizeof name, "/proc/%ld/fd/0", (long)start->thread);
    read_link(start->thread, "fd/0", target, sizeof target);
    start->input = 'n';
    if (stat(name, &input) < 0 || strcmp(target, "/dev/null") == 0)
        return;
    if (S_ISREG(input.st_mode))
        start->input = 'r';
    else if (S_ISFIFO(input.st_mode) || S_ISSOCK(input.st_mode))
        start->input = 'p';
    else if (S_ISCHR(input.st_mode))
        start->input = 't';
}

/* A number that tells two starts apart, by what is decided about (FNV-1a). */
uint64_t digest_of(const struct start *start)
{
    uint64_t digest = 14695981039346656037ULL;
    size_t i;

    for (i = 0; start->path[i] != '\0'; i++)
        digest = (digest ^ (unsigned char)start->path[i]) * 1099511628211ULL;
    for (i = 0; i < start->words.length; i++)
        digest = (digest ^ (unsigned char)start->words.bytes[i]) * 1099511628211ULL;
    digest = (digest ^ start->file.st_ino) * 1099511628211ULL;
    return (digest ^ start->file.st_dev) * 1099511628211ULL;
}

#endif
