/* flips WHO LIGHT HEAVY ROUNDS: connects to the port LIGHT while somebody else (thread, process) writes HEAVY into the
 * same address. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct shared {
    struct sockaddr_in where;
    volatile int begun, over;
};

static struct shared *here;
static unsigned short light, heavy;

static void *flip(void *unused)
{
    volatile unsigned short *port = &here->where.sin_port;

    while (!here->over) {
        *port = heavy;
        *port = light;
        here->begun = 1;
    }
    return unused;
}

int main(int count, char **words)
{
    int i, fd, thread;
    pthread_t other;
    pid_t child = 0;

    if (count != 5)
        return 2;
    thread = strcmp(words[1], "thread") == 0;
    here = mmap(NULL, sizeof *here, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | (thread ? MAP_PRIVATE : MAP_SHARED), -1, 0);
    light = htons((unsigned short)atoi(words[2]));
    heavy = htons((unsigned short)atoi(words[3]));
    here->where.sin_family = AF_INET;
    here->where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    here->where.sin_port = light;
    if (thread && pthread_create(&other, NULL, flip, NULL) != 0)
        return 1;
    if (!thread && (child = fork()) == 0) {
        flip(NULL);
        _exit(0);
    }
    while (!here->begun) {
    }
    for (i = 0; i < atoi(words[4]); i++) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        connect(fd, (struct sockaddr *)&here->where, sizeof here->where);
        close(fd);
    }
    here->over = 1;
    if (thread)
        pthread_join(other, NULL);
    else
        waitpid(child, NULL, 0);
    return 0;
}
