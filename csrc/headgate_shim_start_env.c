/* What the gate hears of the environment: as it would be without us, and values only where the gate asks for them. */

#include "headgate_shim_start.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

/* Variables that we set, and the one that keeps what stood there; NULL where nobody had set it. */
static const char *const REPLACED[][2] = {
    {"BASH_ENV", "HEADGATE_BASH_ENV"}, {"ENV", "HEADGATE_ENV"}, {"ZDOTDIR", "HEADGATE_ZDOTDIR"}, {NULL, NULL}};

/* *watched* names variables, each between two commas. */
static int is_watched(const char *name, size_t length, const char *watched)
{
    const char *found = watched;

    while ((found = strchr(found, ',')) != NULL && found[1] != '\0')
        if (strncmp(++found, name, length) == 0 && found[length] == ',')
            return 1;
    return 0;
}

/* Whether a folder holds shims or start-up files, of this gate or another one. */
int is_shim_folder(const char *folder, size_t length)
{
    char mark[PATH_MAX];

    if (length == 0 || length + sizeof "/" SHIMS_MARK > sizeof mark)
        return 0;
    snprintf(mark, sizeof mark, "%.*s/" SHIMS_MARK, (int)length, folder);
    return access(mark, F_OK) == 0;
}

static int is_ours(const char *value)
{
    const char *slash = strrchr(value, '/');

    return is_shim_folder(value, strlen(value)) || (slash != NULL && is_shim_folder(value, (size_t)(slash - value)));
}

static void put_variable(struct bytes *list, const char *name, const char *value)
{
    put_bytes(list, name, strlen(name));
    put_bytes(list, "=", 1);
    put_bytes(list, value, strlen(value) + 1);
}

/* PATH, without the folders of shims. */
static void put_search_path(struct bytes *list, const char *value)
{
    size_t length;
    int first = 1;

    put_bytes(list, "PATH=", 5);
    for (;; value += length + 1) {
        length = strcspn(value, ":");
        if (!is_shim_folder(value, length)) {
            if (!first)
                put_bytes(list, ":", 1);
            put_bytes(list, value, length);
            first = 0;
        }
        if (value[length] == '\0')
            break;
    }
    put_bytes(list, "", 1);
}

/* Says of a variable that we may have set what stood there before; returns whether it is one. */
static int put_replaced(struct bytes *list, const char *entry, size_t length, const char *watched)
{
    const char *before;
    int i;

    for (i = 0; REPLACED[i][0] != NULL; i++)
        if (strlen(REPLACED[i][0]) == length && memcmp(entry, REPLACED[i][0], length) == 0) {
            if (!is_ours(entry + length + 1))
                return 0;
            before = getenv(REPLACED[i][1]);
            if (before != NULL && is_watched(entry, length, watched))
                put_variable(list, REPLACED[i][0], before);
            else if (before != NULL)
                put_bytes(list, REPLACED[i][0], length + 1);
            return 1;
        }
    return 0;
}

static void put_entry(struct bytes *list, const char *entry, const char *watched)
{
    size_t length = strcspn(entry, "=");

    if (entry[length] == '\0' || strncmp(entry, "HEADGATE_", 9) == 0 || put_replaced(list, entry, length, watched))
        return;
    if (length == 4 && memcmp(entry, "PATH", 4) == 0 && is_watched(entry, length, watched)) {
        put_search_path(list, entry + 5);
    } else if (is_watched(entry, length, watched)) {
        put_bytes(list, entry, strlen(entry) + 1);
    } else {
        put_bytes(list, entry, length);
        put_bytes(list, "", 1);
    }
}

void put_environment(struct bytes *frame, const char *watched)
{
    struct bytes list = {0};
    char **entry;

    for (entry = environ; entry != NULL && *entry != NULL; entry++)
        put_entry(&list, *entry, watched);
    if (list.failed)
        frame->failed = 1;
    else
        put_field(frame, list.data, list.length);
    free(list.data);
}
