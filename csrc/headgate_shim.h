/* What the parts of headgate-shim share. */

#ifndef HEADGATE_SHIM_H
#define HEADGATE_SHIM_H

#ifdef __linux__
#define _GNU_SOURCE /* fallocate, pipe2, struct ucred */
#endif

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

#ifdef __GNUC__
#define NO_RETURN __attribute__((noreturn))
#define LIKE_PRINTF(at, first) __attribute__((format(printf, at, first)))
#else
#define NO_RETURN
#define LIKE_PRINTF(at, first)
#endif

#define MESSAGE_CAP 512  /* bytes of a message for people */
#ifndef MEETING_MS
#define MEETING_MS 10000 /* keeper and front wait this long for each other, and the front for the daemon */
#endif
#define DEADLINE_NONE (-1) /* as a time of now_ms */

enum { USAGE_STATUS = 2, LOST_STATUS = 2, UNRECORDED_STATUS = 3, NOT_FOUND_STATUS = 127 };

/* What keeper and front say to each other, a byte each. */
enum {
    HERE = 'H',     /* front: I have opened both pipes */
    HAND_OVER = 'D', /* front: keep it as a job; max_run and a newline follow */
    CANCEL = 'C',   /* front: the gate refused it; end it */
    KEEPING = 'K',  /* keeper: I have opened both pipes */
    ACCEPTED = 'A', /* keeper: it is a job from here on */
    NO_ROOM = 'N',  /* keeper: its end could not be written down; go on as before */
    ENDED = 'E'     /* keeper: the command has ended; one byte of status follows */
};

/* headgate_shim_base.c: time, files, signals */

long long now_ms(void);
double unix_time(void);
int parse_seconds(const char *text, long long *ms);
void complain(const char *format, ...) LIKE_PRINTF(1, 2);
int write_all(int fd, const char *data, size_t length);
int open_folder(const char *path);
int replace_file(int folder, const char *name, const char *content, size_t length);
int write_shim_json(int folder);
void close_inherited(void);
void mute_standard_streams(void);
void set_close_on_exec(int fd);

extern volatile int asked_to_end; /* the signal that asked us to end the command, or 0 */
int wake_on_signals(const int *asking, size_t count);
void sleep_until_woken(int wake, long long ms);
void wake_keeper(void);
void reset_signals(void);

/* headgate_shim_asking.c: the daemon */

int connect_daemon(const char *socket_path, long long deadline);
int send_request(int fd, const char *text, size_t length, long long deadline);
size_t hear_answer(int fd, char *answer, size_t room, long long deadline);

/* headgate_shim_tree.c, headgate_shim_cgroup.c: the processes below us */

struct tree {
    pid_t child;   /* the command */
    pid_t session; /* members of this session are the command; who made one of his own is a daemon */
    int ended;     /* the command itself has ended, */
    int status;    /* with this wait status */
    int childless; /* nobody is below us */
    char cgroup[PATH_MAX]; /* the folder of the command's own cgroup, or "" */
};

struct pids {
    pid_t *list;
    size_t count, room;
};

void adopt_orphans(void);
void reap(struct tree *tree);
int is_at_work(const struct tree *tree);
int is_empty(const struct tree *tree);
void ask_tree(const struct tree *tree);
void kill_tree(const struct tree *tree);
int count_tree(const struct tree *tree);
int exit_status(int status);
void add_pid(struct pids *pids, pid_t pid);

int make_cgroup(struct tree *tree);
int enter_cgroup(int procs);
void leave_cgroup(struct tree *tree);
int add_cgroup_members(const struct tree *tree, struct pids *pids);
void kill_cgroup(const struct tree *tree);

/* headgate_shim_terminal.c: a terminal whose output goes to the log */

struct terminal {
    int master, slave; /* or -1 */
    int lost;          /* the errno of output that could not be written, or 0 */
};

int open_terminal(struct terminal *terminal, char name[PATH_MAX], unsigned short columns, unsigned short rows);
void pump(struct terminal *terminal, int log);
void pump_to_the_last(struct terminal *terminal, int log);

/* headgate_shim_keeper.c: to keep a command until its end, and write that down */

struct keeper {
    int folder, log, wake;
    int orders; /* the pipe from a front, or -1 */
    struct tree tree;
    struct terminal terminal;
    double started;
    long long deadline; /* a time of now_ms */
    long long log_cap;  /* bytes that the log may take on the disk, or 0 */
    long long capped;   /* when we last looked at that */
    long long look;     /* until the next look at a session that outlives its command */
    int record;         /* the file that the end will be written to, or -1 */
    const char *reason;
    int has_code, code, survivors;
    char message[MESSAGE_CAP];
};

void init_keeper(struct keeper *keeper);
int reserve_end(struct keeper *keeper);
int write_end(struct keeper *keeper);
void keep_to_the_end(struct keeper *keeper);
void end_command(struct keeper *keeper, const char *reason);
void fail_keeper(struct keeper *keeper, const char *format, ...) LIKE_PRINTF(2, 3);

/* the modes */

int job(const char *path);
int keep(const char *path, const char *child, int with_terminal);
int front(char **words);
int run_shell(const char *link, char *text);
int wrap_ssh(int argc, char **argv);
int guard(char **words);
int take(char **words);
int stub(int number);
int stub_number(void);
int gate_probe(void);
int start_program(const char *folder, const char *name, char **words);
int relay(char *order);

#endif
