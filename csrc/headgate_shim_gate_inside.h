/* What the parts of the supervisor share. */

#ifndef HEADGATE_SHIM_GATE_INSIDE_H
#define HEADGATE_SHIM_GATE_INSIDE_H

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <pthread.h>

#define REFUSED_STATUS 77
#define RETRY_MS 100 /* between looks for a daemon */

struct waiting {
    struct start start;
    struct contact *contact; /* NULL: a start */
    struct outgoing question;
    long long deadline; /* a time of now_ms, or DEADLINE_NONE: a person is asked */
    struct waiting *next;
};

struct gate {
    int listener, folder, log, control[2];
    struct gate_options options;
    struct terms terms;
    char cgroup[PATH_MAX];
    struct wire wire;
    struct cache *cache;
    struct places *places;
    struct waiting *waiting;
    struct start *spare;
    struct waiting *idle;
    long long retry, began;
    long logged, total;
    int ended, stop_status, said, over;
    int empty, told; /* nobody is left in the tree; the daemon was told that the command has ended */
    pthread_t thread;
};

static inline int get_flag(const int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

static inline void set_flag(int *flag, int value)
{
    __atomic_store_n(flag, value, __ATOMIC_SEQ_CST);
}

/* headgate_shim_gate_outcome.c: what becomes of a start */

void answer(const struct gate *gate, uint64_t id, int error);
int is_alive(const struct gate *gate, uint64_t id);
void refuse(const struct gate *gate, struct start *start, const char *order, size_t length);
void let_start(struct gate *gate, struct start *start);
void note(struct gate *gate, const struct start *start);

/* headgate_shim_gate_ask.c: what waits for the daemon */

int is_guarded(const struct gate *gate, const struct text *words);
int loses_rights(const struct gate *gate, const struct start *start);
void send_ended(const struct gate *gate);
void meet_daemon(struct gate *gate);
void lose_daemon(struct gate *gate);
void ask(struct gate *gate, struct waiting *waiting);
struct waiting *new_waiting(struct gate *gate);
void drop(struct gate *gate, struct waiting *waiting);
struct waiting *take_waiting(struct gate *gate, uint64_t id);
void refuse_late(struct gate *gate);

/* headgate_shim_gate_notices.c: starts and connections, as the kernel tells of them */

void handle_notice(struct gate *gate);
void answer_contact(struct gate *gate, struct waiting *waiting, const struct frame *frame);

/* headgate_shim_gate_heed.c: what the daemon says */

void hear_daemon(struct gate *gate);
void redeem_move(struct gate *gate);

#endif

#endif
