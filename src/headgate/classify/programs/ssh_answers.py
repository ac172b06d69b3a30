"""What ssh's configuration answers for one host: the first value wins, and what only perhaps holds is told apart."""

from enum import Enum
from functools import lru_cache

import msgspec

from headgate.classify.programs.machines import host_name, is_address, is_here
from headgate.classify.programs.ssh_config import Block, Config, Criterion, listed


class Answer(msgspec.Struct, frozen=True):
    """The settings that matter: where the host is, and what ssh starts on the way; *doubtful* where they may differ.

    *asks*, *runs* and *proxies* are texts that ssh gives to a shell of this machine: to choose settings, when it
    connects, and to reach the host; *remote* is given to the host's shell. *used*: the configuration had its say.
    """

    hostname: str
    port: str = ""
    user: str = ""
    jump: str = ""
    remote: str = ""
    asks: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    proxies: tuple[str, ...] = ()
    doubtful: bool = False
    used: bool = False


_KEPT = frozenset(
    """
    hostname port user proxyjump proxycommand localcommand permitlocalcommand remotecommand knownhostscommand
    """.split()
)
_RIVALS = {"proxyjump": "proxycommand", "proxycommand": "proxyjump"}
_PLACING = frozenset({"hostname", "port", "proxyjump", "proxycommand"})


class Holds(Enum):
    """Whether a block holds for a host."""

    NO = 0
    PERHAPS = 1
    YES = 2


@lru_cache(maxsize=4096)
def ask(config: Config, host: str, user: str = "") -> Answer:
    """Return what *config* says of *host*, as named on the command line, for *user* (empty: the usual one)."""
    asking = _Asking(host, user)
    asking.read(config.blocks, final=False)
    if any(item.name in {"final", "canonical"} for block in config.blocks for line in block.matches for item in line):
        asking.read(config.blocks, final=True)
    return asking.answer()


class _Asking:
    """One run over the blocks; it gathers what surely holds, and apart from it what may."""

    def __init__(self, host: str, user: str) -> None:
        self.host = host
        self.user = user
        self.values: dict[str, str] = {}
        self.perhaps: dict[str, list[str]] = {}
        self.executed: dict[str, None] = {}

    def read(self, blocks: tuple[Block, ...], *, final: bool) -> None:
        for block in blocks:
            holds = self.holds(block, final=final)
            if holds is Holds.NO:
                continue
            for keyword, value in block.settings:
                if keyword not in _KEPT or keyword in self.values or _RIVALS.get(keyword) in self.values:
                    continue
                if holds is Holds.YES:
                    self.values[keyword] = value
                else:
                    self.perhaps.setdefault(keyword, []).append(value)

    def holds(self, block: Block, *, final: bool) -> Holds:
        if not all(listed(self.host, patterns) for patterns in block.hosts):
            return Holds.NO
        least = Holds.YES
        for line in block.matches:
            for item in line:
                found = self.meets(item, final=final)
                if found is Holds.NO:
                    return Holds.NO
                least = found if found is Holds.PERHAPS else least
        return least

    def meets(self, item: Criterion, *, final: bool) -> Holds:
        """Return whether one criterion of a `Match` line is met; a program that it names is remembered."""
        patterns = tuple(item.value.split(","))
        match item.name:
            case "all":
                met = True
            case "final":
                met = final
            case "host":
                met = listed(self.hostname(), patterns)
            case "originalhost":
                met = listed(self.host, patterns)
            case "user" if self.user or "user" in self.values:
                met = listed(self.user or self.values["user"], patterns)
            case "canonical" if not final:
                met = False
            case name:
                if name == "exec":
                    self.executed[self.filled(item.value)] = None
                return Holds.PERHAPS
        return Holds.YES if met is item.wanted else Holds.NO

    def hostname(self) -> str:
        """Return the host's name as far as it is known now, `%h` filled in."""
        given = self.values.get("hostname", "")
        return given.replace("%%", "\1").replace("%h", self.host).replace("\1", "%") if given else self.host

    def filled(self, text: str) -> str:
        """Return *text* with the marks that ssh fills in (ssh_config(5), TOKENS)."""
        if "%" not in text:
            return text
        user = self.user or self.values.get("user", "") or "user"
        marks = {"%h": self.hostname(), "%n": self.host, "%p": self.values.get("port", "22"), "%r": user}
        for mark, value in marks.items():
            text = text.replace(mark, value)
        return text.replace("%%", "%")

    def answer(self) -> Answer:
        """Return what was gathered."""
        permits = {word.lower() for word in self.every("permitlocalcommand")}
        local = self.every("localcommand") if permits & {"yes", "true"} else ()
        return Answer(
            self.hostname(),
            self.values.get("port", ""),
            self.values.get("user", ""),
            _some(self.values.get("proxyjump", "")),
            next(iter(self.every("remotecommand")), ""),
            tuple(self.executed),
            (*self.every("knownhostscommand"), *local),
            self.every("proxycommand"),
            not _PLACING.isdisjoint(self.perhaps),
            bool(self.values or self.perhaps or self.executed),
        )

    def every(self, keyword: str) -> tuple[str, ...]:
        """Return the texts that *keyword* surely or perhaps sets, their marks filled in; none for `none`."""
        found = [self.values[keyword]] if keyword in self.values else []
        return tuple(self.filled(text) for text in (*found, *self.perhaps.get(keyword, ())) if _some(text))


def _some(value: str) -> str:
    """Return *value*, or an empty string for `none`."""
    return "" if value.lower() == "none" else value


class Book(msgspec.Struct, frozen=True):
    """The names that a configuration gives to machines: *shown* by place, *places* by alias, *names* by shown name."""

    shown: dict[str, str]
    places: dict[str, str]
    names: dict[str, tuple[str, ...]]


@lru_cache(maxsize=16)
def book(config: Config) -> Book:
    """Return the names of the hosts that *config* spells out: a host is shown by its name, an address by its alias."""
    shown: dict[str, str] = {}
    places: dict[str, str] = {}
    names: dict[str, tuple[str, ...]] = {}
    for block in config.blocks:
        settings = dict(reversed(block.settings))
        for alias in block.hosts[-1] if block.hosts and "hostname" in settings else ():
            if alias.startswith("!") or "*" in alias or "?" in alias:
                continue
            name = alias.lower()
            place = place_of(settings["hostname"].replace("%h", alias), settings.get("port", ""))
            if not place or name in places:
                continue
            best = shown.setdefault(place, name if is_address(place) else place)
            places[name] = best
            names[best] = tuple(dict.fromkeys((*names.get(best, ()), name, place)))
    return Book(shown, places, names)


def place_of(host: str, port: str) -> str:
    """Return where *host* is: its name or address, `localhost:2222` behind a forwarded port, empty for this machine."""
    name = host_name(host.strip("[]"))
    if not is_here(name):
        return name
    return f"localhost:{port}" if port not in {"", "22"} else ""
