/* Whoever could change the words of a start after they were read is held still: its other threads, and those that
 * share its memory, by the freezer of the tree's own cgroup (reference: cgroup-v2, "cgroup.freeze"). */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SAME_MEMORY 1 /* KCMP_VM */
#define PARK_MS 50
#define EXEC_MS 200

struct map_query { /* struct procmap_query of linux/fs.h, since Linux 6.11 */
    uint64_t size, asked, address, start, end, flags, page_size, offset, inode;
    uint32_t major, minor, name_size, build_size;
    uint64_t name, build;
};

#define QUERY_MAP _IOWR('f', 17, struct map_query)
#define MAP_IS_SHARED 8 /* PROCMAP_QUERY_VMA_SHARED */

static void pause_briefly(void)
{
    struct timespec pause = {0, 50000};

    nanosleep(&pause, NULL);
}

static int shares_with(pid_t process, pid_t parent)
{
    long order = syscall(SYS_kcmp, process, parent, SAME_MEMORY, 0, 0);

    return order < 0 ? errno != ESRCH && errno != EPERM : order == 0;
}

/* Whether the words of *start* stand in memory that other processes may have too; an older kernel is not asked. */
int is_mapped(const struct start *start)
{
    struct map_query query;
    char name[64];
    int maps, i, found = 0;

    snprintf(name, sizeof name, "/proc/%ld/maps", (long)start->thread);
    if ((maps = open(name, O_RDONLY | O_CLOEXEC)) < 0)
        return 0;
    for (i = 0; i < start->known_places && !found; i++) {
        memset(&query, 0, sizeof query);
        query.size = sizeof query;
        query.address = start->places[i];
        if (ioctl(maps, QUERY_MAP, &query) < 0)
            break;
        found = (query.flags & MAP_IS_SHARED) != 0;
    }
    close(maps);
    return found;
}

/* Whether somebody who runs can write to the memory of whoever makes *start*. */
int is_shared(const struct start *start)
{
    struct start above;

    if (start->threads > 1 || start->mapped)
        return 1;
    return start->parent > 1 && shares_with(start->thread, start->parent) && read_process(start->parent, &above) == 0 &&
           above.threads > 1;
}

/* Whether it runs on its parent's memory, as after vfork(2). */
int is_borrowed(const struct start *start)
{
    return start->parent > 1 && shares_with(start->thread, start->parent);
}

static int write_freezer(const char *cgroup, char state)
{
    char path[PATH_MAX + 32];
    int fd, done;

    snprintf(path, sizeof path, "%s/cgroup.freeze", cgroup);
    if (*cgroup == '\0' || (fd = open(path, O_WRONLY | O_CLOEXEC)) < 0)
        return -1;
    done = write(fd, &state, 1) == 1 ? 0 : -1;
    close(fd);
    return done;
}

static int runs(const char *process, const char *thread)
{
    char path[PATH_MAX], line[512], *end;
    FILE *file;
    size_t length;

    snprintf(path, sizeof path, "/proc/%s/task/%s/stat", process, thread);
    if ((file = fopen(path, "re")) == NULL)
        return 0;
    length = fread(line, 1, sizeof line - 1, file);
    fclose(file);
    line[length] = '\0';
    end = strrchr(line, ')');
    return end != NULL && end[1] == ' ' && end[2] == 'R';
}

static int any_runs(pid_t process)
{
    char path[64], name[24];
    struct dirent *entry;
    DIR *threads;
    int found = 0;

    snprintf(name, sizeof name, "%ld", (long)process);
    snprintf(path, sizeof path, "/proc/%s/task", name);
    if ((threads = opendir(path)) == NULL)
        return 0;
    while (!found && (entry = readdir(threads)) != NULL)
        found = entry->d_name[0] != '.' && runs(name, entry->d_name);
    closedir(threads);
    return found;
}

static int any_in_tree_runs(const char *cgroup)
{
    char path[PATH_MAX + 32];
    long process;
    int found = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    if ((file = fopen(path, "re")) == NULL)
        return 1;
    while (!found && fscanf(file, "%ld", &process) == 1)
        found = any_runs((pid_t)process);
    fclose(file);
    return found;
}

/* Whether somebody else in the tree runs, who could put another file in the place of this one. */
int others_run(const char *cgroup, const struct start *start)
{
    char path[PATH_MAX + 32];
    long process;
    int found = 0;
    FILE *file;

    snprintf(path, sizeof path, "%s/cgroup.procs", cgroup);
    if (*cgroup == '\0' || (file = fopen(path, "re")) == NULL)
        return 0;
    while (!found && fscanf(file, "%ld", &process) == 1)
        found = process != (long)start->thread && any_runs((pid_t)process);
    fclose(file);
    return found;
}

/* Stops the tree until let_go(); returns -1 where that cannot be. The thread that waits for us stays as it is. */
int hold_still(const char *cgroup, const struct start *start)
{
    long long deadline = now_ms() + PARK_MS;

    if (write_freezer(cgroup, '1') < 0)
        return -1;
    while (any_runs(start->thread) || (start->parent > 1 && any_runs(start->parent)) ||
           (start->mapped && any_in_tree_runs(cgroup))) {
        if (now_ms() >= deadline) {
            let_go(cgroup);
            return -1;
        }
        pause_briefly();
    }
    return 0;
}

/* Waits until the start has happened, or failed; returns whether it was seen to happen. */
int await_exec(const struct start *start)
{
    long long deadline = now_ms() + EXEC_MS;
    struct start now;

    while (read_process(start->thread, &now) == 0 && now.stack == start->stack) {
        if (now_ms() >= deadline)
            return 0;
        pause_briefly();
    }
    return 1;
}

void let_go(const char *cgroup)
{
    write_freezer(cgroup, '0');
}

#endif
