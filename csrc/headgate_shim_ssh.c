/* As `ssh` on a job's PATH: what the job starts on another machine gets a mark, so that it can be found and ended.
 *
 * What we do not understand goes to the real ssh as it came. */

#include "headgate_shim.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* ssh(1) of OpenSSH 9. -P is in neither list: it takes a word since 9.4, and none before. */
static const char FLAGS[] = "46AaCfgKkMnqTtvXxYy";
static const char WITH_WORD[] = "BbcDEeFIiJLlmopRSw";
static const char DROPPED[] = "tfnLRDEM"; /* what a second connection to the same machine must not repeat */

/* Settings that a second connection must not repeat either, and those with which there is no command to mark. */
static const char *const DROPPED_SETTINGS[] = {"LocalForward", "RemoteForward", "DynamicForward", "ControlMaster",
                                               "RequestTTY", "ForkAfterAuthentication", "StdinNull", NULL};
static const char *const COMMANDLESS_SETTINGS[] = {"SessionType", "RemoteCommand", NULL};

/* These hosts know the commands by heart, and refuse all others. */
static const char *const EXACT_COMMANDS[] = {"git-", "git ", NULL};

#define MARK_CAP 64

struct words {
    int argc;
    char **argv;
    int command;      /* the first word of the remote command, or 0 */
    char *record;     /* words of a second connection, each with its NUL */
    size_t length;
};

static int is_setting(const char *word, const char *const *names)
{
    size_t length;

    word += strspn(word, " \t\"");
    for (; *names != NULL; names++) {
        length = strlen(*names);
        if (strncasecmp(word, *names, length) == 0 && strchr("= \t", word[length]) != NULL)
            return 1;
    }
    return 0;
}

static void record_word(struct words *words, const char *word)
{
    size_t length = strlen(word) + 1;

    memcpy(words->record + words->length, word, length);
    words->length += length;
}

static void record_option(struct words *words, char option, const char *value)
{
    char word[3] = {'-', option, '\0'};

    if (strchr(DROPPED, option) != NULL || (option == 'o' && is_setting(value, DROPPED_SETTINGS)))
        return;
    record_word(words, word);
    if (value != NULL)
        record_word(words, value);
}

/* Reads one word of options; returns how many words it took, or 0 when the call is not for us. */
static int read_options(struct words *words, int at)
{
    const char *option = words->argv[at] + 1, *value;

    for (; *option != '\0'; option++) {
        if (strchr(FLAGS, *option) != NULL) {
            record_option(words, *option, NULL);
            continue;
        }
        if (strchr(WITH_WORD, *option) == NULL)
            return 0;
        value = option[1] != '\0' ? option + 1 : words->argv[at + 1];
        if (value == NULL || *value == '\0' || (*option == 'o' && is_setting(value, COMMANDLESS_SETTINGS)))
            return 0;
        record_option(words, *option, value);
        return option[1] != '\0' ? 1 : 2;
    }
    return 1;
}

static int is_option(const char *word)
{
    return word[0] == '-' && word[1] != '\0';
}

/* Options before and behind the destination, as ssh reads them; finds the remote command, or returns -1. */
static int read_words(struct words *words)
{
    const char *destination = NULL;
    int at = 1, taken, is_closed = 0;

    while (at < words->argc) {
        if (is_option(words->argv[at]) && strcmp(words->argv[at], "--") != 0 && !is_closed) {
            taken = read_options(words, at);
            if (taken == 0)
                return -1;
            at += taken;
        } else if (!is_closed && strcmp(words->argv[at], "--") == 0) {
            is_closed = 1;
            at++;
        } else if (words->argv[at][0] == '\0' && destination == NULL) {
            return -1; /* an empty word ends a record */
        } else if (destination == NULL) {
            destination = words->argv[at++];
        } else {
            words->command = at;
            record_word(words, destination);
            return 0;
        }
    }
    return -1;
}

static int is_mark(const char *mark)
{
    size_t length = 0;

    while (mark != NULL && (isalnum((unsigned char)mark[length]) || mark[length] == '-'))
        length++;
    return length > 0 && length <= MARK_CAP && mark[length] == '\0';
}

static int is_exact(const char *command)
{
    const char *const *name;

    for (name = EXACT_COMMANDS; *name != NULL; name++)
        if (strncmp(command, *name, strlen(*name)) == 0)
            return 1;
    return 0;
}

static void append_record(struct words *words)
{
    const char *path = getenv("HEADGATE_REMOTES");
    int fd = path ? open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600) : -1;

    if (fd < 0)
        return;
    words->record[words->length++] = '\0';
    while (flock(fd, LOCK_EX) < 0 && errno == EINTR) {
    }
    if (write_all(fd, words->record, words->length) < 0) {
        /* the way is not known later; the command goes on */
    }
    close(fd);
}

static void mark_command(struct words *words, const char *mark)
{
    char *command = words->argv[words->command];
    size_t room = strlen(command) + MARK_CAP + 32;
    char *marked = malloc(room);

    if (marked == NULL)
        return;
    snprintf(marked, room, "export HEADGATE_JOB=%s; %s", mark, command);
    words->argv[words->command] = marked;
}

static void prepare(struct words *words)
{
    const char *mark = getenv("HEADGATE_MARK");
    size_t room = 2;
    int i;

    for (i = 0; i < words->argc; i++)
        room += 3 * strlen(words->argv[i]) + 3; /* a word of flags becomes a word each */
    words->record = malloc(room);
    if (!is_mark(mark) || words->record == NULL || read_words(words) < 0 || is_exact(words->argv[words->command]))
        return;
    append_record(words);
    mark_command(words, mark);
}

/* ---- the real ssh ---- */

static int is_same(const struct stat *left, const struct stat *right)
{
    return left->st_dev == right->st_dev && left->st_ino == right->st_ino;
}

/* Whether we may run the ssh in this folder of PATH. */
static int is_real(const char *folder, size_t length, const struct stat *self, char path[PATH_MAX])
{
    const char *own = getenv("HEADGATE_SHIM_BIN");
    struct stat file, here, there;

    if (length + sizeof "/ssh" >= PATH_MAX)
        return 0;
    snprintf(path, PATH_MAX, "%.*s", length ? (int)length : 1, length ? folder : ".");
    if (own != NULL && stat(own, &here) == 0 && stat(path, &there) == 0 && is_same(&here, &there))
        return 0;
    strcat(path, "/ssh");
    return stat(path, &file) == 0 && S_ISREG(file.st_mode) && !is_same(&file, self) && access(path, X_OK) == 0;
}

static void find_self(const char *called, struct stat *self)
{
    memset(self, 0, sizeof *self);
    if (stat("/proc/self/exe", self) < 0 && strchr(called, '/') != NULL && stat(called, self) < 0)
        memset(self, 0, sizeof *self);
}

static int find_ssh(const char *called, char path[PATH_MAX])
{
    const char *folder = getenv("PATH"), *chosen = getenv("HEADGATE_SSH");
    struct stat self;
    size_t length;

    if (chosen != NULL && *chosen == '/' && strlen(chosen) < PATH_MAX && access(chosen, X_OK) == 0) {
        strcpy(path, chosen); /* the one that was to be started where we stand in */
        unsetenv("HEADGATE_SSH");
        return 0;
    }
    find_self(called, &self);
    while (folder != NULL) {
        length = strcspn(folder, ":");
        if (is_real(folder, length, &self, path))
            return 0;
        folder = folder[length] == ':' ? folder + length + 1 : NULL;
    }
    return -1;
}

int wrap_ssh(int argc, char **argv)
{
    char path[PATH_MAX];
    struct words words;

    memset(&words, 0, sizeof words);
    words.argc = argc;
    words.argv = argv;
    if (find_ssh(argv[0], path) < 0) {
        complain("HG403 headgate: there is no other ssh on PATH\n");
        return NOT_FOUND_STATUS;
    }
    prepare(&words);
    execv(path, argv);
    complain("HG403 headgate: %s cannot be run: %s\n", path, strerror(errno));
    return NOT_FOUND_STATUS;
}
