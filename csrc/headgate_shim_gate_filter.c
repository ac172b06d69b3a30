/* The filter of a tree: starts of programs are asked about; what could start one past that does not work. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <errno.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOAD 0x20       /* BPF_LD | BPF_W | BPF_ABS */
#define IS_EQUAL 0x15   /* BPF_JMP | BPF_JEQ | BPF_K */
#define IS_AT_LEAST 0x35
#define HAS_BIT 0x45
#define RETURN 0x06
#define NUMBER_AT 0 /* in struct seccomp_data */
#define ARCH_AT 4
#define ARGUMENT_AT(which) (16U + 8U * (which)) /* its lower half: both architectures begin with that */
#define FAST_OPEN 0x20000000U                   /* MSG_FASTOPEN */
#define ALLOW 0x7fff0000U
#define NOTIFY 0x7fc00000U
#define FAIL(error) (0x00050000U | (error))
#define X32 0x40000000U
#define OLD_ARCH 0x40000003U /* AUDIT_ARCH_I386 */
#define NO_SUCH_CALL 38 /* ENOSYS */

#define IO_URING_SETUP 425 /* the same on every architecture */
#define IO_URING_REGISTER 427

#ifndef PR_SET_NO_NEW_PRIVS
#define PR_SET_NO_NEW_PRIVS 38
#endif

enum sends { ANY, NAMED, OPENING };

static void add(struct instruction *room, size_t *count, uint16_t code, uint8_t yes, uint8_t no, uint32_t value)
{
    struct instruction *made = &room[(*count)++];

    made->code = code;
    made->yes = yes;
    made->no = no;
    made->value = value;
}

static void add_case(struct instruction *room, size_t *count, uint32_t call, uint32_t answer)
{
    add(room, count, IS_EQUAL, 0, 1, call);
    add(room, count, RETURN, 0, 0, answer);
}

/* Sends that are asked about: any, those that name whom they send to (sendto), or those that open a connection by a flag
 * in argument *flags*. */
static void add_send(struct instruction *room, size_t *count, uint32_t call, enum sends which, uint32_t flags)
{
    switch (which) {
    case ANY:
        add_case(room, count, call, NOTIFY);
        break;
    case NAMED:
        add(room, count, IS_EQUAL, 0, 6, call);
        add(room, count, LOAD, 0, 0, ARGUMENT_AT(4));
        add(room, count, IS_EQUAL, 0, 3, 0);
        add(room, count, LOAD, 0, 0, ARGUMENT_AT(4) + 4);
        add(room, count, IS_EQUAL, 0, 1, 0);
        add(room, count, RETURN, 0, 0, ALLOW);
        add(room, count, RETURN, 0, 0, NOTIFY);
        break;
    case OPENING:
        add(room, count, IS_EQUAL, 0, 4, call);
        add(room, count, LOAD, 0, 0, ARGUMENT_AT(flags));
        add(room, count, HAS_BIT, 1, 0, FAST_OPEN);
        add(room, count, RETURN, 0, 0, ALLOW);
        add(room, count, RETURN, 0, 0, NOTIFY);
        break;
    }
}

#ifdef __x86_64__
/* The calls of 32-bit programs, which have other numbers (arch/x86/entry/syscalls/syscall_32.tbl): such a program runs,
 * and starts nothing. */
static void add_old_calls(struct instruction *room, size_t *count, const struct terms *terms)
{
    static const uint32_t starts[] = {11, 348, 358, 425, 426, 427}, network[] = {102, 345, 362, 369, 370};
    size_t i;

    add(room, count, LOAD, 0, 0, NUMBER_AT);
    for (i = 0; i < sizeof starts / sizeof *starts; i++)
        add_case(room, count, starts[i], FAIL(NO_SUCH_CALL));
    for (i = 0; terms->network && i < sizeof network / sizeof *network; i++)
        add_case(room, count, network[i], FAIL(NO_SUCH_CALL));
    add(room, count, RETURN, 0, 0, ALLOW);
}
#endif

/* Refuses whatever is not of our own architecture, but for 32-bit programs. */
static void add_architectures(struct instruction *room, size_t *count, const struct terms *terms)
{
    size_t skip;

    add(room, count, LOAD, 0, 0, ARCH_AT);
    skip = *count;
    add(room, count, IS_EQUAL, 0, 0, GATE_ARCH);
#ifdef __x86_64__
    add(room, count, IS_EQUAL, 1, 0, OLD_ARCH);
    add(room, count, RETURN, 0, 0, FAIL(NO_SUCH_CALL));
    add_old_calls(room, count, terms);
#else
    (void)terms;
    add(room, count, RETURN, 0, 0, FAIL(NO_SUCH_CALL));
#endif
    room[skip].yes = (uint8_t)(*count - skip - 1);
}

/* Writes the filter into *room*, which takes FILTER_CAP instructions; returns how many they are. Another architecture's
 * calls and io_uring, whose work no filter sees, fail as if the kernel did not have them. */
size_t write_filter(struct instruction *room, const struct terms *terms)
{
    size_t count = 0;

    add_architectures(room, &count, terms);
    add(room, &count, LOAD, 0, 0, NUMBER_AT);
    add_case(room, &count, SYS_execve, NOTIFY);
    add_case(room, &count, SYS_execveat, NOTIFY);
    if (terms->network) {
        add_case(room, &count, SYS_connect, NOTIFY);
        add_send(room, &count, SYS_sendto, terms->network > 1 ? NAMED : OPENING, 3);
        add_send(room, &count, SYS_sendmsg, terms->network > 1 ? ANY : OPENING, 2);
        add_send(room, &count, SYS_sendmmsg, terms->network > 1 ? ANY : OPENING, 3);
    }
    add_case(room, &count, SYS_process_vm_writev, FAIL(NO_SUCH_CALL)); /* it could change a start that is decided */
#ifdef __x86_64__
    add(room, &count, IS_AT_LEAST, 0, 1, X32);
    add(room, &count, RETURN, 0, 0, FAIL(NO_SUCH_CALL));
#endif
    add(room, &count, IS_AT_LEAST, 0, 2, IO_URING_SETUP);
    add(room, &count, IS_AT_LEAST, 1, 0, IO_URING_REGISTER + 1);
    add(room, &count, RETURN, 0, 0, FAIL(NO_SUCH_CALL));
    add(room, &count, RETURN, 0, 0, ALLOW);
    return count;
}

static int listen_to(const struct program *program)
{
    long fd = syscall(SYS_seccomp, SET_MODE_FILTER, NEW_LISTENER | WAIT_KILLABLE, program);

    if (fd < 0 && errno == EINVAL) /* before Linux 5.19 */
        fd = syscall(SYS_seccomp, SET_MODE_FILTER, NEW_LISTENER, program);
    return (int)fd;
}

/* Puts this process, and whatever it starts, under the filter; returns the listener, or -1 with errno. */
int install_filter(const struct terms *terms)
{
    struct instruction instructions[FILTER_CAP];
    struct program program;

    program.instructions = instructions;
    program.length = (unsigned short)write_filter(instructions, terms);
    if (terms->no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return -1;
    return listen_to(&program);
}

#endif
