/* What the daemon says: of a start that waits, or of the whole call. */

#include "headgate_shim_gate_inside.h"

#ifdef __linux__

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t write_refusal(char *order, size_t room, const struct frame *frame)
{
    char status[8] = "";
    size_t length = frame->count > 1 && frame->lengths[1] < sizeof status ? frame->lengths[1] : 0;

    memcpy(status, frame->count > 1 ? frame->fields[1] : "", length);
    length = frame->count > 0 ? frame->lengths[0] : 0;
    if (length > room - 8)
        length = room - 8;
    snprintf(order, room, "D%03d", *status ? atoi(status) & 255 : REFUSED_STATUS);
    memcpy(order + 4, frame->count > 0 ? frame->fields[0] : "", length);
    order[4 + length] = '\0';
    return 4 + length;
}

/* What a stub must know to have the start done by a worker: ticket, folder, socket, a line each. */
static size_t write_relay(const struct gate *gate, char *order, size_t room, const struct frame *frame)
{
    int length = frame->count > 0 ? (int)frame->lengths[0] : 0;

    length = snprintf(order, room, "R000%.*s\n/proc/%ld/fd/%d\n%s\n", length, frame->count > 0 ? frame->fields[0] : "",
                      (long)getpid(), gate->folder, gate->options.socket);
    return (size_t)length < room ? (size_t)length : 0;
}

/* Notes how the action ends: the keeper ends it, and its front says *words*. */
static void stop(struct gate *gate, const struct frame *frame)
{
    char order[PIPE_BUF * 4];
    size_t length = write_refusal(order, sizeof order, frame);
    int status = atoi((char[]){order[1], order[2], order[3], '\0'});

    replace_file(gate->folder, "said", order + 4, length - 4);
    set_flag(&gate->said, 1);
    if (get_flag(&gate->stop_status) < 0)
        set_flag(&gate->stop_status, status);
    asked_to_end = SIGTERM;
    wake_keeper();
}

/* The whole action goes to a worker: first nothing of it is left here, then its ticket is redeemed. */
static void begin_move(struct gate *gate)
{
    set_flag(&gate->stop_status, 0);
    asked_to_end = SIGTERM;
    wake_keeper();
}

void redeem_move(struct gate *gate)
{
    struct outgoing frame = {0};
    char cwd[PATH_MAX], mask[8];

    if (getcwd(cwd, sizeof cwd) == NULL)
        strcpy(cwd, "/");
    begin_frame(&frame, 'J', 0);
    add_field(&frame, cwd, strlen(cwd));
    add_field(&frame, mask, (size_t)snprintf(mask, sizeof mask, "%o", (unsigned)gate->options.umask));
    add_environment(&frame);
    send_frame(&gate->wire, &frame);
    free(frame.bytes);
}

static void take_answer(struct gate *gate, const struct frame *frame)
{
    struct waiting *waiting = take_waiting(gate, frame->id);
    char order[PIPE_BUF * 4];
    size_t length;

    if (waiting == NULL)
        return;
    if (waiting->contact != NULL) {
        answer_contact(gate, waiting, frame);
        return;
    }
    switch (frame->kind) {
    case 'P':
        remember(gate->cache, &waiting->start);
        let_start(gate, &waiting->start);
        break;
    case 'A':
        remember_for_now(gate->cache, &waiting->start);
        let_start(gate, &waiting->start);
        break;
    case 'C':
        let_start(gate, &waiting->start);
        break;
    case 'R':
        length = write_relay(gate, order, sizeof order, frame);
        refuse(gate, &waiting->start, order, length);
        break;
    default:
        length = write_refusal(order, sizeof order, frame);
        refuse(gate, &waiting->start, order, length);
        break;
    }
    drop(gate, waiting);
}

static void heed(struct gate *gate, const struct frame *frame)
{
    struct waiting *waiting;

    switch (frame->kind) {
    case 'F':
        forget(gate->cache);
        forget_places(gate->places);
        break;
    case 'X':
        stop(gate, frame);
        break;
    case 'M':
        begin_move(gate);
        break;
    case 'W':
        for (waiting = gate->waiting; waiting != NULL; waiting = waiting->next)
            if (waiting->start.id == frame->id)
                waiting->deadline = DEADLINE_NONE;
        break;
    default:
        take_answer(gate, frame);
        break;
    }
}

void hear_daemon(struct gate *gate)
{
    struct frame frame;
    int lost = hear(&gate->wire) < 0, found;

    while ((found = next_frame(&gate->wire, &frame)) > 0)
        heed(gate, &frame);
    if (lost || found < 0)
        lose_daemon(gate);
}

#endif
