/* What waits for the daemon: asked once, asked again of the next daemon, refused when nobody answers. */

#include "headgate_shim_gate_inside.h"

#ifdef __linux__

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef AWAY_MS
#define AWAY_MS 10000   /* so long a start waits for a daemon that is not there, */
#endif
#define ANSWER_MS 30000 /* or for an answer of one that is */

static const char AWAY[] = "D077headgate: HG010 the gate is away, and no program may start without it; try again\n";

int is_guarded(const struct gate *gate, const struct text *words)
{
    const char *word, *end = words->bytes + words->length;
    size_t i;

    for (word = words->bytes; word < end; word += strlen(word) + 1) {
        if (strstr(word, "eadgate") != NULL)
            return 1;
        for (i = 0; i < 4; i++)
            if (gate->options.guarded[i][0] != '\0' && strstr(word, gate->options.guarded[i]) != NULL)
                return 1;
    }
    return 0;
}

int loses_rights(const struct gate *gate, const struct start *start)
{
    return gate->terms.no_new_privs && (start->file.st_mode & (S_ISUID | S_ISGID)) != 0 &&
           ((start->file.st_mode & S_ISUID) ? start->file.st_uid != geteuid() : 1);
}

static void write_note(const struct gate *gate, const struct start *start, char *text, size_t room)
{
    snprintf(text, room, "%ld %ld %ld:%d %c%s%s%s%s", (long)start->thread, (long)start->parent, (long)getpid(),
             start->fd, start->input, loses_rights(gate, start) ? "s" : "", start->words.cut ? "c" : "",
             start->script ? "x" : "", start->foreign ? "f" : "");
}

static void write_question(const struct gate *gate, struct waiting *waiting)
{
    const struct start *start = &waiting->start;
    struct outgoing *frame = &waiting->question;
    char text[128];

    write_note(gate, start, text, sizeof text);
    begin_frame(frame, 'S', start->id);
    add_field(frame, start->path, strlen(start->path));
    add_field(frame, start->real, strlen(start->real));
    add_field(frame, start->words.bytes, start->words.length);
    add_field(frame, start->cwd, strlen(start->cwd));
    add_field(frame, start->variables.bytes, start->variables.length);
    add_field(frame, text, strlen(text));
}

void send_ended(const struct gate *gate)
{
    struct outgoing frame = {0};
    char text[24];

    begin_frame(&frame, 'E', 0);
    add_field(&frame, text, (size_t)snprintf(text, sizeof text, "%ld", gate->total));
    send_frame(&gate->wire, &frame);
    free(frame.bytes);
}

void meet_daemon(struct gate *gate)
{
    char greeting[NAME_MAX + 32];
    struct waiting *waiting;

    if (gate->wire.fd >= 0 || now_ms() < gate->retry)
        return;
    gate->retry = now_ms() + RETRY_MS;
    snprintf(greeting, sizeof greeting, "headgate-exec/1 %s\n", gate->options.name);
    if (open_wire(&gate->wire, gate->options.socket, greeting) < 0)
        return;
    forget(gate->cache); /* the policy may be another one by now */
    forget_places(gate->places);
    for (waiting = gate->waiting; waiting != NULL; waiting = waiting->next)
        if (send_frame(&gate->wire, &waiting->question) < 0)
            close_wire(&gate->wire);
    if (get_flag(&gate->ended))
        send_ended(gate);
}

void lose_daemon(struct gate *gate)
{
    struct waiting *waiting;

    close_wire(&gate->wire);
    for (waiting = gate->waiting; waiting != NULL; waiting = waiting->next)
        waiting->deadline = now_ms() + AWAY_MS;
}

void ask(struct gate *gate, struct waiting *waiting)
{
    if (waiting->contact != NULL)
        write_contact(waiting->contact, &waiting->start, &waiting->question);
    else
        write_question(gate, waiting);
    waiting->next = gate->waiting;
    gate->waiting = waiting;
    gate->retry = 0;
    waiting->deadline = now_ms() + (gate->wire.fd < 0 ? AWAY_MS : ANSWER_MS);
    if (gate->wire.fd < 0)
        meet_daemon(gate);
    else if (send_frame(&gate->wire, &waiting->question) < 0)
        lose_daemon(gate);
}

/* Most starts come one after the other: the room of one serves the next. */
struct waiting *new_waiting(struct gate *gate)
{
    struct waiting *waiting = gate->idle;
    struct text words, variables;

    if (waiting == NULL)
        return calloc(1, sizeof *waiting);
    gate->idle = NULL;
    words = waiting->start.words;
    variables = waiting->start.variables;
    memset(&waiting->start, 0, offsetof(struct start, path));
    waiting->start.path[0] = waiting->start.real[0] = waiting->start.cwd[0] = '\0';
    waiting->start.known_places = waiting->start.mapped = waiting->start.script = waiting->start.foreign = 0;
    waiting->start.replaced = 0;
    waiting->start.words = words;
    waiting->start.variables = variables;
    return waiting;
}

void drop(struct gate *gate, struct waiting *waiting)
{
    if (waiting->start.fd >= 0)
        close(waiting->start.fd);
    drop_contact(waiting->contact);
    waiting->contact = NULL;
    if (gate->idle == NULL) {
        gate->idle = waiting;
        return;
    }
    free(waiting->start.words.bytes);
    free(waiting->start.variables.bytes);
    free(waiting->question.bytes);
    free(waiting);
}

struct waiting *take_waiting(struct gate *gate, uint64_t id)
{
    struct waiting **at, *found;

    for (at = &gate->waiting; (found = *at) != NULL; at = &found->next)
        if (found->start.id == id) {
            *at = found->next;
            return found;
        }
    return NULL;
}

void refuse_late(struct gate *gate)
{
    struct waiting *waiting, *next;

    for (waiting = gate->waiting; waiting != NULL; waiting = next) {
        next = waiting->next;
        if (waiting->deadline == DEADLINE_NONE || now_ms() < waiting->deadline)
            continue;
        waiting = take_waiting(gate, waiting->start.id);
        if (waiting->contact != NULL)
            refuse_contact(gate->listener, waiting->contact, &waiting->start, AWAY + 4);
        else
            refuse(gate, &waiting->start, AWAY, sizeof AWAY - 1);
        drop(gate, waiting);
    }
}

#endif
