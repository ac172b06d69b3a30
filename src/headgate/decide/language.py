"""One file of a policy: text to rules, sets, windows, invariants and tests, or every mistake in it with its place."""

import re
from collections.abc import Iterator, Mapping

import msgspec

from headgate.decide.conditions import Reader, Schema, Sets
from headgate.decide.durations import duration
from headgate.decide.examples import example, test
from headgate.decide.ledger import LONGEST_WINDOW
from headgate.decide.mistakes import Mistakes
from headgate.decide.rules import Example, Invariant, Layer, Mode, Rule, Test, Window
from headgate.decide.schema import FACTS, window_fact
from headgate.model.decision import NO_TERMS, Strictness, Terms

TOP = ("schema", "layer", "profile", "default", "settings", "sets", "inventory", "window", "rule", "invariant", "test")
LOOSENING = ("default", "settings", "inventory")
RULE = ("id", "decision", "when", "unless", "with", "reason", "hint", "match", "not_match")
WITH = ("budget", "max_run", "pool", "worker", "lease", "approvers")
SETTINGS = ("comfort", "quick_wait", "mode")
WINDOW = ("count", "over", "where")
INVARIANT = ("id", "given", "unless", "at_least", "then", "reason")
ENVIRONMENTS = ("prod", "staging", "dev")
WORKERS = ("command", "agent")
LEASES = ("machine", "environment")
PROFILES = ("strict", "balanced", "observe")
COUNTED = ("machines", "programs", "commands", "workload", "writes_files")
ANSWERS = {answer.word: answer for answer in Strictness}

MOST_RULES = 5000
"""Rules in one file; more are a mistake."""

_ID = re.compile(r"[a-z][a-z0-9-]*\Z")
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class Document(msgspec.Struct, frozen=True):
    """What one file says; *keys* are those at its top, `None` stands for what it leaves to others."""

    layer: Layer
    file: str
    keys: frozenset[str] = frozenset()
    profile: str | None = None
    default: Strictness | None = None
    comfort: float | None = None
    quick_wait: float | None = None
    mode: Mode | None = None
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
        if self.document.get("schema") != 1:
            self.mistakes.add(0, "schema", "`schema = 1` is required: it says which facts the rules may test")
        self.placed()
        sets = self.sets(above_sets)
        self.every_set = {**above_sets, **sets}
        windows = tuple(self.windows(above_windows))
        self.schema = schema_with((*above_windows, *windows))
        settings = self.table(self.document, "settings")
        self.mistakes.unknown_keys(settings, SETTINGS, "settings")
        return Document(
            self.layer,
            self.mistakes.name,
            frozenset(self.document),
            self.word(self.document, "profile", PROFILES),
            ANSWERS.get(self.word(self.document, "default", tuple(ANSWERS)) or ""),
            self.seconds(settings, "comfort"),
            self.seconds(settings, "quick_wait"),
            Mode(found) if (found := self.word(settings, "mode", tuple(Mode))) in tuple(Mode) else None,
            self.inventory(),
            sets,
            windows,
            tuple(_Rule(table, self).rule() for table in self.parts("rule", "id")),
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
        for name, table in self.table(self.document, "window").items():
            self.mistakes.enter_table("window", name)
            if not isinstance(table, dict):
                self.mistakes.add(0, "window", f"a window is a table: `[window.{name}]`")
                continue
            self.mistakes.unknown_keys(table, WINDOW, "a window")
            if name in FACTS or name in taken or not _NAME.match(name):
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
        if not _ID.match(str(table.get("id", ""))):
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
        value = holder.get(key, {})
        if isinstance(value, dict):
            return value
        line = 0 if holder is self.document else self.mistakes.line
        self.mistakes.add(line, key, f"`{key}` is a table, not `{value}`")
        return {}

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

    def seconds(self, table: Mapping[str, object], key: str) -> float | None:
        if key not in table:
            return None
        value = duration(table[key])
        if value is None:
            self.mistakes.add(0, key, f"settings.{key} needs a duration such as `30s`, not `{table[key]}`")
        return value


class _Rule:
    """Reads one rule."""

    def __init__(self, table: dict[str, object], file: _File) -> None:
        self.table = table
        self.file = file
        self.mistakes = file.mistakes

    def rule(self) -> Rule:
        answer = self.answer()
        loosens = answer is Strictness.ALLOW
        with_ = self.file.table(self.table, "with")
        self.mistakes.unknown_keys(with_, WITH, "with")
        for key in ("pool", "worker") if loosens else ():
            if key in with_:
                self.mistakes.add_here(key, f"an allow rule has no `{key}`: what it allows runs where it is asked for")
        reader = Reader(self.mistakes, self.file.every_set, self.file.schema, loosens=loosens)
        exceptions = Reader(self.mistakes, self.file.every_set, self.file.schema, loosens=not loosens)
        return Rule(
            id=str(self.table.get("id", "")),
            answer=answer,
            when=reader.conditions(self.file.table(self.table, "when"), "when"),
            unless=exceptions.conditions(self.file.table(self.table, "unless"), "unless"),
            terms=self.terms(with_),
            reason=self.text("reason"),
            hint=self.text("hint"),
            pools=self.names(with_, "pool", ()),
            workers=self.names(with_, "worker", WORKERS),
            layer=self.file.layer,
            file=self.mistakes.name,
            line=self.mistakes.line,
            match=tuple(self.examples("match")),
            not_match=tuple(self.examples("not_match")),
        )

    def answer(self) -> Strictness:
        self.mistakes.unknown_keys(self.table, RULE, "a rule")
        answer = ANSWERS.get(str(self.table.get("decision")))
        if answer is None:
            self.mistakes.add_word("decision", str(self.table.get("decision")), ANSWERS)
        if not _ID.match(str(self.table.get("id", ""))):
            self.mistakes.add_here("id", "a rule needs an `id` of small letters, digits and dashes")
        if not self.table.get("reason"):
            self.mistakes.add_here("id", "a rule needs a `reason`")
        if answer is Strictness.ALLOW and not self.file.layer.loosens:
            what = f"a {self.file.layer} layer can only tighten; this allow rule would have no effect"
            self.mistakes.add_here("decision", what)
        return Strictness.DENY if answer is None else answer

    def terms(self, table: dict[str, object]) -> Terms:
        limits: dict[str, float | None] = {}
        for key in ("budget", "max_run"):
            value = duration(table[key]) if key in table else None
            if key in table and (value is None or value <= 0):
                self.mistakes.add_here(key, f"with.{key} needs a duration such as `30s`, not `{table[key]}`")
            limits[key] = value
        lease = self.names(table, "lease", LEASES)
        approvers = self.names(table, "approvers", ())
        if not approvers and not lease and not any(limits.values()):
            return NO_TERMS
        return Terms(limits["budget"], limits["max_run"], approvers=approvers, lease=lease)

    def text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.mistakes.add_here(key, f"`{key}` is a sentence, not `{value}`")
        return str(value)

    def names(self, table: dict[str, object], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
        """Return a name or a list of names, sorted; those of *known* where that is a closed list."""
        if key not in table:
            return ()
        value = [table[key]] if isinstance(table[key], str) else table[key]
        if not isinstance(value, list) or not value or not all(isinstance(word, str) and word for word in value):
            self.mistakes.add_here(key, f"with.{key} is a name or a list of names, not `{table[key]}`")
            return ()
        for word in value:
            if known and word not in known:
                self.mistakes.add_word(f"with.{key}", word, known)
        return tuple(sorted(set(value)))

    def examples(self, key: str) -> Iterator[Example]:
        value = self.table.get(key, [])
        if not isinstance(value, list):
            self.mistakes.add_here(key, f"`{key}` is a list of commands, or of tables of facts")
            return
        for item in value:
            yield example(item, key, self.mistakes, self.file.schema)
