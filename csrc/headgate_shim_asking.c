/* One question to the daemon: its socket, and an answer that is whole or none. */

#include "headgate_shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define END '\x04' /* closes every answer */
#define FULL_MS 5  /* before a queue is tried again that was full */

static int await_socket(int fd, short events, long long deadline)
{
    struct pollfd watched = {0};
    long long left = deadline - now_ms();

    watched.fd = fd;
    watched.events = events;
    return left > 0 && poll(&watched, 1, (int)left) > 0 ? 0 : -1;
}

static int is_ours(int fd)
{
#ifdef __linux__
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
#else
    uid_t uid;
    gid_t gid;

    return getpeereid(fd, &uid, &gid) == 0 && (uid == geteuid() || uid == 0);
#endif
}

/* Returns a connection to the daemon behind *socket_path*, which must be ours or root's; or -1. */
int connect_daemon(const char *socket_path, long long deadline)
{
    struct sockaddr_un address;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), connected;

    memset(&address, 0, sizeof address);
    address.sun_family = AF_UNIX;
    if (fd < 0 || strlen(socket_path) >= sizeof address.sun_path)
        return -1;
    strcpy(address.sun_path, socket_path);
    set_close_on_exec(fd);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    while ((connected = connect(fd, (const struct sockaddr *)&address, sizeof address)) < 0 &&
           (errno == EAGAIN || errno == EINTR) && now_ms() < deadline)
        poll(NULL, 0, FULL_MS);
    if (connected == 0 && is_ours(fd))
        return fd;
    close(fd);
    return -1;
}

int send_request(int fd, const char *text, size_t length, long long deadline)
{
    ssize_t count;

    while (length > 0) {
        count = write(fd, text, length);
        if (count < 0 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (count > 0) {
            text += count;
            length -= (size_t)count;
        } else if (await_socket(fd, POLLOUT, deadline) < 0) {
            return -1;
        }
    }
    return 0;
}

/* Reads an answer to its end: a digit that says which, its text, and the byte that closes it. Returns its length, or 0
 * when it is none, or half of one. */
size_t hear_answer(int fd, char *answer, size_t room, long long deadline)
{
    size_t length = 0;
    ssize_t count = 1;

    while (count != 0 && length < room) {
        count = read(fd, answer + length, room - length);
        if (count > 0)
            length += (size_t)count;
        else if (count < 0 && (errno != EAGAIN || await_socket(fd, POLLIN, deadline) < 0))
            return 0;
    }
    if (length < 2 || answer[length - 1] != END || answer[0] < '0' || answer[0] > '2')
        return 0;
    return length;
}
