/* To keep a command until its end, and to write that end down so that it lasts. */

#include "headgate_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef GRACE_MS
#define GRACE_MS 3000 /* between asking and killing */
#endif
#define KILL_MS 10000      /* for those who do not die of a kill */
#define ASKED_PAUSE_MS 20
#define KILLED_PAUSE_MS 2  /* a chain of forks has to be caught between two of them */
#define LOOK_MS 1000       /* an orphan of a session may be someone else's child */
#define SOON_MS 20         /* but at first a daemon may be about to leave it */
#define HEAD_KEPT ((off_t)1 << 20)
#define BLOCK ((off_t)4096)
#define RECORD_ROOM 4096
#define RECORD_TRIES 60 /* a second each */

static const char RECORD[] = "end.json.new";

void init_keeper(struct keeper *keeper)
{
    memset(keeper, 0, sizeof *keeper);
    keeper->folder = keeper->log = keeper->wake = keeper->orders = keeper->record = -1;
    keeper->terminal.master = keeper->terminal.slave = -1;
    keeper->deadline = DEADLINE_NONE;
    keeper->started = unix_time();
    keeper->reason = "failed";
}

void fail_keeper(struct keeper *keeper, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(keeper->message, sizeof keeper->message, format, values);
    va_end(values);
    keeper->reason = "failed";
    keeper->has_code = 1;
    keeper->code = NOT_FOUND_STATUS;
}

/* ---- the log ---- */

/* Frees the middle of a log that has grown too large: every offset stays where it is. */
static void cap_log(struct keeper *keeper)
{
#ifdef FALLOC_FL_PUNCH_HOLE
    struct stat log;
    off_t end;

    if (keeper->log_cap <= 0 || fstat(keeper->log, &log) < 0 || (long long)log.st_blocks * 512 <= keeper->log_cap)
        return;
    end = (log.st_size - (off_t)(keeper->log_cap / 2)) / BLOCK * BLOCK;
    if (end > HEAD_KEPT)
        fallocate(keeper->log, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, HEAD_KEPT, end - HEAD_KEPT);
#else
    (void)keeper;
#endif
}

/* ---- the end, written down ---- */

static int fill_record(int fd)
{
    static const char zeros[RECORD_ROOM];

#ifdef __linux__
    if (posix_fallocate(fd, 0, RECORD_ROOM) == 0)
        return 0;
#endif
    return write_all(fd, zeros, sizeof zeros);
}

/* Takes the room for the end before anything begins, so that a full disk cannot swallow it. Returns -1 with errno. */
int reserve_end(struct keeper *keeper)
{
    int error;

    keeper->record = openat(keeper->folder, RECORD, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (keeper->record < 0)
        return -1;
    if (fill_record(keeper->record) == 0)
        return 0;
    error = errno;
    close(keeper->record);
    unlinkat(keeper->folder, RECORD, 0);
    keeper->record = -1;
    errno = error ? error : ENOSPC;
    return -1;
}

/* The length of the UTF-8 character at *text*, or 0. */
static size_t character(const unsigned char *text)
{
    size_t length = *text < 0x80 ? 1 : *text >= 0xc2 && *text < 0xe0 ? 2 : *text >= 0xe0 && *text < 0xf0 ? 3
                  : *text >= 0xf0 && *text < 0xf5 ? 4 : 0;
    size_t i;

    for (i = 1; i < length; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if ((*text == 0xe0 && text[1] < 0xa0) || (*text == 0xed && text[1] > 0x9f) || (*text == 0xf0 && text[1] < 0x90) ||
        (*text == 0xf4 && text[1] > 0x8f))
        return 0;
    return length;
}

/* Writes *text* as the inside of a JSON string; *room* is for six bytes a byte, and one. */
static void escape(const char *text, char *room)
{
    const unsigned char *from = (const unsigned char *)text;
    size_t length;

    while (*from != '\0') {
        length = character(from);
        if (length == 0) {
            room += sprintf(room, "\\ufffd");
            from++;
        } else if (*from < 0x20 || *from == '"' || *from == '\\' || *from == 0x7f) {
            room += sprintf(room, "\\u%04x", *from++);
        } else {
            memcpy(room, from, length);
            room += length;
            from += length;
        }
    }
    *room = '\0';
}

static size_t describe_end(const struct keeper *keeper, char text[RECORD_ROOM])
{
    char message[MESSAGE_CAP * 6 + 1], code[16] = "null";

    escape(keeper->message, message);
    if (keeper->has_code)
        snprintf(code, sizeof code, "%d", keeper->code);
    return (size_t)snprintf(text, RECORD_ROOM,
                            "{\"reason\": \"%s\", \"exit_code\": %s, \"message\": \"%s\", \"started\": %.6f, "
                            "\"ended\": %.6f, \"survivors\": %d}",
                            keeper->reason, code, message, keeper->started, unix_time(), keeper->survivors);
}

static int write_record(struct keeper *keeper, const char *text, size_t length)
{
    if (keeper->record < 0 && reserve_end(keeper) < 0)
        return -1;
    if (lseek(keeper->record, 0, SEEK_SET) < 0 || write_all(keeper->record, text, length) < 0 ||
        ftruncate(keeper->record, (off_t)length) < 0 || fsync(keeper->record) < 0)
        return -1;
    if (renameat(keeper->folder, RECORD, keeper->folder, "end.json") < 0)
        return -1;
    fsync(keeper->folder); /* not every file system can do that */
    return 0;
}

/* Returns 0 when the end is on the disk; else it has said why not. */
int write_end(struct keeper *keeper)
{
    char text[RECORD_ROOM];
    size_t length = describe_end(keeper, text);
    int tries = 0;

    while (write_record(keeper, text, length) < 0) {
        if (++tries == RECORD_TRIES || keeper->tree.child == 0) {
            complain("HG403 headgate: the end of the job cannot be written down: %s\n", strerror(errno));
            return -1;
        }
        poll(NULL, 0, LOOK_MS);
    }
    return 0;
}

/* ---- a command's life ---- */

static void note_end(struct keeper *keeper, const char *reason)
{
    keeper->reason = reason;
    keeper->has_code = keeper->tree.ended;
    keeper->code = exit_status(keeper->tree.status);
    if (keeper->survivors > 0)
        snprintf(keeper->message, sizeof keeper->message, "%d of its processes could not be ended", keeper->survivors);
    else if (keeper->terminal.lost)
        snprintf(keeper->message, sizeof keeper->message, "a part of its output could not be written: %s",
                 strerror(keeper->terminal.lost));
}

/* Asks every process of the command to end, then kills until none is left. */
void end_command(struct keeper *keeper, const char *reason)
{
    long long kill_at = now_ms() + GRACE_MS, give_up = kill_at + KILL_MS, now;
    struct tree *tree = &keeper->tree;

    ask_tree(tree);
    for (;;) {
        pump(&keeper->terminal, keeper->log);
        reap(tree);
        now = now_ms();
        if (is_empty(tree) || now >= give_up)
            break;
        if (now >= kill_at)
            kill_tree(tree);
        sleep_until_woken(keeper->wake, now >= kill_at ? KILLED_PAUSE_MS : ASKED_PAUSE_MS);
    }
    keeper->survivors = is_empty(tree) ? 0 : count_tree(tree);
    note_end(keeper, reason);
}

/* Reads what a front says to a keeper that is its own; returns whether it wants the end. */
static int is_cancelled(struct keeper *keeper)
{
    char order;
    ssize_t count;

    if (keeper->orders < 0)
        return 0;
    while ((count = read(keeper->orders, &order, 1)) > 0)
        if (order == CANCEL)
            return 1;
    if (count == 0) { /* the front has gone, as it should */
        close(keeper->orders);
        keeper->orders = -1;
    }
    return 0;
}

static void await_news(struct keeper *keeper, long long now)
{
    long long ms = keeper->deadline == DEADLINE_NONE ? INT_MAX : keeper->deadline - now;
    struct pollfd watched[3];
    char drop[256];

    if (keeper->log_cap > 0 && ms > LOOK_MS)
        ms = LOOK_MS;
    if (keeper->tree.ended) {
        keeper->look = keeper->look == 0 ? SOON_MS : keeper->look < LOOK_MS / 2 ? keeper->look * 2 : LOOK_MS;
        ms = ms < keeper->look ? ms : keeper->look;
    }
    memset(watched, 0, sizeof watched);
    watched[0].fd = keeper->wake;
    watched[1].fd = keeper->terminal.master;
    watched[2].fd = keeper->orders;
    watched[0].events = watched[1].events = watched[2].events = POLLIN;
    poll(watched, 3, ms < 0 ? 0 : (int)(ms > INT_MAX ? INT_MAX : ms));
    while (read(keeper->wake, drop, sizeof drop) > 0) {
    }
}

/* Returns when the command has ended, or was ended. */
void keep_to_the_end(struct keeper *keeper)
{
    long long now;

    for (;;) {
        pump(&keeper->terminal, keeper->log);
        reap(&keeper->tree);
        now = now_ms();
        if (keeper->tree.ended && !is_at_work(&keeper->tree)) {
            pump_to_the_last(&keeper->terminal, keeper->log);
            note_end(keeper, "exited");
            break;
        }
        if (asked_to_end || is_cancelled(keeper)) {
            end_command(keeper, "cancelled");
            break;
        }
        if (keeper->deadline != DEADLINE_NONE && now >= keeper->deadline) {
            end_command(keeper, "timed_out");
            break;
        }
        if (keeper->log_cap > 0 && now - keeper->capped >= LOOK_MS) {
            keeper->capped = now;
            cap_log(keeper);
        }
        await_news(keeper, now);
    }
    pump_to_the_last(&keeper->terminal, keeper->log);
    cap_log(keeper);
}
