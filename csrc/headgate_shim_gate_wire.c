/* Frames between a supervisor and the daemon: u32 length of the rest, u8 kind, u64 id, fields of u32 length and bytes,
 * all of them little-endian. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

#define HEAD 13
#define FRAME_MOST ((size_t)1 << 20)
#define SEND_MS 5000

static int is_ours(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

/* Connects to a daemon that is ours or root's; returns the descriptor, which does not block, or -1. */
int connect_to(const char *socket_path)
{
    struct sockaddr_un address;
    int fd;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (strlen(socket_path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, socket_path);
    if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
        return -1;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 && is_ours(fd))
        return fd;
    close(fd);
    return -1;
}

static int send_bytes(int fd, const char *bytes, size_t length)
{
    long long deadline = now_ms() + SEND_MS;
    struct pollfd ready = {0};
    ssize_t count;

    ready.fd = fd;
    ready.events = POLLOUT;
    while (length > 0) {
        count = send(fd, bytes, length, MSG_NOSIGNAL);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
            return -1;
        } else if (now_ms() >= deadline) {
            return -1;
        } else {
            poll(&ready, 1, 100);
        }
    }
    return 0;
}

int open_wire(struct wire *wire, const char *socket_path, const char *greeting)
{
    wire->length = 0;
    wire->fd = connect_to(socket_path);
    if (wire->fd >= 0 && send_bytes(wire->fd, greeting, strlen(greeting)) < 0)
        close_wire(wire);
    return wire->fd < 0 ? -1 : 0;
}

void close_wire(struct wire *wire)
{
    if (wire->fd >= 0)
        close(wire->fd);
    wire->fd = -1;
}

static int grow(char **bytes, size_t *room, size_t needed)
{
    size_t size = *room ? *room : 4096;
    char *larger;

    while (size < needed)
        size *= 2;
    if (size == *room)
        return 0;
    if ((larger = realloc(*bytes, size)) == NULL)
        return -1;
    *bytes = larger;
    *room = size;
    return 0;
}

static void put(char *to, uint64_t value, int size)
{
    int i;

    for (i = 0; i < size; i++)
        to[i] = (char)(value >> (8 * i));
}

static uint64_t get(const char *from, int size)
{
    uint64_t value = 0;
    int i;

    for (i = 0; i < size; i++)
        value |= (uint64_t)(unsigned char)from[i] << (8 * i);
    return value;
}

/* A frame without room for itself is never sent: whoever waits for its answer is refused in time. */
void begin_frame(struct outgoing *frame, char kind, uint64_t id)
{
    frame->length = 0;
    if (grow(&frame->bytes, &frame->room, HEAD) < 0)
        return;
    frame->bytes[4] = kind;
    put(frame->bytes + 5, id, 8);
    frame->length = HEAD;
    put(frame->bytes, HEAD - 4, 4);
}

void add_field(struct outgoing *frame, const char *bytes, size_t length)
{
    if (frame->length == 0 || grow(&frame->bytes, &frame->room, frame->length + 4 + length) < 0) {
        frame->length = 0;
        return;
    }
    put(frame->bytes + frame->length, length, 4);
    memcpy(frame->bytes + frame->length + 4, bytes, length);
    frame->length += 4 + length;
    put(frame->bytes, frame->length - 4, 4);
}

/* Adds the variables that we have ourselves. */
void add_environment(struct outgoing *frame)
{
    size_t length = 0, i;
    char *all;

    for (i = 0; environ[i] != NULL; i++)
        length += strlen(environ[i]) + 1;
    all = malloc(length + 1);
    for (i = 0, length = 0; all != NULL && environ[i] != NULL; i++) {
        strcpy(all + length, environ[i]);
        length += strlen(environ[i]) + 1;
    }
    add_field(frame, all, all == NULL ? 0 : length);
    free(all);
}

int send_frame(const struct wire *wire, const struct outgoing *frame)
{
    return wire->fd < 0 || frame->length == 0 ? -1 : send_bytes(wire->fd, frame->bytes, frame->length);
}

/* Takes in what has come; returns -1 when the daemon has gone. */
int hear(struct wire *wire)
{
    ssize_t count;

    for (;;) {
        if (wire->length > FRAME_MOST || grow(&wire->heard, &wire->room, wire->length + 4096) < 0)
            return -1;
        count = recv(wire->fd, wire->heard + wire->length, wire->room - wire->length, 0);
        if (count > 0)
            wire->length += (size_t)count;
        else if (count < 0 && errno == EINTR)
            continue;
        else
            return count < 0 && errno == EAGAIN ? 0 : -1;
    }
}

/* Takes the next whole frame out of what was heard; its fields are good until the next call. Returns 1 for one, 0 for
 * none yet, -1 for what is no frame. */
int next_frame(struct wire *wire, struct frame *frame)
{
    static char taken[FRAME_MOST + 4];
    size_t size = wire->length < 4 ? 0 : (size_t)get(wire->heard, 4) + 4, at = HEAD, length;

    if (size == 0 || (size <= FRAME_MOST && wire->length < size))
        return 0;
    if (size < HEAD || size > FRAME_MOST)
        return -1;
    memcpy(taken, wire->heard, size);
    memmove(wire->heard, wire->heard + size, wire->length - size);
    wire->length -= size;
    frame->kind = taken[4];
    frame->id = get(taken + 5, 8);
    for (frame->count = 0; frame->count < 4 && at + 4 <= size; frame->count++) {
        length = (size_t)get(taken + at, 4);
        if (length > size - at - 4)
            return -1;
        frame->fields[frame->count] = taken + at + 4;
        frame->lengths[frame->count] = length;
        at += 4 + length;
    }
    return 1;
}

#endif
