/* The keeper of a job, of a call that the main thread waits for, and of its way to other machines.
 *
 *     headgate-shim job FOLDER
 *     headgate-shim keep FOLDER PID [tty]
 *     headgate-shim guard FOLDER COMMAND...
 *     headgate-shim take FOLDER NAME PROGRAM ARGV...
 *     headgate-shim gate-probe
 *     /dev/fd/N ...                (as what a start becomes that may not be)
 *     headgate-shim front FOLDER SECONDS MAX_RUN SOCKET
 *     headgate-shim start FOLDER NAME ARGV0 ARGS...
 *     headgate-shim capabilities
 *     ssh ...                      (a link of that name)
 *     headgate-shell TEXT          (a link of that name, in the gate's folder)
 *
 * src/headgate/workers/shim.py is its twin for jobs; tests/workers/test_shim.py holds both to one contract. */

#include "headgate_shim.h"

#include <string.h>
#include <unistd.h>

static const char USAGE[] = "HG017 headgate: wrong arguments; use `headgate-shim job FOLDER`, `keep FOLDER PID [tty]`, "
                            "`front FOLDER SECONDS MAX_RUN SOCKET`, `start FOLDER NAME ARGV0 ARGS...` or `capabilities`\n";
#ifdef __linux__
static const char CAPABILITIES[] = "job keep front pty ssh start shell gate\n";
#else
static const char CAPABILITIES[] = "job keep front pty ssh start shell\n";
#endif

int main(int argc, char **argv)
{
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL, *mode = argc > 1 ? argv[1] : "";
    int number = stub_number();

    if (number >= 0)
        return stub(number);
    if (argc > 0 && strcmp(slash ? slash + 1 : argv[0], "ssh") == 0)
        return wrap_ssh(argc, argv);
    if (argc == 2 && strcmp(slash ? slash + 1 : argv[0], "headgate-shell") == 0)
        return run_shell(argv[0], argv[1]);
    if (argc == 3 && strcmp(mode, "job") == 0)
        return job(argv[2]);
    if (argc == 4 && strcmp(mode, "keep") == 0)
        return keep(argv[2], argv[3], 0);
    if (argc == 5 && strcmp(mode, "keep") == 0 && strcmp(argv[4], "tty") == 0)
        return keep(argv[2], argv[3], 1);
    if (argc == 6 && strcmp(mode, "front") == 0)
        return front(argv + 2);
    if (argc >= 5 && strcmp(mode, "start") == 0)
        return start_program(argv[2], argv[3], argv + 4);
    if (argc >= 4 && strcmp(mode, "guard") == 0)
        return guard(argv + 2);
    if (argc >= 6 && strcmp(mode, "take") == 0)
        return take(argv + 2);
    if (argc == 2 && strcmp(mode, "gate-probe") == 0)
        return gate_probe();
    if (argc == 2 && strcmp(mode, "capabilities") == 0)
        return write_all(STDOUT_FILENO, CAPABILITIES, sizeof CAPABILITIES - 1) < 0;
    complain("%s", USAGE);
    return USAGE_STATUS;
}
