/* A cgroup of the command's own, where the system gives us one: what is in it cannot run away from a kill. */

#include "headgate_shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#define LINE_CAP 4096

/* Finds where cgroup v2 is mounted, and which part of it. */
static int find_mount(char root[LINE_CAP], char mount[LINE_CAP])
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[LINE_CAP];
    int found = 0;

    if (file == NULL)
        return -1;
    while (!found && fgets(line, sizeof line, file) != NULL)
        found = strstr(line, " - cgroup2 ") != NULL && sscanf(line, "%*s %*s %*s %s %s", root, mount) == 2 &&
                strchr(root, '\\') == NULL && strchr(mount, '\\') == NULL;
    fclose(file);
    return found ? 0 : -1;
}

static int find_own(char own[LINE_CAP])
{
    FILE *file = fopen("/proc/self/cgroup", "re");
    char line[LINE_CAP];
    int found = 0;

    if (file == NULL)
        return -1;
    while (!found && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, "0::/", 4) == 0) {
            line[strcspn(line, "\n")] = '\0';
            strcpy(own, line + 3);
            found = 1;
        }
    fclose(file);
    return found ? 0 : -1;
}

/* The folder of the cgroup that we are in. */
static int find_parent(char path[PATH_MAX])
{
    char root[LINE_CAP], mount[LINE_CAP], own[LINE_CAP], *below = own;
    size_t length;

    if (find_mount(root, mount) < 0 || find_own(own) < 0 || strstr(own, "/..") != NULL)
        return -1;
    length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(own, root, length) != 0 || (length > 0 && own[length] != '\0' && own[length] != '/'))
        return -1;
    below += length;
    length = (size_t)snprintf(path, PATH_MAX, "%s%s", mount, strcmp(below, "/") == 0 ? "" : below);
    return length + NAME_MAX < PATH_MAX ? 0 : -1;
}

static int open_member(const char *cgroup, const char *name, int flags)
{
    char path[PATH_MAX + NAME_MAX];

    snprintf(path, sizeof path, "%s/%s", cgroup, name);
    return open(path, flags | O_CLOEXEC);
}

/* A supervisor that was killed at the wrong moment leaves its tree standing still. */
static void thaw(const char *cgroup)
{
    int fd = open_member(cgroup, "cgroup.freeze", O_WRONLY);

    if (fd >= 0 && write(fd, "0", 1) < 0) {
        /* it has gone */
    }
    if (fd >= 0)
        close(fd);
}

/* Removes what keepers left that were killed; a cgroup with someone in it stays. */
static void sweep(const char *parent)
{
    static const char own[] = "headgate-";
    char path[PATH_MAX + NAME_MAX + 2];
    struct dirent *entry;
    DIR *list = opendir(parent);

    if (list == NULL)
        return;
    while ((entry = readdir(list)) != NULL)
        if (strncmp(entry->d_name, own, sizeof own - 1) == 0 && kill(atoi(entry->d_name + sizeof own - 1), 0) < 0 &&
            errno == ESRCH) {
            snprintf(path, sizeof path, "%s/%s", parent, entry->d_name);
            thaw(path);
            rmdir(path);
        }
    closedir(list);
}

/* Makes the cgroup; returns the file by which a process enters it, or -1 where there is none. */
int make_cgroup(struct tree *tree)
{
    char parent[PATH_MAX];
    int procs;

    tree->cgroup[0] = '\0';
    if (find_parent(parent) < 0)
        return -1;
    sweep(parent);
    if (snprintf(tree->cgroup, PATH_MAX, "%s/headgate-%ld", parent, (long)getpid()) >= PATH_MAX ||
        (mkdir(tree->cgroup, 0755) < 0 && errno != EEXIST)) {
        tree->cgroup[0] = '\0';
        return -1;
    }
    procs = open_member(tree->cgroup, "cgroup.procs", O_WRONLY);
    if (procs < 0) {
        rmdir(tree->cgroup);
        tree->cgroup[0] = '\0';
    }
    return procs;
}

int enter_cgroup(int procs)
{
    return write(procs, "0", 1) == 1 ? 0 : -1;
}

int add_cgroup_members(const struct tree *tree, struct pids *pids)
{
    FILE *file;
    long pid;
    int fd;

    if (tree->cgroup[0] == '\0')
        return 0;
    fd = open_member(tree->cgroup, "cgroup.procs", O_RDONLY);
    file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file == NULL)
        return -1;
    while (fscanf(file, "%ld", &pid) == 1)
        if (pid > 0) /* 0 is someone whom our namespace does not show */
            add_pid(pids, (pid_t)pid);
    fclose(file);
    return 0;
}

void kill_cgroup(const struct tree *tree)
{
    int fd;

    if (tree->cgroup[0] == '\0')
        return;
    fd = open_member(tree->cgroup, "cgroup.kill", O_WRONLY);
    if (fd < 0)
        return;
    if (write(fd, "1", 1) < 0) {
        /* an old kernel; they are killed one by one */
    }
    close(fd);
}

/* Daemons that the command left behind go on in our own cgroup. */
static void release_members(const struct tree *tree)
{
    struct pids pids = {0};
    char parent[PATH_MAX], text[32];
    size_t i;
    int fd, length;

    strcpy(parent, tree->cgroup);
    *strrchr(parent, '/') = '\0';
    fd = open_member(parent, "cgroup.procs", O_WRONLY);
    if (fd < 0)
        return;
    add_cgroup_members(tree, &pids);
    for (i = 0; i < pids.count; i++) {
        length = snprintf(text, sizeof text, "%ld", (long)pids.list[i]);
        if (write(fd, text, (size_t)length) < 0) {
            /* it has ended meanwhile */
        }
    }
    free(pids.list);
    close(fd);
}

void leave_cgroup(struct tree *tree)
{
    if (tree->cgroup[0] == '\0')
        return;
    if (rmdir(tree->cgroup) < 0 && errno == EBUSY) {
        release_members(tree);
        rmdir(tree->cgroup);
    }
    tree->cgroup[0] = '\0';
}
#else
int make_cgroup(struct tree *tree)
{
    tree->cgroup[0] = '\0';
    return -1;
}

int enter_cgroup(int procs)
{
    (void)procs;
    return -1;
}

int add_cgroup_members(const struct tree *tree, struct pids *pids)
{
    (void)tree;
    (void)pids;
    return 0;
}

void kill_cgroup(const struct tree *tree)
{
    (void)tree;
}

void leave_cgroup(struct tree *tree)
{
    (void)tree;
}
#endif
