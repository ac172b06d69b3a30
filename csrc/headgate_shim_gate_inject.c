/* The filter, put into a child that waits: a shell cannot make the calls itself, so we make them in its place.
 *
 * The child is stopped as a debugger would stop it; its registers are as before when it goes on. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define GENERAL_REGISTERS 1 /* NT_PRSTATUS */
#define RED_ZONE 256
#define SEIZE 0x4206
#define INTERRUPT 0x4207
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef PR_SET_NO_NEW_PRIVS
#define PR_SET_NO_NEW_PRIVS 38
#endif

#if defined(__x86_64__)
struct registers {
    unsigned long long r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi, orig_rax, rip, cs,
        eflags, rsp, ss, fs_base, gs_base, ds, es, fs, gs;
};
#define CODE_SIZE 2
static const unsigned char CALL_CODE[CODE_SIZE] = {0x0f, 0x05}; /* syscall */
#define STACK(registers) ((registers)->rsp)
#define NEXT(registers) ((registers)->rip)

static void set_call(struct registers *at, long number, const unsigned long long *arguments)
{
    at->rax = (unsigned long long)number;
    at->orig_rax = (unsigned long long)-1; /* nothing is begun again in between */
    at->rdi = arguments[0];
    at->rsi = arguments[1];
    at->rdx = arguments[2];
    at->r10 = arguments[3];
    at->r8 = arguments[4];
}

static long result_of(const struct registers *at)
{
    return (long)at->rax;
}
#elif defined(__aarch64__)
struct registers {
    unsigned long long x[31], sp, pc, pstate;
};
#define CODE_SIZE 4
static const unsigned char CALL_CODE[CODE_SIZE] = {0x01, 0x00, 0x00, 0xd4}; /* svc #0 */
#define STACK(registers) ((registers)->sp)
#define NEXT(registers) ((registers)->pc)

static void set_call(struct registers *at, long number, const unsigned long long *arguments)
{
    int i;

    at->x[8] = (unsigned long long)number;
    for (i = 0; i < 5; i++)
        at->x[i] = arguments[i];
}

static long result_of(const struct registers *at)
{
    return (long)at->x[0];
}
#endif

/* A descriptor of ours for number *number* of *owner*, or -1 with errno. */
int take_descriptor(pid_t owner, int number)
{
    long handle = syscall(SYS_pidfd_open, owner, 0), fd;
    int error;

    if (handle < 0)
        return -1;
    fd = syscall(SYS_pidfd_getfd, handle, number, 0);
    error = errno;
    close((int)handle);
    errno = error;
    return (int)fd;
}

#if GATE_WORKS
struct held {
    pid_t pid;
    struct registers before;
    unsigned char code[CODE_SIZE]; /* what stood where we call from */
    int last; /* a signal that came in between, or 0 */
};

static int exchange(int request, pid_t pid, struct registers *registers)
{
    struct iovec place;

    place.iov_base = registers;
    place.iov_len = sizeof *registers;
    return ptrace(request, pid, (void *)GENERAL_REGISTERS, &place) < 0 ? -1 : 0;
}

static int await_stop(struct held *held, int wanted)
{
    int status;

    for (;;) {
        if (waitpid(held->pid, &status, __WALL) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        if (!WIFSTOPPED(status)) {
            errno = ESRCH;
            return -1;
        }
        if (wanted == 0 || WSTOPSIG(status) == wanted)
            return 0;
        held->last = WSTOPSIG(status);
        if (ptrace(PTRACE_SINGLESTEP, held->pid, NULL, NULL) < 0)
            return -1;
    }
}

static int read_code(struct held *held, uint64_t at)
{
    struct iovec ours, theirs;

    ours.iov_base = held->code;
    theirs.iov_base = (void *)(uintptr_t)at;
    ours.iov_len = theirs.iov_len = CODE_SIZE;
    return syscall(SYS_process_vm_readv, held->pid, &ours, 1, &theirs, 1, 0) == CODE_SIZE ? 0 : -1;
}

/* Makes one call in the child; returns what it returned there, or a negative errno. */
static long call_in(struct held *held, long number, const unsigned long long *arguments)
{
    struct registers now = held->before;
    uint64_t at = NEXT(&held->before);
    long result = -EIO;

    set_call(&now, number, arguments);
    if (write_memory(held->pid, at, (const char *)CALL_CODE, CODE_SIZE) < 0)
        return -errno;
    if (exchange(PTRACE_SETREGSET, held->pid, &now) == 0 && ptrace(PTRACE_SINGLESTEP, held->pid, NULL, NULL) == 0 &&
        await_stop(held, SIGTRAP) == 0 && exchange(PTRACE_GETREGSET, held->pid, &now) == 0)
        result = result_of(&now);
    write_memory(held->pid, at, (const char *)held->code, CODE_SIZE);
    return result;
}

static long listen_in(struct held *held, const struct terms *terms)
{
    struct instruction instructions[FILTER_CAP];
    struct program program;
    size_t size = sizeof *instructions * (program.length = (unsigned short)write_filter(instructions, terms));
    uint64_t room = (STACK(&held->before) - RED_ZONE - sizeof instructions - sizeof program) & ~(uint64_t)15;
    unsigned long long arguments[5] = {SET_MODE_FILTER, NEW_LISTENER | WAIT_KILLABLE, room, 0, 0};
    long fd;

    program.instructions = (const struct instruction *)(uintptr_t)(room + sizeof program);
    if (write_memory(held->pid, room, (const char *)&program, sizeof program) < 0 ||
        write_memory(held->pid, room + sizeof program, (const char *)instructions, size) < 0)
        return -errno;
    fd = call_in(held, SYS_seccomp, arguments);
    if (fd == -EINVAL) {
        arguments[1] = NEW_LISTENER;
        fd = call_in(held, SYS_seccomp, arguments);
    }
    return fd;
}

static int install(struct held *held, const struct terms *terms)
{
    unsigned long long prctl_words[5] = {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0}, close_words[5] = {0};
    long fd = terms->no_new_privs ? call_in(held, SYS_prctl, prctl_words) : 0;
    int ours, error;

    if (fd == 0)
        fd = listen_in(held, terms);
    if (fd < 0) {
        errno = (int)-fd;
        return -1;
    }
    ours = take_descriptor(held->pid, (int)fd);
    error = errno;
    close_words[0] = (unsigned long long)fd;
    call_in(held, SYS_close, close_words);
    errno = error;
    return ours;
}

/* Puts *child*, which waits and has one thread, under the filter; returns the listener, or -1 with errno. */
int install_filter_in(pid_t child, const struct terms *terms)
{
    struct held held;
    int fd = -1, error;

    memset(&held, 0, sizeof held);
    held.pid = child;
    if (ptrace(SEIZE, child, NULL, NULL) < 0)
        return -1;
    if (ptrace(INTERRUPT, child, NULL, NULL) == 0 && await_stop(&held, 0) == 0 &&
        exchange(PTRACE_GETREGSET, child, &held.before) == 0 && read_code(&held, NEXT(&held.before)) == 0) {
        fd = install(&held, terms);
        error = errno;
        if (exchange(PTRACE_SETREGSET, child, &held.before) < 0 && fd >= 0) {
            close(fd);
            fd = -1;
        }
        errno = error;
    }
    error = errno;
    ptrace(PTRACE_DETACH, child, NULL, (void *)(uintptr_t)held.last);
    errno = error;
    return fd;
}
#else
int install_filter_in(pid_t child, const struct terms *terms)
{
    (void)child;
    (void)terms;
    errno = ENOSYS;
    return -1;
}
#endif

#endif
