/* The supervisor of one tree: every start in it waits for us, and we for the daemon, unless we know its answer.
 *
 * It is a thread of the keeper. Where it ends, the kernel fails every further start in the tree (ENOSYS). */

#include "headgate_shim_gate_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__

#include <poll.h>
#include <signal.h>

#define MOVED_MS 15000

static void hear_keeper(struct gate *gate)
{
    char order;

    while (read(gate->control[0], &order, 1) == 1)
        if (order == 'J') {
            redeem_move(gate);
        } else {
            send_ended(gate);
            gate->told = 1;
        }
}

static void *supervise(void *given)
{
    struct gate *gate = given;
    struct pollfd watched[3];

    for (;;) {
        memset(watched, 0, sizeof watched);
        watched[0].fd = gate->empty ? -1 : gate->listener;
        watched[1].fd = gate->control[0];
        watched[2].fd = gate->wire.fd;
        watched[0].events = watched[1].events = watched[2].events = POLLIN;
        poll(watched, 3, gate->waiting != NULL ? RETRY_MS : -1);
        if (watched[0].revents & POLLIN)
            handle_notice(gate);
        else if (watched[0].revents)
            gate->empty = 1; /* nobody is left in the tree */
        if (watched[1].revents)
            hear_keeper(gate);
        if (gate->empty && gate->told)
            break;
        if (gate->wire.fd >= 0 && watched[2].revents && watched[2].fd == gate->wire.fd)
            hear_daemon(gate);
        if (gate->waiting != NULL) {
            meet_daemon(gate);
            refuse_late(gate);
        }
    }
    set_flag(&gate->over, 1);
    wake_keeper();
    return NULL;
}

static int begin_thread(struct gate *gate)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&gate->thread, NULL, supervise, gate);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed ? -1 : 0;
}

/* Begins to answer for *listener*, which is ours from now on; returns NULL with errno where that cannot be. */
struct gate *start_gate(int listener, int folder, const struct gate_options *options, const char *cgroup)
{
    struct gate *gate = calloc(1, sizeof *gate);

    if (gate == NULL || (gate->spare = calloc(1, sizeof *gate->spare)) == NULL ||
        (gate->cache = new_cache()) == NULL || (gate->places = new_places()) == NULL || pipe(gate->control) < 0)
        return NULL;
    set_close_on_exec(gate->control[0]);
    set_close_on_exec(gate->control[1]);
    set_close_on_exec(listener);
    fcntl(gate->control[0], F_SETFL, O_NONBLOCK);
    gate->listener = listener;
    ioctl(listener, SET_FLAGS, 1UL); /* SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP, since Linux 6.6: no other processor is woken */
    gate->folder = folder;
    gate->log = openat(folder, "starts", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    gate->options = *options;
    gate->terms.no_new_privs = options->no_new_privs;
    gate->terms.network = options->network;
    gate->wire.fd = gate->spare->fd = -1;
    gate->stop_status = -1;
    gate->began = now_ms();
    snprintf(gate->cgroup, sizeof gate->cgroup, "%s", cgroup);
    meet_daemon(gate);
    return begin_thread(gate) < 0 ? NULL : gate;
}

int gate_stop_status(const struct gate *gate)
{
    return gate == NULL ? -1 : get_flag(&gate->stop_status);
}

static void order_gate(struct gate *gate, char order)
{
    if (gate != NULL && write(gate->control[1], &order, 1) < 0) {
        /* a full pipe wakes as well */
    }
}

void gate_command_ended(struct gate *gate)
{
    if (gate == NULL)
        return;
    set_flag(&gate->ended, 1);
    order_gate(gate, 'E');
}

/* Nothing of the action is left: where the daemon wants it moved, it is moved now. Waits for what is to be said. */
void move_done(struct gate *gate)
{
    long long deadline = now_ms() + MOVED_MS;

    if (gate_stop_status(gate) < 0 || get_flag(&gate->said))
        return;
    order_gate(gate, 'J');
    while (!get_flag(&gate->said) && now_ms() < deadline)
        poll(NULL, 0, 2);
    if (!get_flag(&gate->said)) {
        static const char lost[] = "headgate: HG706 this action was stopped to be moved to a worker, and the gate did "
                                   "not take it; nothing of it runs now: make the call again\n";
        replace_file(gate->folder, "said", lost, sizeof lost - 1);
        set_flag(&gate->stop_status, 2);
    }
}

int gate_is_over(const struct gate *gate)
{
    return gate == NULL || get_flag(&gate->over);
}

#else

struct gate *start_gate(int listener, int folder, const struct gate_options *options, const char *cgroup)
{
    (void)listener, (void)folder, (void)options, (void)cgroup;
    errno = ENOSYS;
    return NULL;
}

int gate_stop_status(const struct gate *gate)
{
    (void)gate;
    return -1;
}

void gate_command_ended(struct gate *gate)
{
    (void)gate;
}

void move_done(struct gate *gate)
{
    (void)gate;
}

int gate_is_over(const struct gate *gate)
{
    (void)gate;
    return 1;
}

#endif
