/* Connections of a tree, as the memory and the sockets of whoever makes them tell: connect(2), and the sends that open
 * one (MSG_FASTOPEN); where all is told, datagrams that carry an address as well. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define FAST_OPEN 0x20000000U /* MSG_FASTOPEN */
#define MESSAGES_MOST 1024    /* of sendmmsg: the kernel sends no more at once */
#define TO_ALL 2              /* of a gate: datagrams are told as well */
#define SLOTS 1024            /* a power of two */
#define PROBES 8
#define REFUSED_MS 5000 /* so long a refused place is refused again unasked */

struct place {
    unsigned char address[16];
    uint64_t name; /* of a socket in the file system, or of a program that was refused */
    uint16_t port;
    unsigned char protocol, used;
};

struct places {
    struct place slots[SLOTS];
    long long until[SLOTS]; /* refused until then; 0: let */
};

struct message { /* struct msghdr of the kernel, as far as it is read */
    uint64_t name;
    uint32_t length, unused;
};

#define MESSAGES_STEP 64 /* struct mmsghdr */

static const char *const doors[] = {"docker.sock", "podman.sock", "containerd.sock", "crio.sock", "buildkitd.sock",
                                    "/tmux-",      "/screen",     "/.ssh/",          "ssh_mux",   "ssh-mux",
                                    "controlmaster"};

/* ---- what is read ---- */

static int read_name(struct contact *contact, uint64_t address, uint64_t length)
{
    contact->name_at = address;
    if (address == 0 || length < sizeof(sa_family_t))
        return 0;
    if (length > sizeof contact->where)
        length = sizeof contact->where;
    memset(&contact->where, 0, sizeof contact->where);
    if (read_memory(contact->thread, address, (char *)&contact->where, (size_t)length) < 0)
        return -1;
    contact->length = (socklen_t)length;
    return 1;
}

static int read_message(struct contact *contact, uint64_t address)
{
    struct message message;

    if (read_memory(contact->thread, address, (char *)&message, sizeof message) < 0)
        return -1;
    return read_name(contact, message.name, message.length);
}

/* Reads the address that the call is about: 1, 0 where there is none, -1 where its memory cannot be read. */
static int read_address(struct contact *contact)
{
    switch (contact->call) {
    case SYS_connect:
        return read_name(contact, contact->arguments[1], (uint32_t)contact->arguments[2]);
    case SYS_sendto:
        return read_name(contact, contact->arguments[4], (uint32_t)contact->arguments[5]);
    case SYS_sendmsg:
        return read_message(contact, contact->arguments[1]);
    default:
        return read_message(contact, contact->arguments[1] + (uint64_t)contact->at * MESSAGES_STEP);
    }
}

/* Notes for is_shared() whether another process has the memory that the call reads its address from. */
void look_at_memory(const struct contact *contact, struct start *start)
{
    start->places[0] = contact->arguments[1]; /* of sendto the data, which does no harm */
    start->places[1] = contact->name_at;
    start->places[2] = contact->name_at + contact->length;
    start->known_places = 3;
    start->mapped = is_mapped(start);
}

static pid_t process_of(pid_t thread)
{
    char name[64], line[256];
    long process = thread;
    FILE *file;

    snprintf(name, sizeof name, "/proc/%ld/status", (long)thread);
    if ((file = fopen(name, "re")) == NULL)
        return thread;
    while (fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "Tgid: %ld", &process) == 1)
            break;
    fclose(file);
    return (pid_t)process;
}

static int option_of(int fd, int option)
{
    int value = 0;
    socklen_t size = sizeof value;

    return getsockopt(fd, SOL_SOCKET, option, &value, &size) < 0 ? -1 : value;
}

/* The socket itself: of which family, and whether it connects or sends datagrams. */
static void look_at_socket(struct contact *contact)
{
    if (contact->fd >= 0)
        return;
    contact->process = process_of(contact->thread);
    contact->fd = take_descriptor(contact->process, (int)contact->arguments[0]);
    contact->domain = contact->fd < 0 ? -1 : option_of(contact->fd, SO_DOMAIN);
    contact->type = contact->fd < 0 ? -1 : option_of(contact->fd, SO_TYPE);
}

/* ---- what is told of it ---- */

static int is_ours(const struct sockaddr_storage *where)
{
    struct sockaddr_storage here = *where;
    int fd = socket(where->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), found;
    socklen_t size = where->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);

    if (fd < 0)
        return 0;
    if (where->ss_family == AF_INET)
        ((struct sockaddr_in *)&here)->sin_port = 0;
    else
        ((struct sockaddr_in6 *)&here)->sin6_port = 0;
    found = bind(fd, (const struct sockaddr *)&here, size) == 0;
    close(fd);
    return found;
}

static int name_inet(struct contact *contact)
{
    struct sockaddr_in named = {0};
    const struct sockaddr_in6 *wide = (const struct sockaddr_in6 *)&contact->where;
    struct sockaddr_storage plain = contact->where;

    if (contact->where.ss_family == AF_INET6 && contact->length < 24)
        return 0;
    if (contact->where.ss_family != AF_INET6 && contact->length < sizeof named)
        return 0;
    if (contact->where.ss_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&wide->sin6_addr)) {
        contact->port = ntohs(wide->sin6_port);
        inet_ntop(AF_INET6, &wide->sin6_addr, contact->address, sizeof contact->address);
    } else {
        memcpy(&named, &contact->where, sizeof named);
        if (contact->where.ss_family == AF_INET6) {
            named.sin_port = wide->sin6_port;
            memcpy(&named.sin_addr, (const char *)&wide->sin6_addr + 12, 4);
        }
        named.sin_family = AF_INET;
        contact->port = ntohs(named.sin_port);
        inet_ntop(AF_INET, &named.sin_addr, contact->address, sizeof contact->address);
        memset(&plain, 0, sizeof plain);
        memcpy(&plain, &named, sizeof named);
    }
    contact->protocol = contact->type == SOCK_DGRAM ? 'u' : contact->type == SOCK_RAW ? 'r' : 't';
    contact->here = is_ours(&plain);
    return 1;
}

static int name_unix(struct contact *contact)
{
    const struct sockaddr_un *named = (const struct sockaddr_un *)&contact->where;
    size_t length = contact->length - sizeof(sa_family_t), i;

    if (length == 0 || named->sun_path[0] == '\0') /* none that a file stands for */
        return 0;
    if (length >= sizeof contact->address)
        length = sizeof contact->address - 1;
    memcpy(contact->address, named->sun_path, length);
    contact->address[length] = '\0';
    contact->protocol = 'x';
    contact->port = 0;
    contact->here = 1;
    for (i = 0; i < sizeof doors / sizeof *doors; i++)
        if (strstr(contact->address, doors[i]) != NULL)
            return 1;
    return 0;
}

static int is_internet(int domain)
{
    return domain >= 0 && domain != AF_UNIX && domain != AF_NETLINK && domain != AF_PACKET && domain != AF_VSOCK;
}

static int is_datagram(const struct contact *contact)
{
    return contact->type == SOCK_DGRAM || contact->type == SOCK_RAW;
}

/* Whether the call can open a connection: a send does only with a flag, which no thread can change any more. */
static int may_open(const struct contact *contact)
{
    return contact->call == SYS_connect ||
           (contact->arguments[contact->call == SYS_sendmsg ? 2 : 3] & FAST_OPEN) != 0;
}

/* Whether the address that was read is one to decide about. */
static int is_told(struct contact *contact, int level)
{
    int family = contact->where.ss_family;

    if (family == AF_UNIX)
        return name_unix(contact);
    if (family == AF_UNSPEC && contact->call == SYS_connect) /* it ends a connection */
        return 0;
    if (family != AF_INET && family != AF_INET6 && family != AF_UNSPEC)
        return 0;
    look_at_socket(contact);
    if (is_datagram(contact) ? level < TO_ALL : !may_open(contact))
        return 0;
    return name_inet(contact);
}

/* Goes on to the next address of the call that is one to decide about: 1, 0 where there is none, -1 with errno. */
int next_contact(struct contact *contact, int level)
{
    unsigned most = contact->call == SYS_sendmmsg ? (unsigned)contact->arguments[2] : 1;
    int found;

    for (; contact->at < most && contact->at < MESSAGES_MOST; contact->at++) {
        if ((found = read_address(contact)) < 0) {
            return contact->at > 0 ? 0 : -1; /* the kernel sends what stands before it */
        }
        if (found && is_told(contact, level)) {
            contact->at++;
            return 1;
        }
    }
    return 0;
}

/* Returns what *notice* is about, at its first address; NULL with errno, which is 0 where nothing is to be decided. */
struct contact *read_contact(const struct notice *notice, int level)
{
    struct contact first, *contact;
    int found, error;

    memset(&first, 0, sizeof first);
    first.id = notice->id;
    first.thread = (pid_t)notice->pid;
    first.call = notice->call;
    first.fd = first.domain = first.type = -1;
    memcpy(first.arguments, notice->arguments, sizeof first.arguments);
    found = next_contact(&first, level);
    error = found < 0 ? errno : 0;
    if (found == 0 && may_open(&first)) /* its address may be another one soon: whose socket is it? */
        look_at_socket(&first);
    if (found < 0 || (found == 0 && (!may_open(&first) || !is_internet(first.domain)))) {
        if (first.fd >= 0)
            close(first.fd);
        errno = error;
        return NULL;
    }
    first.none = found == 0;
    if ((contact = malloc(sizeof *contact)) == NULL) {
        if (first.fd >= 0)
            close(first.fd);
        errno = ENOMEM;
        return NULL;
    }
    *contact = first;
    return contact;
}

void drop_contact(struct contact *contact)
{
    if (contact != NULL && contact->fd >= 0)
        close(contact->fd);
    free(contact);
}

static size_t read_file_of(pid_t thread, const char *which, char *to, size_t room)
{
    char name[64];
    ssize_t count;
    int fd;

    snprintf(name, sizeof name, "/proc/%ld/%s", (long)thread, which);
    if ((fd = open(name, O_RDONLY | O_CLOEXEC)) < 0)
        return 0;
    count = read(fd, to, room);
    close(fd);
    return count > 0 ? (size_t)count : 0;
}

static const char *protocol_of(const struct contact *contact)
{
    switch (contact->protocol) {
    case 'u':
        return "udp";
    case 'r':
        return "raw";
    case 'x':
        return "unix";
    default:
        return "tcp";
    }
}

static void read_program(const struct contact *contact, char *to, size_t room)
{
    char name[64];
    ssize_t length;

    snprintf(name, sizeof name, "/proc/%ld/exe", (long)contact->thread);
    length = readlink(name, to, room - 1);
    to[length > 0 ? length : 0] = '\0';
}

void write_contact(const struct contact *contact, const struct start *start, struct outgoing *frame)
{
    char text[PATH_MAX], words[2048];
    size_t length;

    begin_frame(frame, 'N', contact->id);
    add_field(frame, protocol_of(contact), strlen(protocol_of(contact)));
    add_field(frame, contact->address, strlen(contact->address));
    add_field(frame, text, (size_t)snprintf(text, sizeof text, "%u", contact->port));
    read_program(contact, text, sizeof text);
    add_field(frame, text, strlen(text));
    length = read_file_of(contact->thread, "cmdline", words, sizeof words);
    add_field(frame, words, length);
    length = (size_t)snprintf(text, sizeof text, "%ld %ld %s", (long)contact->process, (long)start->parent,
                              contact->here ? "l" : "-");
    add_field(frame, text, length);
}

/* ---- what is answered ---- */

struct done_for {
    int listener, fd;
    uint64_t id;
    struct sockaddr_storage where;
    socklen_t length;
};

static void say(int listener, uint64_t id, int error, uint32_t flags)
{
    struct reply reply;

    memset(&reply, 0, sizeof reply);
    reply.id = id;
    reply.error = -error;
    reply.flags = flags;
    ioctl(listener, SEND, &reply);
}

static void *connect_for(void *given)
{
    struct done_for *work = given;
    int done = connect(work->fd, (const struct sockaddr *)&work->where, work->length);

    say(work->listener, work->id, done < 0 ? errno : 0, 0);
    close(work->fd);
    free(work);
    return NULL;
}

/* Connects a socket that waits, for as long as this machine takes to answer itself; returns -1 where it takes longer. */
static int connect_at_once(const struct done_for *work)
{
    struct timeval usual = {0}, brief = {0, 1000};
    socklen_t size = sizeof usual;
    int done, error;

    if (getsockopt(work->fd, SOL_SOCKET, SO_SNDTIMEO, &usual, &size) < 0 ||
        setsockopt(work->fd, SOL_SOCKET, SO_SNDTIMEO, &brief, sizeof brief) < 0)
        return -1;
    done = connect(work->fd, (const struct sockaddr *)&work->where, work->length);
    error = done < 0 ? errno : 0;
    setsockopt(work->fd, SOL_SOCKET, SO_SNDTIMEO, &usual, sizeof usual);
    if (error == EINPROGRESS)
        return -1;
    say(work->listener, work->id, error, 0);
    return 0;
}

/* Connects the very socket to the very address that was decided about, whatever the caller's memory says by now. One
 * that waits is waited for elsewhere. Returns -1 where that cannot be. */
static int connect_ourselves(int listener, struct contact *contact)
{
    struct done_for *work = malloc(sizeof *work);
    int flags = fcntl(contact->fd, F_GETFL);
    sigset_t all, before;
    pthread_attr_t loose;
    pthread_t thread;
    int failed;

    if (work == NULL)
        return -1;
    work->listener = listener;
    work->fd = contact->fd;
    work->id = contact->id;
    work->where = contact->where;
    work->length = contact->length;
    contact->fd = -1;
    if (is_datagram(contact) || (flags >= 0 && (flags & O_NONBLOCK))) {
        connect_for(work);
        return 0;
    }
    if (contact->here && connect_at_once(work) == 0) {
        close(work->fd);
        free(work);
        return 0;
    }
    sigfillset(&all);
    pthread_attr_init(&loose);
    pthread_attr_setdetachstate(&loose, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&thread, &loose, connect_for, work);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&loose);
    if (failed) {
        close(work->fd);
        free(work);
        return -1;
    }
    return 0;
}

/* Lets the call happen, to the address that was decided about where others could write to it. */
void let_contact(int listener, struct contact *contact, const struct start *start)
{
    if (!is_internet(contact->domain) || !may_open(contact) || !is_shared(start))
        say(listener, contact->id, 0, CONTINUE_CALL);
    else if (contact->call != SYS_connect)
        say(listener, contact->id, is_datagram(contact) ? 0 : EOPNOTSUPP, is_datagram(contact) ? CONTINUE_CALL : 0);
    else if (contact->length < sizeof(sa_family_t))
        say(listener, contact->id, 0, CONTINUE_CALL); /* too short for the kernel */
    else if (connect_ourselves(listener, contact) < 0)
        say(listener, contact->id, EAGAIN, 0);
}

void refuse_contact(int listener, const struct contact *contact, const struct start *start, const char *words)
{
    if (words != NULL)
        tell(start, words);
    say(listener, contact->id, EACCES, 0);
}

/* ---- what is remembered ---- */

struct places *new_places(void)
{
    return calloc(1, sizeof(struct places));
}

void forget_places(struct places *places)
{
    memset(places, 0, sizeof *places);
}

static uint64_t digest(const char *text)
{
    uint64_t found = 14695981039346656037ULL;

    for (; *text != '\0'; text++)
        found = (found ^ (unsigned char)*text) * 1099511628211ULL;
    return found;
}

/* The place of *contact*; with *whose*, that of its program alone. */
static struct place place_of(const struct contact *contact, int whose)
{
    struct place place;
    char program[PATH_MAX];

    memset(&place, 0, sizeof place); /* slots are compared as bytes */
    place.used = 1;
    place.protocol = (unsigned char)contact->protocol;
    place.port = (uint16_t)contact->port;
    if (inet_pton(AF_INET6, contact->address, place.address) != 1 &&
        inet_pton(AF_INET, contact->address, place.address) != 1)
        place.name = digest(contact->address);
    if (whose) {
        read_program(contact, program, sizeof program);
        place.used = 2;
        place.name = digest(program);
    }
    return place;
}

static size_t slot_of(const struct place *place)
{
    size_t found = place->port * 31u + place->protocol + (size_t)place->name, i;

    for (i = 0; i < sizeof place->address; i++)
        found = found * 33u + place->address[i];
    return found & (SLOTS - 1);
}

static long long *find(struct places *places, const struct place *place)
{
    size_t slot = slot_of(place), i;

    for (i = 0; i < PROBES; i++)
        if (memcmp(&places->slots[(slot + i) & (SLOTS - 1)], place, sizeof *place) == 0)
            return &places->until[(slot + i) & (SLOTS - 1)];
    return NULL;
}

/* 1: whoever connects there may, -1: its program was refused just now, 0: it is to be asked. */
int is_place_known(struct places *places, const struct contact *contact)
{
    struct place place = place_of(contact, 0);
    const long long *until = find(places, &place);

    if (until != NULL)
        return 1;
    place = place_of(contact, 1);
    until = find(places, &place);
    return until != NULL && now_ms() < *until ? -1 : 0;
}

void remember_place(struct places *places, const struct contact *contact, int refused)
{
    struct place place = place_of(contact, refused);
    size_t slot = slot_of(&place), i;
    long long *until = find(places, &place);

    if (until == NULL) {
        for (i = 0; i < PROBES - 1 && places->slots[(slot + i) & (SLOTS - 1)].used; i++) {
        }
        places->slots[(slot + i) & (SLOTS - 1)] = place;
        until = &places->until[(slot + i) & (SLOTS - 1)];
    }
    *until = refused ? now_ms() + REFUSED_MS : 0;
}

#endif
