"""More programs that run another program: its words are judged, whatever is put around them."""

from headgate.classify import effect as fx
from headgate.classify.effect import Effect, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.catalogue import (
    HIDES,
    ORDINARY,
    SCREEN,
    SWEEP,
    WATCHES,
    WINDOW,
    Kind,
    Program,
    given,
    rows,
    when,
)
from headgate.classify.programs.options import split, words_of
from headgate.classify.programs.verbs import LIGHT, ONLY_READS, SERVE, WAIT, asks_help, far, near, verbs

_HOSTS = ("-H", "-host", "--host", "-hostfile", "--hostfile", "-machinefile", "--machinefile", "-f")
_MPI = words_of("-n -np -c -x -wdir -wd --map-by --bind-to -N --mca -mca -ppn -genv") | frozenset(_HOSTS)
_NPM = {
    "ni": ("npm", "install"),
    "nr": ("npm", "run"),
    "nlx": ("npx",),
    "nun": ("npm", "uninstall"),
    "nup": ("npm", "update"),
    "nci": ("npm", "ci"),
    "na": ("npm",),
}


def mpirun(call: Call) -> Effect:
    """Run a program several times, on the machines that are named (mpirun(1))."""
    found = split(call.words, _MPI, stops=True, long_dash=True)
    started = call.start(found.operands) if found.operands else Effect(fx.READS)
    return join((far(call, SWEEP), started)) if found.has(*_HOSTS) else started


def manager(call: Call) -> Effect:
    """Stand for the package manager of the project: what it does is what npm's words do."""
    return ONLY_READS if call.words and asks_help(call.words[:1]) else call.start((*_NPM[call.name], *call.words))


def texts(call: Call) -> Effect:
    """Run each operand as a shell text of its own (pee(1), mispipe(1))."""
    effects = [call.run(text) for text in split(call.words).operands]
    return join(effects) if effects else ONLY_READS


def retry(call: Call) -> Effect:
    """Run a program until it succeeds; without a number of times nothing ends that (retry(1))."""
    found = split(call.words, words_of("-d --delay -t --times -m --message --until --while"), stops=True)
    started = call.start(found.operands) if found.operands else ONLY_READS
    return started if found.has("-t", "--times") or not found.operands else join((near(call, WATCHES), started))


def dotfiles(call: Call) -> Effect:
    """Run git on the repository of a person's settings (yadm(1), vcsh(1))."""
    words = (
        call.words[1:]
        if call.name == "vcsh" and call.words[:1] not in {("clone",), ("push",), ("pull",)}
        else call.words
    )
    if words[:1] == ("bootstrap",):
        return call.opaque("runs a bootstrap program that is not read")
    return call.start(("git", *words)) if words else ONLY_READS


def traced_python(call: Call) -> Effect:
    """Run a Python script under a profiler of memory, or print what was recorded (memray manual)."""
    found = split(call.words[1:], words_of("-o --output -p --live-port"), stops=True)
    if call.words[:1] != ("run",):
        return Effect(fx.READS)
    module = ("-m",) if found.has("-m") else ()
    return call.start(("python", *module, *found.operands))


def like(*program: str) -> Program:
    """Return the program whose words are those of *program*."""
    return lambda call: call.start((*program, *call.words))


_WRAPPERS = rows(
    (Kind(runs={"": 0}), "oniux runlim scan-build sccache pw-v4l2 zrun pasuspender run_init sequin"),
    (
        Kind(runs={"": 0}, valued=words_of("-t --identifier -p --priority --stderr-priority --level-prefix")),
        "systemd-cat",
    ),
    (Kind(runs={"": 0}, valued=words_of("-r --remote -s --rate -p --period")), "pw-jack"),
    (Kind(runs={"": 0}, bare=SERVE, valued=words_of("-r --remote -P --properties")), "pw-container"),
    (
        Kind(
            runs={"": 0},
            bare=SCREEN,
            options=given((LIGHT, "-l --list -i --info"), (SCREEN, "-b --begin-session")),
            valued=words_of("-c --chroot -u --user -d --directory -s --shell -n --session-name"),
        ),
        "schroot",
    ),
    (Kind(runs={"": 0}, bare=SCREEN, valued=words_of("--partset --disk")), "steamos-chroot"),
    (
        Kind(runs={"launch": 0}, valued=words_of("-g --gpu -p --profile -r --reason -i --appid")),
        "switcherooctl powerprofilesctl",
    ),
    (Kind(runs={"": 0}, around=SERVE, valued=words_of("-l --listen -E --setenv --fdname")), "systemd-socket-activate"),
    (Kind(runs={"": 0}, valued=words_of("-sdk --sdk -toolchain --toolchain"), long_dash=True), "xcrun"),
    (Kind(runs={"": 0}, around=WINDOW, valued=words_of("-g -o -sh -shape"), long_dash=True), "xwinwrap"),
    (
        Kind(
            runs={"": 0},
            bare=ORDINARY,
            options=given((WAIT, "-w --pwatch")),
            valued=words_of("-w --pwatch -t --title -m --message"),
        ),
        "noti",
    ),
    (
        Kind(
            runs={"record": 0},
            table=verbs((SERVE, "load")),
            valued=words_of("-o --output -r --rate -d --duration -p --pid -P --port"),
        ),
        "samply",
    ),
    (Kind(runs={"run": 0}, valued=words_of("-j --jobs -d --directory -c --config")), "mr"),
    (Kind(does=HIDES, table=verbs((LIGHT, "list, variables")), valued=words_of("--config")), "robo"),
    (Kind(does=HIDES, valued=words_of("--appid")), "protontricks-launch"),
    (Kind(runs={"": 0}, around=WINDOW, valued=words_of("--share --size --network --home")), "x11docker"),
    (when(WATCHES, "--watch"), "pest"),
)


def in_context(call: Call) -> Effect:
    """Run a program in a security context, given whole or by its parts (runcon(1))."""
    found = split(call.words, words_of("-t --type -r --role -u --user -l --range"), stops=True)
    operands = found.operands if found.options else found.operands[1:]
    return call.start(operands) if operands else ONLY_READS


PROGRAMS: dict[str, Program] = {
    **dict.fromkeys(_NPM, manager),
    **dict.fromkeys(("pee", "mispipe"), texts),
    **dict.fromkeys(("yadm", "vcsh"), dotfiles),
    **dict.fromkeys(("zstdless", "xzmore"), like("less")),
    "memray": traced_python,
    "retry": retry,
    "mpirun": mpirun,
    "runcon": in_context,
    "wget2": like("wget"),
    "wcurl": like("curl"),
    **_WRAPPERS,
}
