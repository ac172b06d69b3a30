"""Which machine ssh and its kin reach, and what they start here on the way (ssh(1), ssh_config(5))."""

import shlex
from functools import lru_cache

import msgspec

from headgate.classify.effect import HIDDEN, SOME_MACHINE, WITHIN, Effect
from headgate.classify.programs.call import Call
from headgate.classify.programs.machines import host_name, machine_of
from headgate.classify.programs.options import Options
from headgate.classify.programs.ssh_answers import Answer, ask, book, place_of
from headgate.classify.programs.ssh_config import NO_CONFIG, Config, load, setting
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script

SYSTEM_CONFIG = "/etc/ssh/ssh_config"
_CARRIERS = frozenset(
    """
    nc ncat netcat connect connect-proxy corkscrew cloudflared websocat proxytunnel nc.openbsd nc.traditional httptunnel
    """.split()
)
_CARRYING = {
    "ssh": frozenset({"nc", "ncat", "netcat", "connect"}),
    "aws": frozenset({"start-session", "open-tunnel"}),
    "gcloud": frozenset({"start-iap-tunnel"}),
    "tsh": frozenset({"proxy"}),
    "tailscale": frozenset({"nc"}),
    "step": frozenset({"proxycommand"}),
    "coder": frozenset({"--stdio"}),
}
"""Programs that only carry bytes where one of these words stands among theirs."""
_STARTS = frozenset({"-e", "-c", "--exec", "--sh-exec", "--lua-exec", "-A", "-o"})
_SPECIAL = frozenset("|&;<>()$`\n")
_SHELLS = frozenset({"sh", "bash", "/bin/sh", "/bin/bash", "exec"})
_RUNS = frozenset({"localcommand", "knownhostscommand"})
_LIBRARIES = frozenset({"pkcs11provider", "securitykeyprovider", "xauthlocation"})
_INSTALLED = ("/usr/", "/opt/", "/nix/", "/lib", "/Library/", "/System/", "/snap/")
_MAX_JUMPS = 4


class Target(msgspec.Struct, frozen=True):
    """A *machine* (empty: this one), its other names, the effects of what ssh starts here, and its text over there."""

    machine: str
    known_as: tuple[tuple[str, str], ...] = ()
    starts: tuple[Effect, ...] = ()
    text: str = ""
    user: str = ""
    scripts: tuple[Script, ...] = ()


def settings(given: Options) -> dict[str, str]:
    """Return what the options `-o` set; the first value of a keyword wins."""
    found: dict[str, str] = {}
    for option in given.options.get("-o", ()):
        keyword, value = setting(option)
        found.setdefault(keyword, value[1:-1] if value[:1] == '"' == value[-1:] and value.count('"') == 2 else value)  # noqa: PLR2004 one pair
    return found


def reach(call: Call, target: str, given: Options, port: str = "-p") -> Target:
    """Return what the options *given* and the configuration make of *target* (`[ssh://][user@]host[:port]`)."""
    config, doubts = _config(call, given.value("-F"))
    user, host, own_port = _parts(target)
    options = settings(given)
    if not host or HIDDEN in host:
        return Target(SOME_MACHINE, starts=(*doubts, *_started(call, options, Answer(""), given)))
    user = given.value("-l") or user or options.get("user", "")
    answer = ask(config, host, user)
    jump = given.value("-J") or options.get("proxyjump", answer.jump)
    way = Answer(
        options.get("hostname", "").replace("%h", host) or answer.hostname,
        given.value(port) or options.get("port", "") or own_port or answer.port,
        jump="" if jump.lower() == "none" else jump,
        proxies=tuple(filter(_used, (options["proxycommand"],))) if "proxycommand" in options else answer.proxies,
        doubtful=answer.doubtful,
    )
    place = _place(call, config, host, way)
    known = book(config)
    machine = known.shown.get(place) or known.places.get(place, place)
    free = "hostname" in options or given.has("-F")
    typed = host.lower()
    names = {f"{WITHIN}{typed}" if free and typed != machine else typed, place} - {machine}
    starts = (*doubts, *_started(call, options, answer, given), *_jumped(call, config, way.jump))
    return Target(
        machine,
        tuple((machine, name) for name in sorted(names)) if machine else (),
        starts,
        options.get("remotecommand", answer.remote).removeprefix("none"),
        user or answer.user,
        scripts_of(config) if answer.used else (),
    )


def known_name(call: Call, machine: str) -> str:
    """Return the name that *machine* has where ssh's configuration spells it out as a `Host`; else as it is."""
    if not machine or call.machine:
        return machine
    return book(_config(call, "")[0]).places.get(machine, machine)


def chosen(call: Call, target: str, given: Options) -> tuple[Effect, ...]:
    """Return the effects of what ssh starts only to find the settings for *target* (`ssh -G`)."""
    config, doubts = _config(call, given.value("-F"))
    return (*doubts, *_judged(call, ask(config, _parts(target)[1]).asks))


def _config(call: Call, file: str) -> tuple[Config, tuple[Effect, ...]]:
    """Return the configuration that holds, and doubts about it; on another machine it is not ours."""
    if call.machine or file == "none":
        return NO_CONFIG, ()
    roots = (call.absolute(file) if HIDDEN not in file else "",) if file else default_roots(call.around.home)
    config = load(call.shell.settings, roots, call.around.home) if roots[0] else NO_CONFIG
    if config.whole and (config is not NO_CONFIG or not file or file == "/dev/null"):
        return config, ()
    return config, (call.opaque("ssh's configuration is not known before it runs"),)


@lru_cache(maxsize=64)
def default_roots(home: str) -> tuple[str, ...]:
    """Return the files that ssh reads where it is given none."""
    return (f"{home}/.ssh/config", SYSTEM_CONFIG) if home else (SYSTEM_CONFIG,)


@lru_cache(maxsize=16)
def scripts_of(config: Config) -> tuple[Script, ...]:
    """Return the files of *config*, with their hashes."""
    return tuple(Script(path, digest(text)) for path, text in config.files)


def _parts(target: str) -> tuple[str, str, str]:
    """Return user, host and port of `[ssh://][user@]host[:port]`."""
    scheme, mark, rest = target.partition("://")
    user, _, host = (rest.partition("/")[0] if mark else scheme).rpartition("@")
    if host.startswith("["):
        host, _, port = host[1:].partition("]")
        return user, host, port.removeprefix(":")
    head, _, port = host.partition(":")
    return (user, head, port) if port.isdigit() else (user, host, "")


def _place(call: Call, config: Config, host: str, way: Answer) -> str:
    """Return the place that *host* stands for: this machine only where no port, jump or proxy leads elsewhere."""
    if HIDDEN in way.hostname:
        return SOME_MACHINE
    name = place_of(way.hostname, "")
    if name and (call.machine or name not in call.around.hostnames):
        return name
    if way.jump:
        last = _parts(way.jump.rpartition(",")[2])[1]
        there = ask(config, last)
        return machine_of(there.hostname) if last else SOME_MACHINE
    if HIDDEN in way.port:
        return SOME_MACHINE
    if way.doubtful or way.proxies:
        return SOME_MACHINE if not place_of(host, "") else host_name(host)
    return place_of("localhost", way.port)


def _used(text: str) -> bool:
    return text.lower() not in {"", "none"}


def _started(call: Call, options: dict[str, str], answer: Answer, given: Options) -> tuple[Effect, ...]:
    """Return the effects of the programs that the options and the configuration let ssh start here."""
    texts = [*answer.asks, *answer.runs, *(value for name, value in options.items() if name in _RUNS)]
    if "proxycommand" in options:
        texts.append(options["proxycommand"])
    elif not given.has("-J") and "proxyjump" not in options:
        texts.extend(answer.proxies)
    loaded = [*given.values("-I"), *(value for name, value in options.items() if name in _LIBRARIES)]
    doubts = [
        call.opaque(f"ssh loads `{path}`")
        for path in loaded
        if path not in {"none", "internal"} and not path.startswith(_INSTALLED)
    ]
    if options and any(HIDDEN in name for name in options):
        doubts.append(call.opaque("an option of ssh is not known before it runs"))
    return (*doubts, *_judged(call, texts))


def _judged(call: Call, texts: list[str] | tuple[str, ...]) -> tuple[Effect, ...]:
    return tuple(call.run(text) for text in dict.fromkeys(texts) if _used(text) and not _carries(text))


def _jumped(call: Call, config: Config, jump: str) -> tuple[Effect, ...]:
    """Return the effects of what ssh starts to reach the jump hosts, which have settings of their own."""
    if not jump:
        return ()
    texts: list[str] = []
    rest, seen = [*jump.split(",")], set[str]()
    while rest and len(seen) < _MAX_JUMPS:
        host = _parts(rest.pop(0))[1]
        if not host or HIDDEN in host or host in seen:
            continue
        seen.add(host)
        answer = ask(config, host)
        texts += [*answer.asks, *answer.runs, *answer.proxies]
        rest += answer.jump.split(",")
    return _judged(call, texts)


def _carries(text: str) -> bool:
    """Whether *text* starts a program that only carries bytes to a host."""
    try:
        words = shlex.split(text)
    except ValueError:
        return False
    while words and words[0] in _SHELLS:
        if words[1:2] == ["-c"] and len(words) == 3:  # noqa: PLR2004 a shell, its option and one text
            return _carries(words[2])
        words = words[1:]
    if not words or not _SPECIAL.isdisjoint(text):
        return False
    name = words[0].rpartition("/")[2]
    if name in _CARRIERS:
        return _STARTS.isdisjoint(words)
    if name == "ssh" and any(word.startswith("-W") or (word[:1] == "-" and word.endswith("W")) for word in words):
        return not any("command" in word.lower() for word in words)
    return name in _CARRYING and not _CARRYING[name].isdisjoint(words)
