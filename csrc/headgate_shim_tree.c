/* The processes below us: found, asked to end, killed until none is left.
 *
 * On Linux every orphan below becomes our child, so "no child is left" is the whole truth. Elsewhere we know the
 * command's process group, and no more. */

#include "headgate_shim.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/prctl.h>
#ifndef PR_SET_CHILD_SUBREAPER
#define PR_SET_CHILD_SUBREAPER 36
#endif
#endif

void adopt_orphans(void)
{
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#endif
}

int exit_status(int status)
{
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

void reap(struct tree *tree)
{
    int status;
    pid_t pid;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        if (pid == tree->child) {
            tree->ended = 1;
            tree->status = status;
        }
    tree->childless = pid < 0 && errno == ECHILD;
}

void add_pid(struct pids *pids, pid_t pid)
{
    size_t room = pids->room ? pids->room * 2 : 64;
    pid_t *list;

    if (pids->count == pids->room) {
        list = realloc(pids->list, room * sizeof *list);
        if (list == NULL)
            return; /* it is found again in the next round */
        pids->list = list;
        pids->room = room;
    }
    pids->list[pids->count++] = pid;
}

#ifdef __linux__
static void add_children_of_thread(const char *path, struct pids *pids)
{
    FILE *file = fopen(path, "re");
    long pid;

    if (file == NULL)
        return;
    while (fscanf(file, "%ld", &pid) == 1)
        add_pid(pids, (pid_t)pid);
    fclose(file);
}

static void add_children(pid_t parent, struct pids *pids)
{
    char path[64], file[sizeof path + NAME_MAX + 16];
    struct dirent *entry;
    DIR *threads;

    snprintf(path, sizeof path, "/proc/%ld/task", (long)parent);
    threads = opendir(path);
    if (threads == NULL)
        return;
    while ((entry = readdir(threads)) != NULL)
        if (entry->d_name[0] != '.') {
            snprintf(file, sizeof file, "%s/%s/children", path, entry->d_name);
            add_children_of_thread(file, pids);
        }
    closedir(threads);
}

static int is_dead(pid_t pid)
{
    char path[64], text[512], *end;
    FILE *file;
    size_t length;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return 1;
    length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = '\0';
    end = strrchr(text, ')');
    return end == NULL || strlen(end) < 3 || end[2] == 'Z' || end[2] == 'X';
}

static int by_number(const void *left, const void *right)
{
    pid_t first = *(const pid_t *)left, second = *(const pid_t *)right;

    return (first > second) - (first < second);
}

/* Everyone below us and in the command's cgroup, once. */
static void find_tree(const struct tree *tree, struct pids *pids)
{
    size_t next, kept = 0;

    memset(pids, 0, sizeof *pids);
    add_children(getpid(), pids);
    for (next = 0; next < pids->count; next++)
        add_children(pids->list[next], pids);
    add_cgroup_members(tree, pids);
    if (pids->count == 0)
        return;
    qsort(pids->list, pids->count, sizeof *pids->list, by_number);
    for (next = 0; next < pids->count; next++)
        if (kept == 0 || pids->list[kept - 1] != pids->list[next])
            pids->list[kept++] = pids->list[next];
    pids->count = kept;
}

static void signal_tree(const struct tree *tree, int number)
{
    struct pids pids;
    size_t i;

    find_tree(tree, &pids);
    for (i = 0; i < pids.count; i++)
        kill(pids.list[i], number);
    free(pids.list);
}

int is_at_work(const struct tree *tree)
{
    struct pids pids;
    size_t i;
    int found = 0;

    if (tree->childless)
        return 0;
    find_tree(tree, &pids);
    for (i = 0; i < pids.count && !found; i++)
        found = getsid(pids.list[i]) == tree->session && !is_dead(pids.list[i]);
    free(pids.list);
    return found;
}

int count_tree(const struct tree *tree)
{
    struct pids pids;
    size_t i;
    int count = 0;

    find_tree(tree, &pids);
    for (i = 0; i < pids.count; i++)
        count += !is_dead(pids.list[i]);
    free(pids.list);
    return count;
}

int is_empty(const struct tree *tree)
{
    struct pids pids = {0};
    int empty;

    if (!tree->childless)
        return 0;
    add_cgroup_members(tree, &pids);
    empty = pids.count == 0;
    free(pids.list);
    return empty;
}
#else
static void signal_tree(const struct tree *tree, int number)
{
    killpg(tree->child, number);
}

int is_at_work(const struct tree *tree)
{
    return killpg(tree->child, 0) == 0;
}

int count_tree(const struct tree *tree)
{
    return killpg(tree->child, 0) == 0;
}

int is_empty(const struct tree *tree)
{
    return tree->ended && killpg(tree->child, 0) < 0;
}
#endif

void ask_tree(const struct tree *tree)
{
    signal_tree(tree, SIGTERM);
    signal_tree(tree, SIGCONT); /* who is stopped cannot hear */
}

void kill_tree(const struct tree *tree)
{
    kill_cgroup(tree);
    signal_tree(tree, SIGKILL);
}
