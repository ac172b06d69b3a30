/* What the parts of `headgate-shim start` share. */

#ifndef HEADGATE_SHIM_START_H
#define HEADGATE_SHIM_START_H

#include "headgate_shim.h"

#define SHIMS_MARK ".headgate-shims" /* stands in every folder of shims and start-up files */
#define FRAME_CAP (1U << 20)         /* bytes of a frame, either way */
#define ARGV_CAP 65536
#define REFUSED_STATUS 77

/* Bytes that grow; *failed* says that there was no room, and then nothing is asked. */
struct bytes {
    char *data;
    size_t length, room;
    int failed;
};

struct call {
    char name[NAME_MAX + 1];
    char socket[PATH_MAX];
    char watched[8192]; /* names of variables whose values matter, each between two commas */
    uid_t owner;        /* whoever opened the call */
    int over;           /* its folder is gone: it is a job by now, or has ended */
};

/* One start: argv is that of the program itself. */
struct start {
    char path[PATH_MAX];
    char **argv;
    int argc;
};

struct answer {
    char kind;
    struct bytes text; /* words, or a folder; ended by a NUL */
    int status;
};

/* headgate_shim_start_env.c */
int is_shim_folder(const char *folder, size_t length);
void put_environment(struct bytes *frame, const char *watched);

/* headgate_shim_start_wire.c */
void put_bytes(struct bytes *to, const void *data, size_t length);
void put_u32(struct bytes *to, size_t number);
void put_field(struct bytes *to, const void *data, size_t length);
void put_start(struct bytes *frame, const struct start *start, const char *watched);
int ask_gate(const struct call *call, const struct bytes *frame, struct answer *answer);
int read_answer(int fd, struct answer *answer, long long deadline);

/* headgate_shim_start_end.c */
int stand_in(const struct answer *answer, int gate, const char *folder, const struct call *call);
int end_call(const struct answer *answer, const char *folder);
void say(const char *words);

#endif
