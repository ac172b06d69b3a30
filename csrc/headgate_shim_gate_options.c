/* What stands around a call, as the daemon wrote it down beside it. */

#include "headgate_shim_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads FOLDER/gate. Returns 1 where there is one, 0 where there is none, -1 with errno where it cannot be read. */
int read_gate_options(int folder, const char *path, struct gate_options *options)
{
    const char *slash = strrchr(path, '/');
    int fd = openat(folder, "gate", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char line[sizeof options->watched + 16], *value;
    size_t guarded = 0;
    FILE *file;

    memset(options, 0, sizeof *options);
    snprintf(options->name, sizeof options->name, "%s", slash ? slash + 1 : path);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if ((file = fdopen(fd, "r")) == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if ((value = strchr(line, ' ')) == NULL)
            continue;
        *value++ = '\0';
        if (strcmp(line, "socket") == 0)
            snprintf(options->socket, sizeof options->socket, "%s", value);
        else if (strcmp(line, "mode") == 0)
            options->portable = strcmp(value, "strong") != 0;
        else if (strcmp(line, "nnp") == 0)
            options->no_new_privs = *value != '0';
        else if (strcmp(line, "network") == 0)
            options->network = atoi(value);
        else if (strcmp(line, "value") == 0)
            snprintf(options->watched, sizeof options->watched, "%s", value);
        else if (strcmp(line, "guard") == 0 && guarded < 4)
            snprintf(options->guarded[guarded++], PATH_MAX, "%s", value);
    }
    fclose(file);
    return 1;
}
