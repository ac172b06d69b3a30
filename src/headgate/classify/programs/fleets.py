"""Programs that reach many machines at once: parallel shells, ansible, salt and their kin."""

import re

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, join
from headgate.classify.programs.call import Call
from headgate.classify.programs.infrastructure import LIGHT, asks_help, near, valued
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.options import Options, split
from headgate.classify.programs.ssh import probe, session
from headgate.model.facts import Workload

_RANGE = re.compile(r"\[(\d+(?:[-:]\d+)?(?:,\d+(?:-\d+)?)*)\]")
_MAX_HOSTS = 100
_MANY = 2


def hosts(*texts: str) -> tuple[str, ...]:
    """Return the machines in lists such as `a,b` and `web[1-3]`; what cannot be told stands as `SOME_MACHINE`."""
    found: dict[str, None] = {}
    for text in texts:
        for item in _spread(text):
            if item.strip():
                found[machine_of(item.strip())] = None
    return tuple(name for name in found if name)


def _spread(text: str) -> list[str]:
    """Return the single hosts of *text*: lists taken apart outside brackets, the first ranges counted out."""
    if len(text) > 2000:  # noqa: PLR2004 no list a person writes
        return [HIDDEN]
    whole: list[str] = []
    for item in re.split(r"[,\s]+(?![^\[]*\])", text):
        match = _RANGE.search(item)
        if match is None:
            whole.append(item if "[" not in item and "*" not in item else HIDDEN)
        else:
            whole.extend(item[: match.start()] + number + item[match.end() :] for number in _numbers(match[1]))
    return whole[:_MAX_HOSTS]


def _numbers(text: str) -> list[str]:
    found: list[str] = []
    for part in text.split(","):
        low, dash, high = part.replace(":", "-").partition("-")
        if not dash:
            found.append(low)
            continue
        first, last = int(low[:9]), int(high[:9])
        found.extend(str(number).zfill(len(low)) for number in range(first, min(last, first + _MAX_HOSTS) + 1))
    return found


def everywhere(call: Call, names: tuple[str, ...], text: str) -> Effect:
    """Return the effect of *text* on each of the machines *names*; the hosts that are not known count as many."""
    machines = names or (SOME_MACHINE,)
    inside = call.run(text, machines[0]) if text else Effect(fx.UNSURE)
    effect = session(call, machines[0], inside, "runs on each of its machines")
    if probe(inside):
        effect = effect.without(Workload.REMOTE_SESSION)
        effect = change(effect, does=effect.does & ~fx.UNSURE, probes=len(machines))
        if machines != (SOME_MACHINE,) and len(machines) == 1:
            shown = call.shows(Workload.REMOTE_PROBE, f"one quick look at {machines[0]}")
            effect = change(effect, evidence=effect.evidence + shown)
    return many(call, change(effect, machines=(*machines, *inside.machines)), machines)


def many(call: Call, effect: Effect, machines: tuple[str, ...]) -> Effect:
    """State that *effect* lands on more than one machine, where it does."""
    if len(machines) == 1 and machines[0] != SOME_MACHINE:
        return effect
    shown = call.shows(Workload.MULTI_HOST, "runs on many machines")
    return change(effect, evidence=(*effect.evidence, *shown))


_PARALLEL_SSH = valued(
    "-H --host -h --hosts -l --user -p --par -o --outdir"
    " -e --errdir -t --timeout -O --option -x --extra-args -X --extra-arg"
    " -g --group --host-glob"
)
_PDSH = valued(
    "-w -x -l -t -u -f -R -g -G -M -N -j -o -c -S -m -r -n --hostfile -b --worker --nodes --group -F --exclude --option"
)
_GRAMMARS = {
    **dict.fromkeys(("pssh", "parallel-ssh", "pnuke", "parallel-nuke"), _PARALLEL_SSH),
    **dict.fromkeys(("pscp", "parallel-scp", "prsync", "parallel-rsync", "pslurp", "parallel-slurp"), _PARALLEL_SSH),
    "pdsh": _PDSH - {"-N", "-S", "-j", "-b", "-c", "-r", "-m", "-F", "-n", "-o"},
    "rpdcp": _PDSH,
    "pdcp": _PDSH,
    "dsh": valued(
        "-m --machine -g --group -f --file -n --num-topology -r --remoteshell -o --remoteshellopt -F --forklimit -i"
    ),
    "clush": valued(
        "-w --nodes -x --exclude -g --group -X -l --user -t"
        " -u -f --fanout -o --options -R --worker --hostfile --dest -O"
    ),
    "mussh": valued("-h --hosts -H --hostfile -l --user -c -C -m -p -o -i -t -d"),
    "cssh": valued("-l -o -c -g -p -K -a --action"),
    "clusterssh": valued("-l -o -c -g -p -K -a --action"),
    "sshpt": valued("-f -u -P -o -T -p"),
}
_COPIES = frozenset({"pscp", "parallel-scp", "prsync", "parallel-rsync", "pslurp", "parallel-slurp", "pdcp", "rpdcp"})
_HOST_OPTIONS = ("-H", "--host", "-w", "--nodes", "-m", "--machine", "--hosts", "-h")


def parallel_shell(call: Call) -> Effect:
    """Run a text on many hosts (pssh(1), pdsh(1), clush(1), dsh(1), mussh)."""
    found = split(call.words, _GRAMMARS[call.name], stops=call.name != "mussh")
    if not call.words or found.has("--version", "--help", "-V"):
        return near(call, LIGHT)
    files_first = call.name.startswith(("p", "rp")) and call.name not in {"pdsh", "pdcp"}
    literal = found.values(*(name for name in _HOST_OPTIONS if not (files_first and name in {"-h", "--hosts"})))
    names = hosts(*literal)
    if call.name in {"cssh", "clusterssh"}:
        names, text = hosts(*found.operands), ""
    else:
        text = found.value("-c") if call.name == "mussh" else " ".join(found.operands)
    if call.name in _COPIES or (call.name == "clush" and found.has("-c", "--copy", "--rcopy")):
        return _copies(call, names or (SOME_MACHINE,))
    effect = everywhere(call, names, text)
    if text:
        return effect
    shown = call.shows(Workload.INTERACTIVE, "waits for a person to type")
    return change(effect, does=effect.does | fx.INTERACTIVE, evidence=effect.evidence + shown)


def _copies(call: Call, names: tuple[str, ...]) -> Effect:
    shown = call.shows(Workload.TRANSFER, "copies files to or from many machines")
    return many(call, Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, names), names)


_ANSIBLE = valued(
    "-m --module-name -a --args -i --inventory -l --limit -u --user -e --extra-vars -f --forks -t --tags --skip-tags -c"
    " --connection -T --timeout --become-user --become-method --private-key --key-file -M --module-path --tree"
    " --vault-password-file --vault-id --start-at-task --ssh-common-args --ssh-extra-args -B --background -P --poll"
    " --playbook-dir -d --directory -U --url"
)
_MODULE_READS = frozenset(
    {
        "ping",
        "setup",
        "gather_facts",
        "stat",
        "debug",
        "service_facts",
        "package_facts",
        "slurp",
        "find",
        "getent",
        "win_ping",
        "assert",
    }
)
_MODULE_SHELLS = frozenset({"command", "shell", "raw", "script", "win_shell", "win_command"})
_LOOKS_ONLY = (
    "--check",
    "-C",
    "--syntax-check",
    "--list-hosts",
    "--list-tasks",
    "--list-tags",
    "--version",
    "--help",
    "-h",
)


def ansible(call: Call) -> Effect:
    """Run one module on the hosts of a pattern (ansible(1))."""
    found = split(call.words, _ANSIBLE)
    if found.has(*_LOOKS_ONLY) or not found.operands:
        return near(call, LIGHT)
    names = _pattern(found.operands[0], found)
    if not names:
        return call.run(found.value("-a", "--args")) if _module(found) in _MODULE_SHELLS else Effect(fx.UNSURE)
    module, words = _module(found), found.value("-a", "--args")
    if module in _MODULE_SHELLS and module != "script":
        return everywhere(call, names, words)
    if module in _MODULE_READS:
        return everywhere(call, names, "uptime")
    effect = session(call, names[0], Effect(fx.CHANGES), f"runs the module `{module.replace(HIDDEN, '…')}`")
    extra = (
        call.shows(Workload.RESTART, "changes the state of services")
        if module in {"service", "systemd", "reboot"}
        else ()
    )
    return many(call, change(effect, machines=names, evidence=effect.evidence + extra), names)


def _module(found: Options) -> str:
    return found.value("-m", "--module-name").rpartition(".")[2] or "command"


def _pattern(text: str, found: Options) -> tuple[str, ...]:
    """Return the machines of an ansible pattern: a group's name stands for hosts that are not known."""
    inventory = found.value("-i", "--inventory")
    if inventory.endswith(",") or "," in inventory:
        return hosts(inventory)
    limit = found.value("-l", "--limit")
    if text in {"localhost", "127.0.0.1"} and not limit:
        return ()
    listed = hosts((limit or text).replace(":", ","))
    single = len(listed) == 1 and "." in listed[0]
    return listed if single or (len(listed) > 1 and "all" not in listed) else (SOME_MACHINE,)


def playbook(call: Call) -> Effect:
    """Bring the hosts of a playbook into its state; checks and lists change nothing (ansible-playbook(1))."""
    found = split(call.words, _ANSIBLE)
    if found.has(*_LOOKS_ONLY) or not (found.operands or call.name == "ansible-pull"):
        return near(call, LIGHT)
    inventory, local = found.value("-i", "--inventory"), found.value("-c", "--connection") == "local"
    shown = call.shows(Workload.DEPLOY, "brings machines into the state of a playbook")
    if call.name == "ansible-pull" or local or inventory in {"localhost,", "127.0.0.1,"}:
        return Effect(fx.CHANGES, shown, touches=fx.touched(call.machine))
    named = inventory if "," in inventory else found.value("-l", "--limit").replace(":", ",")
    names = hosts(named) or (SOME_MACHINE,)
    touches = fx.touched(names[0])
    effect = Effect(fx.CHANGES | fx.REMOTE | fx.NETWORK, shown, names, touches=touches)
    return change(effect, evidence=(*shown, *call.shows(Workload.MULTI_HOST, "a playbook reaches many machines")))


_SALT = valued(
    "-t --timeout -b --batch-size --out --output -c --config-dir -l --log-level --roster --roster-file --user --priv"
)
_SALT_READS = (
    "test.",
    "grains.",
    "status.",
    "disk.",
    "network.",
    "pkg.list",
    "pkg.version",
    "service.status",
    "sys.",
    "pillar.",
)
_SALT_DEPLOYS = ("state.apply", "state.highstate", "state.sls", "state.orchestrate")


def salt(call: Call) -> Effect:
    """Run a function on the minions of a target (salt(1), salt-ssh(1))."""
    found = split(call.words, _SALT)
    if found.has("--version", "--help", "-d", "--doc") or len(found.operands) < _MANY:
        return near(call, LIGHT)
    target, function = found.operands[:2]
    names = hosts(target) if found.has("-L", "--list") or not {"*", "[", "?"} & set(target) else (SOME_MACHINE,)
    if function.startswith(_SALT_DEPLOYS):
        shown = () if "test=True" in found.operands else call.shows(Workload.DEPLOY, "brings minions into a state")
        effect = Effect((fx.CHANGES if shown else fx.READS) | fx.REMOTE | fx.NETWORK, shown, names)
        return many(call, effect, names) if shown else effect
    if function in {"cmd.run", "cmd.shell", "cmd.run_all"} or found.has("-r", "--raw"):
        return everywhere(call, names, " ".join(found.operands[2:] or (function,)))
    if function.startswith(_SALT_READS):
        return everywhere(call, names, "uptime")
    effect = everywhere(call, names, "")
    extra = call.shows(Workload.RESTART, "steers services") if function.startswith(("service.", "system.")) else ()
    return change(effect, evidence=effect.evidence + extra)


def salt_call(call: Call) -> Effect:
    """Run a function on this minion itself (salt-call(1))."""
    found = split(call.words, _SALT)
    if found.has("--version", "--help", "-d", "--doc") or not found.operands:
        return near(call, LIGHT)
    function = found.operands[0]
    if function in {"cmd.run", "cmd.shell"}:
        return call.run(" ".join(found.operands[1:]))
    if function.startswith(_SALT_DEPLOYS) and "test=True" not in found.operands:
        return Effect(fx.CHANGES, call.shows(Workload.DEPLOY, "brings this machine into a state"))
    return near(call, LIGHT) if function.startswith(_SALT_READS) else Effect(fx.UNSURE)


_FAB = valued(
    "-H --hosts -i --identity -c --collection -r --search-root"
    " -f --fabfile -u --user -R --roles -t --connect-timeout -z"
)


def fab(call: Call) -> Effect:
    """Run tasks, or the words behind `--`, on hosts (docs.fabfile.org)."""
    at = call.words.index("--") if "--" in call.words else len(call.words)
    found = split(call.words[:at], _FAB)
    if found.has("-l", "--list", "-V", "--version", "-h", "--help", "-d", "--dry", "--complete") or not call.words:
        return near(call, LIGHT)
    words = call.words[at + 1 :]
    names = hosts(*found.values("-H", "--hosts")) or ((SOME_MACHINE,) if found.has("-R", "--roles") else ())
    effect = everywhere(call, names, " ".join(words)) if names else Effect(fx.UNSURE)
    if any(word.startswith(("deploy", "release", "rollback")) for word in found.operands):
        effect = change(effect, evidence=effect.evidence + call.shows(Workload.DEPLOY, "runs a task that deploys"))
    return effect


def mco(call: Call) -> Effect:
    """Reach the nodes of a collective (mco(1))."""
    if asks_help(call.words):
        return near(call, LIGHT)
    text = "uptime" if call.words[0] in {"ping", "find", "inventory", "facts"} else ""
    return everywhere(call, (SOME_MACHINE,), text)


def bolt(call: Call) -> Effect:
    """Run a command, task or plan on targets (puppet.com/docs/bolt)."""
    found = split(
        call.words, valued("-t --targets -n --nodes -q --query -u --user -p --password -i --inventoryfile --rerun -m")
    )
    if asks_help(call.words) or found.operands[1:2] != ("run",) or found.has("--noop"):
        return near(call, LIGHT)
    names = hosts(*found.values("-t", "--targets", "-n", "--nodes"))
    if found.operands[0] == "command":
        return everywhere(call, names, " ".join(found.operands[2:]))
    return everywhere(call, names, "")


def knife(call: Call) -> Effect:
    """Look at a chef server, or run a text on the nodes of a query (docs.chef.io/workstation/knife_ssh)."""
    found = split(call.words, valued("-x -P -i -a -C -c --config -G -E --environment -N -r -u"))
    if asks_help(call.words) or not found.operands:
        return near(call, LIGHT)
    if found.operands[0] == "ssh":
        names = hosts(found.operands[1]) if found.has("-m", "--manual-list") and len(found.operands) > 1 else ()
        return everywhere(call, names, " ".join(found.operands[2:]))
    action = " ".join(found.operands[1:2])
    if action in {"list", "show", "status", "search", "diff"} or found.operands[0] in {
        "status",
        "search",
        "diff",
        "list",
        "show",
    }:
        return Effect(
            fx.READS | fx.NETWORK | fx.REMOTE,
            call.shows(Workload.REMOTE_PROBE, "one quick look at a chef server"),
            probes=1,
        )
    if found.operands[0] == "bootstrap":
        return everywhere(call, hosts(*found.operands[1:2]), "")
    workload = Workload.DESTRUCTIVE if "delete" in found.operands[1:3] else Workload.CROSS_MACHINE
    return Effect(fx.CHANGES | fx.NETWORK | fx.REMOTE, call.shows(workload, "changes what a chef server holds"))


def agent(call: Call) -> Effect:
    """Bring this machine into the state a server tells (puppet-agent(8), chef-client(8))."""
    words = set(call.words)
    tried = words & {"--noop", "--why-run", "-W", "--version", "--help", "-v", "-V", "-h", "help"}
    local = call.name == "puppet" and call.words[:1] not in {("agent",), ("apply",)}
    if tried or local or (call.name == "puppet" and not words):
        return near(call, LIGHT)
    shown = call.shows(Workload.DEPLOY, "brings this machine into the state of its server")
    return Effect(fx.CHANGES | fx.NETWORK, shown, touches=fx.touched(call.machine))


def rundeck(call: Call) -> Effect:
    """Start jobs on the nodes of a rundeck server, or look at them (`rd`)."""
    if asks_help(call.words):
        return near(call, LIGHT)
    if call.words[0] in {"run", "adhoc", "retry"}:
        return everywhere(call, (SOME_MACHINE,), "")
    return Effect(
        fx.READS | fx.NETWORK | fx.REMOTE, call.shows(Workload.REMOTE_PROBE, "one quick look at a server"), probes=1
    )


_GNU = valued(
    "-j --jobs -P -a --arg-file -S --sshlogin --slf --sshloginfile -I -n --max-args -N -d --delimiter --timeout --delay"
    " --joblog --results -C --colsep --halt --workdir --wd --retries --tmpdir --load --env --tagstring --block -L"
)
_SOURCES = frozenset({":::", ":::+", "::::", "::::+"})
_MAX_ITEMS = 20


def parallel(call: Call) -> Effect:
    """Run a command for each item: literal ones behind `:::`, others are not known (parallel(1))."""
    found = split(call.words, _GNU, stops=True)
    if found.has("--version", "--help", "--citation", "--dry-run", "--dryrun", "--number-of-cores"):
        return near(call, LIGHT)
    at = next((n for n, word in enumerate(found.operands) if word in _SOURCES), len(found.operands))
    command, source = found.operands[:at], found.operands[at:]
    marker = found.value("-I") or "{}"
    items = _items(call, found, source)
    logins = hosts(*found.values("-S", "--sshlogin")) if found.has("-S", "--sshlogin") else ()
    unknown = (SOME_MACHINE,) if found.has("--slf", "--sshloginfile", "--nonall", "--onall") and not logins else ()
    texts = [_filled(command, marker, item) for item in items]
    if texts == [HIDDEN]:
        return call.opaque("the commands it runs are not known before it runs")
    if logins or unknown:
        return everywhere(call, logins or unknown, texts[0] if texts else " ".join(command))
    whole = join([_job(call, command, text) for text in texts])
    if len(texts) == 1 and texts[0].find(HIDDEN) >= 0 and SOME_MACHINE in whole.machines:
        return change(whole, evidence=(*whole.evidence, *call.shows(Workload.MULTI_HOST, "one call for each host")))
    return whole


def _job(call: Call, command: tuple[str, ...], text: str) -> Effect:
    """Return the effect of one job; an item that is not known is a word of a plain command, never text."""
    plain = HIDDEN in text and not _SPECIAL & set("".join(command)) and len(command) > 1
    return call.start(tuple(text.split(" "))) if plain else call.run(text)


_SPECIAL = frozenset("|&;<>()$`\\\"' \t\n")


def _items(call: Call, found: Options, source: tuple[str, ...]) -> tuple[str, ...]:
    if source[:1] == (":::",) and not _SOURCES & set(source[1:]) and len(source) <= _MAX_ITEMS:
        return source[1:]
    if not source and call.stdin is not None and not found.has("-a", "--arg-file"):
        lines = tuple(line for line in call.stdin.splitlines() if line.strip())
        return lines if len(lines) <= _MAX_ITEMS else (HIDDEN,)
    return (HIDDEN,)


def _filled(command: tuple[str, ...], marker: str, item: str) -> str:
    """Return the text of one job; without a command the item itself is the text."""
    text = " ".join(command)
    if not text:
        return item
    for form in (marker, "{.}", "{/}", "{//}", "{/.}", "{1}"):
        if form in text:
            return text.replace(form, item)
    return f"{text} {item}"


PROGRAMS = {
    **dict.fromkeys(_GRAMMARS, parallel_shell),
    "ansible": ansible,
    **dict.fromkeys(("ansible-playbook", "ansible-pull"), playbook),
    **dict.fromkeys(("salt", "salt-ssh"), salt),
    "fab": fab,
    "mco": mco,
    "bolt": bolt,
    "knife": knife,
    **dict.fromkeys(("puppet", "chef-client", "chef-solo"), agent),
    "salt-call": salt_call,
    "rd": rundeck,
    "parallel": parallel,
}
