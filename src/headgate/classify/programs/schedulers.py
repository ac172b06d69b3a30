"""Schedulers: what they will run later counts as run now."""

import re
import shlex

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change, join
from headgate.classify.programs.call import Call, known
from headgate.classify.programs.grammar import begun, grammar, read
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.ssh import remote
from headgate.model.facts import Workload

_LOOK = Effect(fx.READS)
_CRON_LINE = re.compile(r"\s*(?:@\w+|(?:[^\s#]\S*\s+){4}[\d*]\S*)\s+(.*)")
_ENVIRONMENT = re.compile(r"\s*[A-Za-z_]\w*\s*=")
_MAX_LINES = 100


def _later(effect: Effect) -> Effect:
    return change(effect, does=effect.does | fx.CHANGES | fx.BACKGROUND, output=None)


def _alone(call: Call) -> Call:
    """Return *call* with nothing on its standard input, which it has read."""
    return msgspec.structs.replace(call, stdin="", fed=True, piped=False)


def at(call: Call) -> Effect:
    """Run a text at a later time: a file's, or what is fed to it (at(1))."""
    found = split(call.words, frozenset("-f -q -t".split()))
    if found.has("-l", "-V", "-c") or call.name == "atq":
        return _LOOK
    if found.has("-r", "-d") or call.name == "atrm":
        return Effect(fx.CHANGES)
    if found.has("-f"):
        return _later(call.shell.file(_alone(call), found.value("-f")))
    if call.stdin is not None:
        return _later(_alone(call).run(call.stdin))
    if call.fed:
        return call.opaque(f"what is fed to `{call.name}` cannot be known before it runs")
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "waits for commands to be typed"))


def crontab(call: Call) -> Effect:
    """List, edit, remove or replace the table of recurring commands (crontab(1))."""
    found = split(call.words, frozenset("-u -s -n -x".split()))
    if found.has("-l", "-V", "-T"):
        return Effect(fx.READS | fx.FILTERS)
    if found.has("-e"):
        return Effect(fx.INTERACTIVE | fx.CHANGES, call.shows(Workload.INTERACTIVE, "opens an editor"))
    if found.has("-r"):
        return Effect(fx.CHANGES | fx.DESTROYS, call.shows(Workload.DESTRUCTIVE, "removes every recurring command"))
    path = found.operands[0] if found.operands else "-"
    text = call.stdin if path == "-" else _file(call, path)
    if text is None or HIDDEN in text:
        return call.opaque("the table of recurring commands is not known")
    return _table(_alone(call), text)


def _file(call: Call, path: str) -> str | None:
    where = call.absolute(path) if known(path) and not call.machine else ""
    return call.around.read(where) if where else None


def _table(call: Call, text: str) -> Effect:
    """Return the effect of every command of a crontab; `%` starts a command's input (crontab(5))."""
    commands: list[str] = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#") or _ENVIRONMENT.match(line):
            continue
        match = _CRON_LINE.match(line)
        commands.append(match[1].partition("%")[0] if match else "")
    if not all(commands) or len(commands) > _MAX_LINES:
        return call.opaque("the table of recurring commands cannot be read")
    return _later(join([Effect(fx.CHANGES), *(call.run(command) for command in commands)]))


_SYSTEMD_RUN = grammar(
    "--user --system --scope --slice-inherit -r --remain-after-exit --send-sighup --no-block --wait -t --pty -T"
    " --pty-late -P --pipe -q --quiet -v --verbose -d --same-dir -S --shell -G --collect --ignore-failure"
    " --expand-environment"
    " --on-clock-change --on-timezone-change --no-ask-password --no-pager -h --help --version",
    "-H --host -M --machine -C --capsule -u --unit -p --property --description --slice --working-directory --uid --gid"
    " --nice -E --setenv --service-type --on-active --on-boot --on-startup --on-unit-active --on-unit-inactive"
    " --on-calendar --timer-property --path-property --socket-property --background --job-mode --json"
    " --root-directory -R",
)
_UNIT_RUNS = re.compile(r"Exec\w+=[-@:+!]*(.+)", re.DOTALL)


def systemd_run(call: Call) -> Effect:
    """Run a program as a unit, now or by a timer (systemd-run(1))."""
    reading = read(call.words, _SYSTEMD_RUN)
    found = reading.found
    if found.has("--help", "--version", "-h"):
        return _LOOK
    if found.has("-H", "--host") and found.operands:
        return remote(call, machine_of(found.value("-H", "--host")), shlex.join(found.operands))
    if found.has("-S", "--shell"):
        return Effect(
            fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell that waits for a person")
        )
    if not found.operands:
        return _LOOK
    others = [call.run(match[1]) for text in found.values("-p", "--property") if (match := _UNIT_RUNS.match(text))]
    inside = join((*others, begun(call, reading, found.operands)))
    waits = found.has("--wait", "--scope", "-P", "--pipe", "-t", "--pty")
    return change(inside, does=inside.does | fx.CHANGES, output=None) if waits else _later(inside)


_ROTATE_SCRIPT = re.compile(
    r"^[ \t]*(?:postrotate|prerotate|firstaction|lastaction|preremove)\s*\n(.*?)^[ \t]*endscript",
    re.MULTILINE | re.DOTALL,
)


def logrotate(call: Call) -> Effect:
    """Rotate logs, and run the scripts of its settings; those of the system are its own (logrotate(8))."""
    found = split(call.words, frozenset("-s --state -m --mail -l --log".split()))
    if found.has("-d", "--debug", "--version", "--usage", "-?", "--help"):
        return _LOOK
    effects = [Effect(fx.CHANGES), *(call.run(text) for text in found.values("-m", "--mail"))]
    for path in found.operands:
        if path.startswith("/etc/"):
            continue
        text = _file(call, path)
        if text is None:
            effects.append(call.opaque("the settings that it reads may name programs"))
        effects += [call.run(match[1]) for match in _ROTATE_SCRIPT.finditer(text or "")]
    return join(effects)


_NSPAWN = frozenset(
    """-D --directory -i --image -u --user -M --machine -E --setenv -p --port -n --bind --bind-ro --tmpfs --overlay
    --chdir -S --slice --hostname --uuid --property --oci-bundle --template --network-interface
    --network-bridge""".split()
)


def nspawn(call: Call) -> Effect:
    """Run a program in a container of its own, or its shell (systemd-nspawn(1))."""
    found = split(call.words, _NSPAWN - {"-n"}, stops=True)
    if found.has("--help", "--version"):
        return _LOOK
    if found.operands:
        return call.start(found.operands)
    return Effect(fx.INTERACTIVE | fx.UNSURE, call.shows(Workload.INTERACTIVE, "opens a shell or boots a container"))


def run_parts(call: Call) -> Effect:
    """Run every program of a folder (run-parts(8)); they are not followed."""
    if any(word in {"--test", "--list", "--version", "--help"} for word in call.words):
        return _LOOK
    return call.opaque("runs whatever programs are due or in a folder")


_QUEUE_VALUED: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        ("tsp", "ts", "task-spooler"), frozenset("-S -L -N -D -W -E -e -t -c -p -o -i -s -u -w -k -r -U -C -F".split())
    ),
    "daemonize": frozenset("-c -e -o -p -l -u -E".split()),
    "daemon": frozenset(
        "-n --name -D --chdir -u --user -o --output -O --stdout -E --stderr -F --pidfile -e --env".split()
    ),
}
_QUEUE_LOOKS = ("-l", "-h", "-V", "-i", "-o", "-s", "-p", "--help", "--version")


def queue(call: Call) -> Effect:
    """Run the words behind this program's own options, in its own time (nq(1), tsp(1), daemonize(1))."""
    found = split(call.words, _QUEUE_VALUED.get(call.name, frozenset()), stops=True)
    if found.operands:
        return _later(call.start(found.operands))
    if call.name in {"tsp", "ts", "task-spooler"} and found.has("-t", "-c"):
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows the output of a job"))
    return _LOOK if not found.options or found.has(*_QUEUE_LOOKS) else Effect(fx.CHANGES)


def timestamps(call: Call) -> Effect:
    """Mark each line of what is fed with the time (moreutils), or queue a program (task spooler)."""
    return Effect(fx.READS | fx.FILTERS) if call.fed else queue(call)


def chronic(call: Call) -> Effect:
    """Run a program, quiet unless it fails, or unless it runs already (chronic(1), run-one(1))."""
    return call.start(split(call.words, stops=True).operands)


_PUEUE_VALUED = frozenset(
    "-w --working-directory -g --group -d --delay -a --after -l --label -o --priority -c --config".split()
)


def pueue(call: Call) -> Effect:
    """Queue commands, or look at the queue."""
    found = split(call.words, _PUEUE_VALUED, stops=True)
    name, rest = (found.operands[0], found.operands[1:]) if found.operands else ("status", ())
    if name == "add":
        return _later(call.run(" ".join(split(rest, _PUEUE_VALUED, stops=True).operands)))
    if name == "follow":
        return Effect(fx.READS | fx.FOLLOWS, call.shows(Workload.LOG_TAIL, "follows the output of a job"))
    if name == "wait":
        return Effect(fx.READS, call.shows(Workload.LONG_RUNNING, "waits for a queue to end"))
    return _LOOK if name in {"status", "log", "help", "completions"} else Effect(fx.CHANGES)


_BATCH_LOOKS = frozenset(
    "squeue sinfo sacct sstat sprio sshare sreport qstat qhost bjobs bhosts bqueues condor_q".split()
)
_BATCH_CHANGES = frozenset("scancel qdel qalter qhold qrls bkill bstop bresume condor_rm scontrol".split())
_SRUN = frozenset(
    """-p --partition -N --nodes -n --ntasks -c --cpus-per-task -t --time -J --job-name -A --account -q --qos
    -w --nodelist
    -o --output -e --error -D --chdir -G --gpus --mem -C --constraint -x --exclude -d --dependency -a --array
    --gres""".split()
)


def batch(call: Call) -> Effect:
    """Hand work to a cluster's queue, or open a shell there (sbatch(1), srun(1), qsub(1))."""
    found = split(call.words, _SRUN, stops=True)
    if found.has("--test-only", "--help", "--version", "-V", "--usage"):
        return _LOOK
    shown = call.shows(Workload.CROSS_MACHINE, "hands work to a cluster")
    if _opens_shell(call.name, found):
        shown += call.shows(Workload.INTERACTIVE, "opens a shell on a node of a cluster")
    else:
        shown += call.shows(Workload.LONG_RUNNING, "a job of a cluster runs in its own time")
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown)


def _opens_shell(name: str, found: Options) -> bool:
    return name in {"srun", "salloc", "qrsh", "qlogin"} and (found.has("--pty") or not found.operands)


def batch_look(_call: Call) -> Effect:
    """List the jobs and nodes of a cluster."""
    return Effect(fx.READS | fx.REMOTE | fx.NETWORK)


def batch_change(call: Call) -> Effect:
    """Cancel or change jobs of a cluster."""
    if call.name == "scontrol" and call.words[:1] and call.words[0] in {"show", "ping", "version"}:
        return batch_look(call)
    return Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, call.shows(Workload.CROSS_MACHINE, "changes jobs of a cluster"))


_SSD = frozenset(
    """-x --exec -a --startas -p --pidfile -n --name -u --user -g --group -c --chuid -s --signal -r --chroot -d --chdir
    -N --nicelevel -P --procsched -I --iosched -k --umask -R --retry -O --output --pid --ppid""".split()
)


def start_stop_daemon(call: Call) -> Effect:
    """Start a program as a daemon, or stop it (start-stop-daemon(8))."""
    found = split(call.words, _SSD)
    if found.has("-T", "--status", "-t", "--test", "--help", "--version", "-H", "-V"):
        return _LOOK
    program = found.value("-a", "--startas") or found.value("-x", "--exec")
    if found.has("-K", "--stop"):
        name = found.value("-n", "--name") or program.rpartition("/")[2]
        return call.start(("pkill", "-x", name)) if name else Effect(fx.CHANGES)
    return _later(call.start((program, *found.operands))) if program else Effect(fx.UNSURE)


PROGRAMS = {
    **dict.fromkeys("at batch atq atrm".split(), at),
    "crontab": crontab,
    "logrotate": logrotate,
    "systemd-run": systemd_run,
    "systemd-nspawn": nspawn,
    **dict.fromkeys(("run-parts", "anacron"), run_parts),
    **dict.fromkeys("nq tsp task-spooler daemonize daemon".split(), queue),
    "ts": timestamps,
    **dict.fromkeys("chronic run-one run-this-one run-one-constantly run-one-until-success".split(), chronic),
    "pueue": pueue,
    **dict.fromkeys("sbatch srun salloc qsub qrsh qlogin bsub condor_submit".split(), batch),
    **dict.fromkeys(_BATCH_LOOKS, batch_look),
    **dict.fromkeys(_BATCH_CHANGES, batch_change),
    "start-stop-daemon": start_stop_daemon,
}
