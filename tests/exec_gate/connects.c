/* connects HOW HOST PORT: opens a connection by system calls of its own, and sends one byte. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sockaddr_in where;
static char stack[65536];

static int by_call(void *unused)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    (void)unused;
    if (syscall(SYS_connect, fd, &where, sizeof where) < 0) {
        perror("connect");
        return 1;
    }
    return write(fd, "x", 1) != 1;
}

static int by_sendmmsg(void)
{
    struct mmsghdr messages[2];
    struct iovec piece = {"x", 1};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    memset(messages, 0, sizeof messages);
    messages[0].msg_hdr.msg_name = &where;
    messages[0].msg_hdr.msg_namelen = sizeof where;
    messages[0].msg_hdr.msg_iov = &piece;
    messages[0].msg_hdr.msg_iovlen = 1;
    if (syscall(SYS_sendmmsg, fd, messages, 1, MSG_FASTOPEN) < 0) {
        perror("sendmmsg");
        return 1;
    }
    return 0;
}

static int by_clone(void) /* on the memory of its parent, which waits */
{
    int status = 1;
    pid_t child = clone(by_call, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);

    if (child < 0 || waitpid(child, &status, 0) < 0)
        return 1;
    return WEXITSTATUS(status);
}

int main(int count, char **words)
{
    if (count != 4)
        return 2;
    where.sin_family = AF_INET;
    where.sin_port = htons((unsigned short)atoi(words[3]));
    inet_pton(AF_INET, words[2], &where.sin_addr);
    if (strcmp(words[1], "call") == 0)
        return by_call(NULL);
    return strcmp(words[1], "sendmmsg") == 0 ? by_sendmmsg() : by_clone();
}
