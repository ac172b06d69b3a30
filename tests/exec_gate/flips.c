/* flips LIGHT HEAVY ROUNDS: connects to the port LIGHT while another thread writes HEAVY into the same address. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in where;
static volatile int begun, over;
static unsigned short light, heavy;

static void *flip(void *unused)
{
    volatile unsigned short *port = &where.sin_port;

    while (!over) {
        *port = heavy;
        *port = light;
        begun = 1;
    }
    return unused;
}

int main(int count, char **words)
{
    pthread_t thread;
    int i, fd;

    if (count != 4)
        return 2;
    light = htons((unsigned short)atoi(words[1]));
    heavy = htons((unsigned short)atoi(words[2]));
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    where.sin_port = light;
    if (pthread_create(&thread, NULL, flip, NULL) != 0)
        return 1;
    while (!begun) {
    }
    for (i = 0; i < atoi(words[3]); i++) {
        fd = socket(AF_INET, SOCK_STREAM, 0);
        connect(fd, (struct sockaddr *)&where, sizeof where);
        close(fd);
    }
    over = 1;
    pthread_join(thread, NULL);
    return 0;
}
