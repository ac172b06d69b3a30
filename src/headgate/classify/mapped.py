"""The effect of a tool that an entry of the tool map describes."""

import shlex
from collections.abc import Callable, Iterator, Mapping

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, SOME_MACHINE, Effect, change, evidence, join
from headgate.classify.paths import absolute
from headgate.classify.programs import PROGRAMS
from headgate.classify.programs.call import Call
from headgate.classify.programs.database_servers import reached
from headgate.classify.programs.machines import machine_of
from headgate.classify.programs.sql import sql
from headgate.classify.shell.nested import Nested
from headgate.classify.shell.parse import parse
from headgate.classify.shell.walk import Walk
from headgate.classify.surroundings import Surroundings
from headgate.classify.tool_code import MAX_TEXT, code, known_language, unknown
from headgate.classify.tool_map import FOR_A_SHELL, Entry, Form, Source, at, filled, listed, patched
from headgate.model.action import ToolAction
from headgate.model.facts import Look, Touch, Workload
from headgate.model.span import Span

NOWHERE = Span(0, 0)
_MAX_MACHINES = 64

_DOES = {
    "light": fx.NOTHING,
    "read": fx.READS,
    "write": fx.CHANGES,
    Workload.REMOTE_SESSION: fx.UNSURE | fx.REMOTE | fx.NETWORK,
    Workload.REMOTE_PROBE: fx.READS | fx.REMOTE | fx.NETWORK,
    Workload.MULTI_HOST: fx.UNSURE | fx.REMOTE | fx.NETWORK,
    Workload.DEPLOY: fx.CHANGES | fx.REMOTE | fx.NETWORK,
    Workload.RESTART: fx.CHANGES,
    Workload.LOG_TAIL: fx.READS | fx.FOLLOWS,
    Workload.REMEDIATION_LOOP: fx.CHANGES | fx.LOOPS,
    Workload.TRANSFER: fx.CHANGES | fx.REMOTE | fx.NETWORK,
    Workload.CROSS_MACHINE: fx.CHANGES | fx.REMOTE | fx.NETWORK,
    Workload.LONG_RUNNING: fx.UNSURE,
    Workload.INTERACTIVE: fx.INTERACTIVE | fx.UNSURE,
    Workload.OPAQUE: fx.UNSURE,
    Workload.DESTRUCTIVE: fx.CHANGES | fx.DESTROYS,
    Workload.CONTROL_PLANE: fx.CHANGES,
}
"""What follows from each word behind `is`."""


def mapped_effect(entry: Entry, action: ToolAction, around: Surroundings) -> Effect:
    """Return the effect of *action* as *entry* describes it; what the entry needs and the call lacks is `opaque`."""
    effect = _FORMS[entry.form](Asked(entry, action, around))
    doubts = list(_doubts(entry, action, around))
    effect = join((effect, *doubts)) if doubts else effect
    if _is_on(entry.detached.value(action.args)):
        shown = evidence(Workload.LONG_RUNNING, "the caller asked to run it in the background", None)
        effect = change(effect, evidence=(*effect.evidence, shown))
    return placeless(effect)


def _doubts(entry: Entry, action: ToolAction, around: Surroundings) -> Iterator[Effect]:
    """Yield what is unknown about a call that says too little or too much: what else it may run is judged as well."""
    more = entry.source.given(action.args)[1:]
    for path in more:
        yield _FORMS[entry.form](Asked(msgspec.structs.replace(entry, source=Source((path,))), action, around))
    if more:
        yield unknown(f"`{action.name}` is given more than one thing to run")
    if entry.form in {Form.SHELL, Form.ARGV}:
        yield from _environment(action, around)
    if entry.machine is not None:
        named = {str(at(action.args, path)) for path in entry.machine.given(action.args)}
        if len(named) > 1 or not _names_machines(entry.machine.value(action.args)):
            yield unknown(f"`{action.name}` does not say which machine it reaches")
    if entry.writes.paths and not Asked(entry, action, around).written:
        yield unknown(f"`{action.name}` does not say which file it writes")


def _environment(action: ToolAction, around: Surroundings) -> Iterator[Effect]:
    """Yield the effect of the variables that a call sets for its command, as if its text exported them."""
    for name in ("env", "environment"):
        value = action.args.get(name)
        if isinstance(value, dict) and value:
            yield run(
                "export " + " ".join(f"{key}={shlex.quote(str(item))}" for key, item in value.items()), around, ""
            )


def _names_machines(value: object) -> bool:
    """Whether *value* names a machine, or a few of them."""
    names = value if isinstance(value, list) else [value]
    return 0 < len(names) <= _MAX_MACHINES and all(isinstance(name, str) for name in names)


def placeless(effect: Effect) -> Effect:
    """Return *effect* with evidence that points nowhere: there is no one text to point into."""
    found = tuple(evidence(item.workload, item.message, None) for item in effect.evidence)
    return change(effect, evidence=found, output=None)


class Asked:
    """One call of a described tool, with its values looked up."""

    def __init__(self, entry: Entry, action: ToolAction, around: Surroundings) -> None:
        self.entry = entry
        self.action = action
        self.args = action.args
        self.around = around
        self.cwd = action.cwd
        if entry.cwd is not None and entry.cwd.value(action.args) is not None:
            given = entry.cwd.text(action.args)
            self.cwd = absolute(given, action.cwd, around.home) if given else ""

    @property
    def machines(self) -> tuple[str, ...]:
        """The machines that are meant, as ssh would take them; none for this one, `HIDDEN` where nobody knows."""
        if self.entry.machine is None:
            return ()
        found = self.entry.machine.value(self.args)
        every = found if isinstance(found, list) and found else [found]
        return tuple(_machine(name) for name in every[:_MAX_MACHINES] if name != "")

    @property
    def more(self) -> object:
        """The words that stand beside a command, in an argument of their own."""
        return next((self.args[name] for name in ("args", "arguments") if self.args.get(name)), None)

    @property
    def written(self) -> tuple[str, ...]:
        """The files that the call writes: those its arguments name, or a patch among them does."""
        given = [text for text in self.entry.writes.every(self.args) if "\n" not in text]
        given += [path for text in self.entry.writes.every(self.args) if "\n" in text for path in patched(text)]
        return tuple(absolute(path, self.cwd, self.around.home) or path for path in given)

    def run(self, text: str) -> Effect:
        """Return the effect of shell *text*, on the machine that is meant."""
        if len(text) > MAX_TEXT:
            return unknown("its text is too long to follow")
        if self.machines:
            return join([self.start(("ssh", machine, text)) for machine in self.machines])
        return run(text, self.around, self.cwd)

    def start(self, words: tuple[str, ...]) -> Effect:
        """Return the effect of *words* run as one command on this machine."""
        return start(words, self.around, self.cwd)

    def words(self, words: tuple[str, ...]) -> Effect:
        """Return the effect of *words* run as one command, on the machine that is meant."""
        if not self.machines:
            return self.start(words)
        text = HIDDEN if HIDDEN in "".join(words) else shlex.join(words)
        return join([self.start(("ssh", machine, text)) for machine in self.machines])

    def lacks(self, source: Source) -> Effect:
        """Return the effect of a call that does not give what it must."""
        named = " or ".join(f"`{'.'.join(path)}`" for path in source.paths)
        return unknown(f"`{self.action.name}` runs what {named} says, which it does not say in a known form")


def _machine(found: object) -> str:
    unnamed = not isinstance(found, str) or found in {SOME_MACHINE, HIDDEN}
    return HIDDEN if unnamed or str(found).startswith("-") or " " in str(found) else str(found)


def run(text: str, around: Surroundings, cwd: str) -> Effect:
    """Return the effect of shell *text* on this machine."""
    try:
        return Walk(PROGRAMS, around, cwd).node(parse(text, around.shell))
    except RecursionError:
        return unknown("it is nested too deep to follow")


def start(words: tuple[str, ...], around: Surroundings, cwd: str) -> Effect:
    """Return the effect of *words* run as one command on this machine."""
    try:
        return Walk(PROGRAMS, around, cwd).command(words, NOWHERE)
    except RecursionError:
        return unknown("it is nested too deep to follow")


def _is(asked: Asked) -> Effect:
    """Return the effect that the words behind `is` name."""
    entry, machines = asked.entry, tuple(dict.fromkeys(map(machine_of, asked.machines)))
    classes = [Workload(name) for name in entry.classes if name in _CLASSES]
    does = 0
    for name in entry.classes:
        does |= _DOES[name]
    if machines and "read" in entry.classes:
        classes.append(Workload.REMOTE_PROBE)
    if machines or Workload.REMOTE_PROBE in classes:
        does |= fx.REMOTE | fx.NETWORK
    machines = tuple(filter(None, machines))
    why = f"the tool map says so of `{asked.action.name}`"
    return Effect(
        does,
        tuple(evidence(workload, why, None) for workload in classes),
        machines,
        steps=1,
        rounds=1,
        probes=1 if Workload.REMOTE_PROBE in classes else 0,
        writes=asked.written,
        touches=_touches(does, machines[0] if machines else "", entry.service.text(asked.args) or ""),
    )


_CLASSES = frozenset(map(str, Workload))


def _touches(does: int, machine: str, service: str) -> tuple[Touch, ...]:
    if not machine and not service:
        return ()
    if does & (fx.CHANGES | fx.UNSURE):
        return (Touch(Look.CHANGE, machine, service),)
    return (Touch(Look.READ, machine, service),) if does & fx.READS else ()


def _shell(asked: Asked) -> Effect:
    text = asked.entry.source.text(asked.args)
    if text is None:
        return asked.lacks(asked.entry.source)
    return asked.run(text) if asked.more is None else _with_words(asked, text, asked.more)


def _argv(asked: Asked) -> Effect:
    """Return the effect of a list of words; a text in their place is a shell's."""
    found = asked.entry.source.value(asked.args)
    if asked.more is not None and found is not None:
        return _with_words(asked, found, asked.more)
    if isinstance(found, str):
        return asked.run(found)
    if not isinstance(found, list) or not found or not all(isinstance(word, str) for word in found):
        return asked.lacks(asked.entry.source)
    return asked.words(tuple(found))


def _with_words(asked: Asked, found: object, more: object) -> Effect:
    """Return the effect of a command whose other words stand in an argument of their own."""
    words, rest = listed(found), listed(more)
    if not words or rest is None:
        return join((asked.run(str(found)), asked.lacks(asked.entry.source)))
    effect = asked.words((*words, *rest))
    if FOR_A_SHELL.isdisjoint("".join(rest)):
        return effect
    return join((effect, asked.run(" ".join((*words, *rest)))))  # some tools join them for a shell


def _code(asked: Asked) -> Effect:
    """Return the effect of code, in the language that the entry or the call names."""
    text = asked.entry.source.text(asked.args)
    language = asked.entry.language.text(asked.args)
    if text is None:
        return asked.lacks(asked.entry.source)
    if not known_language(language):
        return unknown(f"`{asked.action.name}` runs code in a language that is not known")
    return code(text, known_language(language), asked.words, asked.run)


def _sql(asked: Asked) -> Effect:
    """Return the effect of SQL, on the machine that is meant."""
    text = asked.entry.source.text(asked.args)
    if text is None:
        return asked.lacks(asked.entry.source)
    where = [machine_of(machine) for machine in asked.machines] or [""]
    return join([statements(asked.action.name, text, machine, asked.around) for machine in where])


def statements(name: str, text: str, machine: str, around: Surroundings) -> Effect:
    """Return the effect of SQL *text* that the tool *name* runs on *machine*; empty is this machine."""
    if len(text) > MAX_TEXT:
        return unknown("its text is too long to follow")
    call = Call(name, (), NOWHERE, Nested(Walk(PROGRAMS, around, "")), around)
    does, started = sql(call, text)
    effect = reached(call, machine, does, f"`{name}`")
    return join((change(effect, steps=1, rounds=1), *started))


def _like(asked: Asked) -> Effect:
    """Return the effect of the command that does the same."""
    words, sure = filled(asked.entry.like, asked.args)
    effect = asked.words(words)
    if sure:
        return effect
    return join((effect, unknown(f"an argument of `{asked.action.name}` is missing, or is no name")))


_FORMS: Mapping[Form, Callable[[Asked], Effect]] = {
    Form.IS: _is,
    Form.SHELL: _shell,
    Form.ARGV: _argv,
    Form.CODE: _code,
    Form.SQL: _sql,
    Form.LIKE: _like,
}


def _is_on(value: object) -> bool:
    return value not in {None, False, "", "false"} if not isinstance(value, list | dict) else True
