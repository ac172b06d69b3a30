/* The supervisor of one tree: every start in it waits for us, and we for the daemon, unless we know its answer.
 *
 * It is a thread of the keeper. Where it ends, the kernel fails every further start in the tree (ENOSYS). */

#include "headgate_shim_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads FOLDER/gate. Returns 1 where there is one, 0 where there is none, -1 with errno where it cannot be read. */
int read_gate_options(int folder, const char *path, struct gate_options *options)
{
    const char *slash = strrchr(path, '/');
    int fd = openat(folder, "gate", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char line[sizeof options->watched + 16], *value;
    size_t guarded = 0;
    FILE *file;

    memset(options, 0, sizeof *options);
    snprintf(options->name, sizeof options->name, "%s", slash ? slash + 1 : path);
    if (fd < 0)
        return errno == ENOENT ? 0 : -1;
    if ((file = fdopen(fd, "r")) == NULL)
        return -1;
    while (fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if ((value = strchr(line, ' ')) == NULL)
            continue;
        *value++ = '\0';
        if (strcmp(line, "socket") == 0)
            snprintf(options->socket, sizeof options->socket, "%s", value);
        else if (strcmp(line, "mode") == 0)
            options->portable = strcmp(value, "strong") != 0;
        else if (strcmp(line, "nnp") == 0)
            options->no_new_privs = *value != '0';
        else if (strcmp(line, "network") == 0)
            options->network = atoi(value);
        else if (strcmp(line, "value") == 0)
            snprintf(options->watched, sizeof options->watched, "%s", value);
        else if (strcmp(line, "guard") == 0 && guarded < 4)
            snprintf(options->guarded[guarded++], PATH_MAX, "%s", value);
    }
    fclose(file);
    return 1;
}

#ifdef __linux__

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/syscall.h>

#ifndef AWAY_MS
#define AWAY_MS 10000   /* so long a start waits for a daemon that is not there, */
#endif
#define ANSWER_MS 30000 /* or for an answer of one that is */
#define RETRY_MS 100
#define LOG_CAP (512L << 10)
#define SHOWN_WORDS 400
#define REFUSED_STATUS 77
#define MOVED_MS 15000

static const char AWAY[] = "D077headgate: HG010 the gate is away, and no program may start without it; try again\n";

static const char NO_STUB[] = "headgate: HG709 a worker has to do this, and nothing can stand in for it under this path; "
                              "start it by a longer path, or by its name on PATH\n";

static const char UNKNOWN_FILE[] = "headgate: HG704 this path leads through a link of /proc, and nobody knows what it "
                                   "would start; name the file itself\n";

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

static int get_flag(const int *flag)
{
    return __atomic_load_n(flag, __ATOMIC_SEQ_CST);
}

static void set_flag(int *flag, int value)
{
    __atomic_store_n(flag, value, __ATOMIC_SEQ_CST);
}

/* ---- answers to the kernel ---- */

static void answer(const struct gate *gate, uint64_t id, int error)
{
    struct reply reply;

    memset(&reply, 0, sizeof reply);
    reply.id = id;
    reply.error = -error;
    reply.flags = error ? 0 : CONTINUE_CALL;
    ioctl(gate->listener, SEND, &reply); /* whoever asked may be gone by now */
}

static int is_alive(const struct gate *gate, uint64_t id)
{
    return ioctl(gate->listener, IS_VALID, &id) == 0;
}

/* What it borrowed is its parent's, who stands still and may want it again; a start that failed wants its own. */
static void mend(const struct start *start, int borrowed)
{
    int happened = await_exec(start);

    if (borrowed)
        restore(start->parent, start);
    else if (!happened)
        restore(start->thread, start);
}

static void refuse(const struct gate *gate, struct start *start, const char *order, size_t length)
{
    int borrowed = is_borrowed(start), common = borrowed || is_shared(start);
    int held = common && hold_still(gate->cgroup, start) == 0, exclusive = held || !common;

    if (is_alive(gate, start->id) && redirect(gate->listener, start, order, length, exclusive) == 0) {
        answer(gate, start->id, 0);
        if (exclusive)
            mend(start, borrowed);
    } else {
        restore(start->thread, start);
        tell(start, *order == 'R' ? NO_STUB : order + 4);
        answer(gate, start->id, EPERM);
    }
    if (held)
        let_go(gate->cgroup);
}

/* Whether what runs now is what was decided about: read again, where nobody could be held still. */
static int is_unchanged(const struct start *start)
{
    struct stat now;
    char name[64], line[WORDS_CAP];
    const char *rest = start->words.bytes + strlen(start->words.bytes) + 1;
    size_t length = start->words.length - (size_t)(rest - start->words.bytes);
    ssize_t count;
    int fd;

    snprintf(name, sizeof name, "/proc/%ld/exe", (long)start->thread);
    if (!start->script && stat(name, &now) == 0 &&
        (now.st_ino != start->file.st_ino || now.st_dev != start->file.st_dev))
        return 0;
    if (start->words.length == 0 || start->words.cut)
        return 1;
    snprintf(name, sizeof name, "/proc/%ld/cmdline", (long)start->thread);
    if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
        return 1;
    count = read(fd, line, sizeof line);
    close(fd);
    return count <= 0 || count == (ssize_t)sizeof line ||
           ((size_t)count >= length && memcmp(line + count - length, rest, length) == 0);
}

static int is_as_read(struct gate *gate, const struct start *start)
{
    struct start *again = gate->spare;
    struct notice notice;
    int same;

    memset(&notice, 0, sizeof notice);
    notice.id = start->id;
    notice.pid = (uint32_t)start->thread;
    notice.call = start->call;
    memcpy(notice.arguments, start->arguments, sizeof notice.arguments);
    if (read_start(again, &notice, 1) < 0 || find_file(again) < 0)
        return 0;
    same = digest_of(again) == digest_of(start);
    close(again->fd);
    again->fd = -1;
    return same;
}

/* Lets the start happen: as it was read, whoever else could write to its words. */
static void let_start(struct gate *gate, struct start *start)
{
    int shared = is_shared(start), held = shared && hold_still(gate->cgroup, start) == 0;
    int checked = shared || is_movable(start);

    if (held && !is_as_read(gate, start)) {
        let_go(gate->cgroup);
        tell(start, "headgate: HG704 the words of this start changed while it was decided; it was refused\n");
        answer(gate, start->id, EPERM);
        return;
    }
    answer(gate, start->id, 0);
    if (checked && await_exec(start) && !held && !is_unchanged(start))
        kill(start->thread, SIGKILL);
    if (held)
        let_go(gate->cgroup);
}

/* ---- what is written down ---- */

static void note(struct gate *gate, const struct start *start)
{
    char line[SHOWN_WORDS + PATH_MAX + 64];
    size_t begun, length, i, most = start->words.length < SHOWN_WORDS ? start->words.length : SHOWN_WORDS;

    gate->total++;
    if (gate->log < 0 || gate->logged >= LOG_CAP)
        return;
    length = begun = (size_t)snprintf(line, sizeof line, "%lld %ld %ld %s\t", now_ms() - gate->began,
                                      (long)start->thread, (long)start->parent, start->real);
    for (i = 0; i < most; i++)
        line[length++] = start->words.bytes[i];
    for (i = 0; i < length; i++)
        if (i >= begun && line[i] == '\0')
            line[i] = ' ';
        else if ((unsigned char)line[i] < ' ' && line[i] != '\t')
            line[i] = '?';
    line[length++] = '\n';
    if (write_all(gate->log, line, length) == 0)
        gate->logged += (long)length;
}

/* ---- questions to the daemon ---- */

static int is_guarded(const struct gate *gate, const struct text *words)
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

static int loses_rights(const struct gate *gate, const struct start *start)
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

static void send_ended(const struct gate *gate)
{
    struct outgoing frame = {0};
    char text[24];

    begin_frame(&frame, 'E', 0);
    add_field(&frame, text, (size_t)snprintf(text, sizeof text, "%ld", gate->total));
    send_frame(&gate->wire, &frame);
    free(frame.bytes);
}

static void meet_daemon(struct gate *gate)
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

static void lose_daemon(struct gate *gate)
{
    struct waiting *waiting;

    close_wire(&gate->wire);
    for (waiting = gate->waiting; waiting != NULL; waiting = waiting->next)
        waiting->deadline = now_ms() + AWAY_MS;
}

static void ask(struct gate *gate, struct waiting *waiting)
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
static struct waiting *new_waiting(struct gate *gate)
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

static void drop(struct gate *gate, struct waiting *waiting)
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

static struct waiting *take_waiting(struct gate *gate, uint64_t id)
{
    struct waiting **at, *found;

    for (at = &gate->waiting; (found = *at) != NULL; at = &found->next)
        if (found->start.id == id) {
            *at = found->next;
            return found;
        }
    return NULL;
}

static void refuse_late(struct gate *gate)
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

/* ---- starts ---- */

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

static void answer_contact(struct gate *gate, struct waiting *waiting, const struct frame *frame)
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

static void handle_notice(struct gate *gate)
{
    struct notice notice;

    if (read_notice(gate, &notice) < 0)
        return;
    if (notice.call == SYS_execve || notice.call == SYS_execveat)
        handle_start(gate, &notice);
    else
        handle_contact(gate, &notice);
}

/* ---- answers of the daemon ---- */

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

extern char **environ;

static void redeem_move(struct gate *gate)
{
    struct outgoing frame = {0};
    struct text variables = {0};
    char cwd[PATH_MAX], mask[8];
    size_t i, length;

    if (getcwd(cwd, sizeof cwd) == NULL)
        strcpy(cwd, "/");
    begin_frame(&frame, 'J', 0);
    add_field(&frame, cwd, strlen(cwd));
    add_field(&frame, mask, (size_t)snprintf(mask, sizeof mask, "%o", (unsigned)gate->options.umask));
    for (i = 0, length = 0; environ[i] != NULL; i++)
        length += strlen(environ[i]) + 1;
    variables.bytes = malloc(length + 1);
    for (i = 0; variables.bytes != NULL && environ[i] != NULL; i++) {
        strcpy(variables.bytes + variables.length, environ[i]);
        variables.length += strlen(environ[i]) + 1;
    }
    add_field(&frame, variables.bytes, variables.length);
    send_frame(&gate->wire, &frame);
    free(variables.bytes);
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

static void hear_daemon(struct gate *gate)
{
    struct frame frame;
    int lost = hear(&gate->wire) < 0, found;

    while ((found = next_frame(&gate->wire, &frame)) > 0)
        heed(gate, &frame);
    if (lost || found < 0)
        lose_daemon(gate);
}

/* ---- the thread ---- */

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
