/* A terminal of the command's own; what it prints goes to the log. */

#include "headgate_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define CHUNK 65536
#define BURST 64       /* chunks in a row: the keeper has other things to look at */
#define LAST_MS 1000   /* for output that does not end although the command has */

/* Returns -1 with errno. We hold the slave open too, so that no pause of its users looks like the end. */
int open_terminal(struct terminal *terminal, char name[PATH_MAX], unsigned short columns, unsigned short rows)
{
    struct termios mode;
    struct winsize size;
    const char *slave;

    terminal->master = posix_openpt(O_RDWR | O_NOCTTY);
    if (terminal->master < 0)
        return -1;
    set_close_on_exec(terminal->master);
    if (grantpt(terminal->master) < 0 || unlockpt(terminal->master) < 0 || (slave = ptsname(terminal->master)) == NULL)
        return -1;
    snprintf(name, PATH_MAX, "%s", slave);
    terminal->slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal->slave < 0 || tcgetattr(terminal->slave, &mode) < 0)
        return -1;
    mode.c_oflag &= ~(tcflag_t)ONLCR; /* whoever shows the log adds his own */
    memset(&size, 0, sizeof size);
    size.ws_col = columns;
    size.ws_row = rows;
    if (tcsetattr(terminal->slave, TCSANOW, &mode) < 0 || ioctl(terminal->slave, TIOCSWINSZ, &size) < 0)
        return -1;
    return fcntl(terminal->master, F_SETFL, O_NONBLOCK);
}

/* Returns whether there was something. */
static int pump_chunk(struct terminal *terminal, int log)
{
    static char chunk[CHUNK];
    ssize_t count = read(terminal->master, chunk, sizeof chunk);

    if (count > 0 && write_all(log, chunk, (size_t)count) < 0)
        terminal->lost = errno; /* a full disk must not stop the command */
    return count > 0;
}

void pump(struct terminal *terminal, int log)
{
    int chunks = 0;

    if (terminal->master < 0)
        return;
    while (chunks < BURST && pump_chunk(terminal, log))
        chunks++;
}

void pump_to_the_last(struct terminal *terminal, int log)
{
    long long deadline = now_ms() + LAST_MS;

    if (terminal->master < 0)
        return;
    while (pump_chunk(terminal, log) && now_ms() < deadline) {
    }
}
