/* Runs the shell text in the file `way.txt`, so that what the guard is given is one word. How the shell gets the text is
   the first argument: `c` as its argument, `pipe` on its standard input, `fd` as a descriptor that it is told to read. */
#include "way.h"

int main(int count, char **given) {
    static char text[65536];
    const char *how = count > 1 ? given[1] : "c";
    int from = open("way.txt", O_RDONLY | O_CLOEXEC);
    ssize_t got = read(from, text, sizeof text - 1);
    if (got < 0)
        return 9;
    text[got] = 0;
    if (!strcmp(how, "c"))
        return execl("/bin/bash", "bash", "-c", text, (char *)NULL);
    int ends[2];
    if (pipe(ends) || write(ends[1], text, (size_t)got) != got)
        return 9;
    close(ends[1]);
    if (!strcmp(how, "pipe")) {
        dup2(ends[0], 0);
        return execl("/bin/bash", "bash", (char *)NULL);
    }
    dup2(ends[0], 7);
    return execl("/bin/bash", "bash", "/proc/self/fd/7", (char *)NULL);
}
