/* Starts and connections, as the kernel tells of them: let at once where we know, else asked about. */

#include "headgate_shim_gate_inside.h"

#ifdef __linux__

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static const char UNKNOWN_FILE[] = "headgate: HG704 this path leads through a link of /proc, and nobody knows what it "
                                   "would start; name the file itself\n";

static int read_notice(struct gate *gate, struct notice *notice)
{
    union {
        struct notice notice;
        char room[512]; /* a later kernel may say more */
    } heard;

    memset(&heard, 0, sizeof heard);
    if (ioctl(gate->listener, RECEIVE, &heard) < 0)
        return -1;
    *notice = heard.notice;
    return 0;
}

static void decide_start(struct gate *gate, struct waiting *waiting, const struct notice *notice)
{
    struct start *start = &waiting->start;

    if (!start->words.cut && !loses_rights(gate, start) && is_known(gate->cache, start) &&
        !is_guarded(gate, &start->words)) {
        let_start(gate, start);
        drop(gate, waiting);
        return;
    }
    look_at_file(start);
    look_at_input(start);
    if (read_variables(start, notice, gate->options.watched) < 0) {
        answer(gate, start->id, EFAULT);
        drop(gate, waiting);
        return;
    }
    if (!start->words.cut && !loses_rights(gate, start) && was_just_let(gate->cache, start) &&
        !is_guarded(gate, &start->words)) {
        let_start(gate, start);
        drop(gate, waiting);
        return;
    }
    ask(gate, waiting);
}

static void handle_start(struct gate *gate, const struct notice *notice)
{
    struct waiting *waiting = new_waiting(gate);
    struct start *start = &waiting->start;

    if (waiting == NULL) {
        answer(gate, notice->id, ENOMEM);
        return;
    }
    start->fd = -1;
    start->call = notice->call;
    memcpy(start->arguments, notice->arguments, sizeof start->arguments);
    if (read_start(start, notice, 1) < 0 || find_file(start) < 0) {
        if (errno == ELOOP)
            tell(start, UNKNOWN_FILE);
        answer(gate, notice->id, errno ? errno : EFAULT); /* the call itself would end so: nothing is started */
        drop(gate, waiting);
        return;
    }
    if (read_process(start->thread, start) < 0 || !is_alive(gate, notice->id)) {
        drop(gate, waiting);
        return;
    }
    start->mapped = is_mapped(start) || (is_movable(start) && others_run(gate->cgroup, start));
    note(gate, start);
    decide_start(gate, waiting, notice);
}

/* ---- connections ---- */

static void decide_contact(struct gate *gate, struct waiting *waiting)
{
    int known = 1, found = !waiting->contact->none;

    while (found > 0 && (known = is_place_known(gate->places, waiting->contact)) > 0)
        found = next_contact(waiting->contact, gate->options.network);
    if (found > 0 && known == 0) {
        ask(gate, waiting);
        return;
    }
    if (found > 0)
        refuse_contact(gate->listener, waiting->contact, &waiting->start, NULL);
    else
        let_contact(gate->listener, waiting->contact, &waiting->start);
    drop(gate, waiting);
}

static void handle_contact(struct gate *gate, const struct notice *notice)
{
    struct contact *contact = read_contact(notice, gate->options.network);
    struct waiting *waiting;

    if (contact == NULL) {
        answer(gate, notice->id, errno == EPERM ? EACCES : errno); /* what cannot be read cannot be decided */
        return;
    }
    if ((waiting = calloc(1, sizeof *waiting)) == NULL) {
        drop_contact(contact);
        answer(gate, notice->id, ENOMEM);
        return;
    }
    waiting->contact = contact;
    waiting->start.id = notice->id;
    waiting->start.thread = (pid_t)notice->pid;
    waiting->start.fd = -1;
    if (read_process(waiting->start.thread, &waiting->start) < 0 || !is_alive(gate, notice->id)) {
        drop(gate, waiting);
        return;
    }
    look_at_memory(contact, &waiting->start);
    decide_contact(gate, waiting);
}

void answer_contact(struct gate *gate, struct waiting *waiting, const struct frame *frame)
{
    char words[PIPE_BUF];
    int length;

    if (frame->kind == 'C' || frame->kind == 'P') {
        if (frame->kind == 'P')
            remember_place(gate->places, waiting->contact, 0);
        waiting->contact->none = next_contact(waiting->contact, gate->options.network) <= 0;
        decide_contact(gate, waiting);
        return;
    }
    length = frame->count > 0 && frame->lengths[0] < sizeof words ? (int)frame->lengths[0] : 0;
    snprintf(words, sizeof words, "%.*s", length, length > 0 ? frame->fields[0] : "");
    remember_place(gate->places, waiting->contact, 1);
    refuse_contact(gate->listener, waiting->contact, &waiting->start, words);
    drop(gate, waiting);
}

void handle_notice(struct gate *gate)
{
    struct notice notice;

    if (read_notice(gate, &notice) < 0)
        return;
    if (notice.call == SYS_execve || notice.call == SYS_execveat)
        handle_start(gate, &notice);
    else
        handle_contact(gate, &notice);
}

#endif
