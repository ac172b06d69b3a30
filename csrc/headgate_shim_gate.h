/* The exec gate: what its parts share, and the kernel's interface as seccomp(2) and seccomp_unotify(2) tell it.
 *
 * The structures stand here because a compiler for static programs may come without the kernel's headers. */

#ifndef HEADGATE_SHIM_GATE_H
#define HEADGATE_SHIM_GATE_H

#include "headgate_shim.h"

#ifdef __linux__

#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#if defined(__x86_64__)
#define GATE_ARCH 0xc000003eU /* AUDIT_ARCH_X86_64 */
#define GATE_WORKS 1
#elif defined(__aarch64__)
#define GATE_ARCH 0xc00000b7U /* AUDIT_ARCH_AARCH64 */
#define GATE_WORKS 1
#else
#define GATE_ARCH 0U
#define GATE_WORKS 0
#endif

#define SET_MODE_FILTER 1U
#define NEW_LISTENER 8U
#define WAIT_KILLABLE 32U
#define CONTINUE_CALL 1U

struct instruction {
    uint16_t code;
    uint8_t yes, no;
    uint32_t value;
};

struct program {
    unsigned short length;
    const struct instruction *instructions;
};

struct notice {
    uint64_t id;
    uint32_t pid, flags;
    int32_t call;
    uint32_t arch;
    uint64_t address, arguments[6];
};

struct reply {
    uint64_t id;
    int64_t value;
    int32_t error;
    uint32_t flags;
};

struct given_fd {
    uint64_t id;
    uint32_t flags, ours, theirs, their_flags;
};

#define RECEIVE _IOWR('!', 0, struct notice)
#define SEND _IOWR('!', 1, struct reply)
#define IS_VALID _IOW('!', 2, uint64_t)
#define GIVE_FD _IOW('!', 3, struct given_fd)
#define SET_FLAGS _IOW('!', 4, uint64_t)
#define GIVE_AT 1U /* a flag of GIVE_FD: as this number */

/* headgate_shim_gate_filter.c: the filter, in ourselves or in a child that waits */

struct terms {
    int no_new_privs; /* whether a program that is setuid loses that */
    int network;      /* which connections are asked about too: 1: those that something says is heavy, 2: all */
};

#define FILTER_CAP 80

size_t write_filter(struct instruction *room, const struct terms *terms);
int install_filter(const struct terms *terms);

/* headgate_shim_gate_inject.c */

int install_filter_in(pid_t child, const struct terms *terms);
int take_descriptor(pid_t owner, int number);

/* headgate_shim_gate_read.c: a start, as the memory of whoever makes it tells it */

#define WORDS_CAP 65536
#define VARIABLES_CAP 32768

struct text {
    char *bytes; /* words, each with a NUL behind it */
    size_t length, room;
    int cut;
};

struct start {
    uint64_t id, path_at;
    pid_t thread, process, parent;
    int threads, directory, flags; /* those of execveat */
    char path[PATH_MAX], real[PATH_MAX], cwd[PATH_MAX];
    struct text words, variables;
    struct stat file;
    int fd;           /* the file, opened without rights, or -1 */
    int foreign;      /* it has another root than we have */
    int script;       /* it begins with #! */
    char input;       /* what its standard input is: a letter of the wire */
    uint64_t stack;   /* where its stack begins; an exec makes a new one */
    int call;         /* the call and its arguments, to read it again */
    uint64_t arguments[6];
    uint64_t places[16]; /* some of the pages that its words and its path stand in, */
    int known_places;    /* and how many they are */
    int mapped;          /* one of them is memory that other processes share, or its path may lead elsewhere soon */
    char before[32]; /* what a stub's path replaced, */
    size_t replaced; /* and so much of it */
};

int read_start(struct start *start, const struct notice *notice, int all_of_it);
int read_variables(struct start *start, const struct notice *notice, const char *watched);
int find_file(struct start *start);
int read_process(pid_t thread, struct start *start);
void look_at_file(struct start *start);
void look_at_input(struct start *start);
uint64_t digest_of(const struct start *start);
int read_memory(pid_t thread, uint64_t address, char *bytes, size_t length);
int write_memory(pid_t thread, uint64_t address, const char *bytes, size_t length);

/* headgate_shim_gate_calm.c: whoever could change a start after it was read is held still */

int is_shared(const struct start *start);
int is_borrowed(const struct start *start);
int is_mapped(const struct start *start);
int is_movable(const struct start *start);
int others_run(const char *cgroup, const struct start *start);
int hold_still(const char *cgroup, const struct start *start);
int await_exec(const struct start *start);
void let_go(const char *cgroup);

/* headgate_shim_gate_cache.c: files that may be started with any arguments */

struct cache;
struct cache *new_cache(void);
int is_known(const struct cache *cache, const struct start *start);
void remember(struct cache *cache, const struct start *start);
int was_just_let(const struct cache *cache, const struct start *start);
void remember_for_now(struct cache *cache, const struct start *start);
void forget(struct cache *cache);

/* headgate_shim_gate_wire.c: frames to the daemon and from it */

struct frame {
    char kind;
    uint64_t id;
    const char *fields[4];
    size_t lengths[4];
    int count;
};

struct wire {
    int fd;
    char *heard;
    size_t length, room;
};

struct outgoing {
    char *bytes;
    size_t length, room;
};

int open_wire(struct wire *wire, const char *socket, const char *greeting);
void close_wire(struct wire *wire);
void begin_frame(struct outgoing *frame, char kind, uint64_t id);
void add_field(struct outgoing *frame, const char *bytes, size_t length);
void add_environment(struct outgoing *frame);
int send_frame(const struct wire *wire, const struct outgoing *frame);
int hear(struct wire *wire);
int next_frame(struct wire *wire, struct frame *frame);
int connect_to(const char *socket);

/* headgate_shim_gate_redirect.c: a start that may not be becomes a stub, which says why */

int redirect(int listener, struct start *start, const char *order, size_t length, int exclusive);
void restore(pid_t owner, const struct start *start);
void tell(const struct start *start, const char *words);

/* headgate_shim_gate_net.c: connections, which are decided where the daemon says so */

struct contact {
    uint64_t id, arguments[6];
    pid_t thread, process;
    int call;
    int fd, domain, type; /* the socket, ours too, or -1 */
    unsigned at;          /* the message of sendmmsg that comes next */
    int none;             /* nothing of it is to be decided */
    struct sockaddr_storage where;
    socklen_t length;
    uint64_t name_at; /* where it stands in the caller's memory */
    char address[112]; /* in words: of the internet, or of a file */
    unsigned port;
    int protocol; /* t(cp), u(dp), r(aw), x (a file) */
    int here;     /* it is on this machine */
};

struct places;

struct contact *read_contact(const struct notice *notice, int level);
int next_contact(struct contact *contact, int level);
void look_at_memory(const struct contact *contact, struct start *start);
void write_contact(const struct contact *contact, const struct start *start, struct outgoing *frame);
void let_contact(int listener, struct contact *contact, const struct start *start);
void refuse_contact(int listener, const struct contact *contact, const struct start *start, const char *words);
void drop_contact(struct contact *contact);
struct places *new_places(void);
int is_place_known(struct places *places, const struct contact *contact);
void remember_place(struct places *places, const struct contact *contact, int refused);
void forget_places(struct places *places);

#endif

/* headgate_shim_gate.c: the supervisor of one tree, a thread of its keeper */

struct gate;

struct gate_options {
    char socket[PATH_MAX];
    char name[NAME_MAX + 1];
    char watched[8192]; /* names of variables whose values matter, each between two commas */
    char guarded[4][PATH_MAX];
    int portable, no_new_privs, network;
    mode_t umask; /* that of the action */
};

int read_gate_options(int folder, const char *path, struct gate_options *options); /* 1: there is one, 0: none */
struct gate *start_gate(int listener, int folder, const struct gate_options *options, const char *cgroup);
int gate_stop_status(const struct gate *gate); /* the status with which the daemon ended the action, or -1 */
void gate_command_ended(struct gate *gate);
void move_done(struct gate *gate);
int gate_is_over(const struct gate *gate);

#endif
