"""One file of a policy: text to rules, sets, windows, invariants and tests, or every mistake in it with its place."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeVar

import msgspec

from headgate.decide.conditions import Reader, Schema, Sets
from headgate.decide.durations import duration
from headgate.decide.examples import test
from headgate.decide.ledger import LONGEST_WINDOW
from headgate.decide.mistakes import Mistakes
from headgate.decide.rule_language import Context, RuleReader, table_of
from headgate.decide.rules import Invariant, Layer, Mode, Rule, Test, Window
from headgate.decide.schema import FACTS, window_fact
from headgate.decide.starting import AtStart, Connections, ExecGate
from headgate.decide.vocabulary import (
    ANSWERS,
    COUNTED,
    ENVIRONMENTS,
    ID,
    INVARIANT,
    LOOSENING,
    NAME,
    PROFILES,
    SETTINGS,
    TOP,
    WINDOW,
)
from headgate.model.decision import Strictness

Choice = TypeVar("Choice", bound=StrEnum)

MOST_RULES = 2000
"""Rules (or tests, or invariants) in one file; more are a mistake."""

MOST_WINDOWS = 64
"""Windows in one file; each call is counted in each."""


class Document(msgspec.Struct, frozen=True):
    """What one file says; *keys* are those at its top, `None` stands for what it leaves to others."""

    layer: Layer
    file: str
    keys: frozenset[str] = frozenset()
    profile: str | None = None
    default: Strictness | None = None
    comfort: float | None = None
    session_budget: float | None = None
    quick_wait: float | None = None
    mode: Mode | None = None
    approval: float | None = None
    override_max: float | None = None
    break_glass: bool | None = None
    exec_gate: ExecGate | None = None
    at_start: AtStart | None = None
    connections: Connections | None = None
    inventory: tuple[tuple[str, str], ...] = ()
    sets: dict[str, tuple[str, ...]] = {}
    windows: tuple[Window, ...] = ()
    rules: tuple[Rule, ...] = ()
    invariants: tuple[Invariant, ...] = ()
    tests: tuple[Test, ...] = ()


def read(mistakes: Mistakes, layer: Layer, sets: Sets, windows: tuple[Window, ...]) -> Document:
    """Return what the file of *mistakes* says, in *layer*, knowing the *sets* and *windows* of the layers above.

    Every mistake goes to *mistakes*; where there is one, what is returned is not to be used.
    """
    document = mistakes.document()
    return Document(layer, mistakes.name) if document is None else _File(document, mistakes, layer).read(sets, windows)


def schema_with(windows: tuple[Window, ...]) -> Schema:
    """Return the schema with the facts that *windows* make."""
    made = {item.name: window_fact(place, meaning(item)) for place, item in enumerate(windows)}
    return {**FACTS, **made} if made else FACTS


def meaning(window: Window) -> str:
    """Return what the fact of *window* means, for people."""
    what = f"distinct {window.fact}" if window.fact else "calls"
    return f"{what} in the last {window.over:g} s of the session, this call included"


class _File:
    """Reads one document."""

    def __init__(self, document: dict[str, object], mistakes: Mistakes, layer: Layer) -> None:
        self.document = document
        self.mistakes = mistakes
        self.layer = layer

    def read(self, above_sets: Sets, above_windows: tuple[Window, ...]) -> Document:
        self.mistakes.unknown_keys(self.document, TOP, "the policy")
        if self.document.get("schema") != 1 or self.document["schema"] is True:
            self.mistakes.add(0, "schema", "`schema = 1` is required: it says which facts the rules may test")
        self.placed()
        sets = self.sets(above_sets)
        self.every_set = {**above_sets, **sets}
        windows = tuple(self.windows(above_windows))
        self.schema = schema_with((*above_windows, *windows))
        context = Context(self.mistakes, self.every_set, self.schema, self.layer)
        settings = self.table(self.document, "settings")
        self.mistakes.unknown_keys(settings, SETTINGS, "settings")
        return Document(
            self.layer,
            self.mistakes.name,
            frozenset(self.document),
            self.word(self.document, "profile", PROFILES),
            ANSWERS.get(self.word(self.document, "default", tuple(ANSWERS)) or ""),
            self.seconds(settings, "comfort"),
            self.seconds(settings, "session_budget"),
            self.seconds(settings, "quick_wait"),
            self.choice(settings, "mode", Mode),
            self.seconds(settings, "approval"),
            self.seconds(settings, "override_max"),
            self.flag(settings, "break_glass"),
            self.choice(settings, "exec_gate", ExecGate),
            self.choice(settings, "at_start", AtStart),
            self.choice(settings, "connections", Connections),
            self.inventory(),
            sets,
            windows,
            tuple(RuleReader(table, context).rule() for table in self.parts("rule", "id")),
            tuple(self.invariant(table) for table in self.parts("invariant", "id")),
            tuple(self.test(table) for table in self.parts("test", "name")),
        )

    def placed(self) -> None:
        """Check that the file says nothing that its layer may not say."""
        said = self.word(self.document, "layer", tuple(map(str, Layer)))
        if said in tuple(Layer) and said != self.layer and not (said == Layer.SHIPPED and self.layer.loosens):
            self.mistakes.add(0, "layer", f"this file is read as the {self.layer} layer, not as `{said}`")
        if self.layer.loosens:
            return
        for key in LOOSENING:
            if key in self.document:
                what = f"`{key}` belongs to the organisation layer: a {self.layer} layer can only tighten"
                self.mistakes.add(0, key, what)
        if self.document.get("profile") == "observe":
            what = f"`observe` enforces nothing, so only the organisation layer can choose it, not a {self.layer} layer"
            self.mistakes.add(0, "profile", what)

    # -- tables ------------------------------------------------------------------------------

    def sets(self, above: Sets) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name, words in self.table(self.document, "sets").items():
            if name in above:
                self.mistakes.add(0, name, f"the set `{name}` is defined by a layer above; choose another name")
            known = words if isinstance(words, list) and all(isinstance(word, str) for word in words) else []
            if not known:
                self.mistakes.add(0, name, f'the set `{name}` is a list of words such as `["db-*"]`')
            elif any(word.startswith("$") for word in known):
                self.mistakes.add(0, name, f"the set `{name}` names another set: write its words")
            found[name] = tuple(word for word in known if not word.startswith("$"))
        return found

    def windows(self, above: tuple[Window, ...]) -> Iterator[Window]:
        taken = {window.name for window in above}
        tables = self.table(self.document, "window")
        if len(tables) > MOST_WINDOWS:
            self.mistakes.add(0, "window", f"more than {MOST_WINDOWS} windows are not read")
            return
        for name, table in tables.items():
            self.mistakes.enter_table("window", name)
            if not isinstance(table, dict):
                self.mistakes.add(0, "window", f"a window is a table: `[window.{name}]`")
                continue
            self.mistakes.unknown_keys(table, WINDOW, "a window")
            if name in FACTS or name in taken or not NAME.match(name):
                self.mistakes.add_here(name, "the name is that of a fact, or no name of small letters, digits and `_`")
            yield self.window(name, table)

    def window(self, name: str, table: dict[str, object]) -> Window:
        count, over = str(table.get("count", "")), duration(table.get("over"))
        what, _, fact = count.partition(" ")
        if count != "calls" and (what != "distinct" or fact not in COUNTED):
            known = ", ".join(f"`distinct {item}`" for item in COUNTED)
            self.mistakes.add_here("count", f"`count` is `calls` or one of {known}, not `{count}`")
        if over is None or not 0 < over <= LONGEST_WINDOW:
            self.mistakes.add_here("over", f"`over` is a duration of at most a day, not `{table.get('over')}`")
        reader = Reader(self.mistakes, self.every_set)
        where = reader.conditions(self.table(table, "where"), "where")
        return Window(name, over or 1.0, where, fact, self.layer)

    def inventory(self) -> tuple[tuple[str, str], ...]:
        table = self.table(self.document, "inventory")
        self.mistakes.unknown_keys(table, ENVIRONMENTS, "the inventory")
        found = []
        for name in ENVIRONMENTS:
            words = [table[name]] if isinstance(table.get(name), str) else table.get(name, [])
            if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
                self.mistakes.add(0, name, f'`{name}` is a list of patterns such as `["db-*"]`')
            else:
                found += [(name, word) for word in words]
        return tuple(found)

    def parts(self, part: str, key: str) -> Iterator[dict[str, object]]:
        """Yield the tables of `[[part]]`, each entered."""
        found = self.document.get(part, [])
        if not isinstance(found, list) or not all(isinstance(table, dict) for table in found):
            self.mistakes.add(0, part, f"{part}s are written as `[[{part}]]`, each a table of its own")
            return
        if len(found) > MOST_RULES:
            self.mistakes.add(0, part, f"more than {MOST_RULES} {part}s are not read")
            return
        for number, table in enumerate(found):
            self.mistakes.enter(number, str(table.get(key, f"number {number + 1}")), part)
            yield table

    def invariant(self, table: dict[str, object]) -> Invariant:
        self.mistakes.unknown_keys(table, INVARIANT, "an invariant")
        if not ID.match(str(table.get("id", ""))):
            self.mistakes.add_here("id", "an invariant needs an `id` of small letters, digits and dashes")
        reader = Reader(self.mistakes, self.every_set, self.schema)
        at_least = ANSWERS.get(self.word(table, "at_least", tuple(ANSWERS), needed=True) or "", Strictness.DENY)
        then = ANSWERS.get(self.word(table, "then", ("allow", "delegate")) or "", Strictness.ALLOW)
        return Invariant(
            str(table.get("id", "")),
            reader.conditions(self.table(table, "given"), "given"),
            at_least,
            reader.conditions(self.table(table, "unless"), "unless"),
            then,
            self.layer,
            self.mistakes.name,
            self.mistakes.line,
        )

    def test(self, table: dict[str, object]) -> Test:
        return test(table, self.mistakes, self.schema, self.layer)

    # -- small things ------------------------------------------------------------------------

    def table(self, holder: Mapping[str, object], key: str) -> dict[str, object]:
        return table_of(holder, key, self.mistakes, 0 if holder is self.document else self.mistakes.line)

    def word(
        self, holder: Mapping[str, object], key: str, known: tuple[str, ...], *, needed: bool = False
    ) -> str | None:
        """Return the word behind *key*, which is one of *known*."""
        if key not in holder and not needed:
            return None
        value = holder.get(key)
        if value not in known:
            line = self.mistakes.line if needed or holder is not self.document else 0
            prefix = f"{self.mistakes.part} `{self.mistakes.rule}`: " if needed else ""
            written = ", ".join(known[:-1]) + f" or {known[-1]}"
            self.mistakes.add(
                line if needed else 0, key, f"{prefix}`{key}` is {written}{'' if value is None else f', not `{value}`'}"
            )
            return None
        return str(value)

    def choice(self, table: Mapping[str, object], key: str, known: type[Choice]) -> Choice | None:
        found = self.word(table, key, tuple(map(str, known)))
        return None if found is None else known(found)

    def flag(self, table: Mapping[str, object], key: str) -> bool | None:
        value = table.get(key)
        if value is not None and not isinstance(value, bool):
            self.mistakes.add(0, key, f"settings.{key} is true or false, not `{value}`")
        return value if isinstance(value, bool) else None

    def seconds(self, table: Mapping[str, object], key: str) -> float | None:
        if key not in table:
            return None
        value = duration(table[key])
        if value is None:
            self.mistakes.add(0, key, f"settings.{key} needs a duration such as `30s`, not `{table[key]}`")
        return value
