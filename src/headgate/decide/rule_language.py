"""One rule of a policy: its table to tests, obligations and examples, or every mistake in it."""

from collections.abc import Iterator, Mapping

import msgspec

from headgate.decide.conditions import Reader, Schema, Sets
from headgate.decide.durations import duration
from headgate.decide.examples import example
from headgate.decide.mistakes import Mistakes
from headgate.decide.rules import Example, Layer, Rule
from headgate.decide.vocabulary import ANSWERS, ID, LEASES, MOST_APPROVALS, RULE, WITH, WORKERS
from headgate.model.decision import NO_TERMS, Strictness, Terms

MOST_EXAMPLES = 50
"""Examples of one kind that a rule may have."""


def table_of(holder: Mapping[str, object], key: str, mistakes: Mistakes, line: int) -> dict[str, object]:
    """Return the table behind *key* in *holder*, which stands at *line* (0: the whole text), or an empty one."""
    value = holder.get(key, {})
    if isinstance(value, dict):
        return value
    mistakes.add(line, key, f"`{key}` is a table, not `{value}`")
    return {}


class Context(msgspec.Struct, frozen=True):
    """What a rule is read with: the file's *mistakes*, the *sets* and facts that it may name, its *layer*."""

    mistakes: Mistakes
    sets: Sets
    schema: Schema
    layer: Layer


class RuleReader:
    """Reads the rule in *table*; every mistake goes to the file's."""

    def __init__(self, table: dict[str, object], context: Context) -> None:
        self.table = table
        self.context = context
        self.mistakes = context.mistakes

    def rule(self) -> Rule:
        """Return the rule; where there is a mistake, what is returned is not to be used."""
        answer = self._answer()
        loosens = answer is Strictness.ALLOW
        with_ = self._inner("with")
        self.mistakes.unknown_keys(with_, WITH, "with")
        for key in ("pool", "worker") if loosens else ():
            if key in with_:
                self.mistakes.add_here(key, f"an allow rule has no `{key}`: what it allows runs where it is asked for")
        reader = Reader(self.mistakes, self.context.sets, self.context.schema, loosens=loosens)
        exceptions = Reader(self.mistakes, self.context.sets, self.context.schema, loosens=not loosens)
        return Rule(
            id=str(self.table.get("id", "")),
            answer=answer,
            when=reader.conditions(self._inner("when"), "when"),
            unless=exceptions.conditions(self._inner("unless"), "unless"),
            terms=self._terms(with_),
            reason=self._text("reason"),
            hint=self._text("hint"),
            pools=self._names(with_, "pool", ()),
            workers=self._names(with_, "worker", WORKERS),
            layer=self.context.layer,
            file=self.mistakes.name,
            line=self.mistakes.line,
            match=tuple(self._examples("match")),
            not_match=tuple(self._examples("not_match")),
        )

    def _inner(self, key: str) -> dict[str, object]:
        return table_of(self.table, key, self.mistakes, self.mistakes.line)

    def _answer(self) -> Strictness:
        self.mistakes.unknown_keys(self.table, RULE, "a rule")
        answer = ANSWERS.get(str(self.table.get("decision")))
        if answer is None:
            self.mistakes.add_word("decision", str(self.table.get("decision")), ANSWERS)
        if not ID.match(str(self.table.get("id", ""))):
            self.mistakes.add_here("id", "a rule needs an `id` of small letters, digits and dashes")
        if not self.table.get("reason"):
            self.mistakes.add_here("id", "a rule needs a `reason`")
        if answer is Strictness.ALLOW and not self.context.layer.loosens:
            what = f"a {self.context.layer} layer can only tighten; this allow rule would have no effect"
            self.mistakes.add_here("decision", what)
        return Strictness.DENY if answer is None else answer

    def _terms(self, table: dict[str, object]) -> Terms:
        limits: dict[str, float | None] = {}
        for key in ("budget", "max_run"):
            value = duration(table[key]) if key in table else None
            if key in table and (value is None or value <= 0):
                self.mistakes.add_here(key, f"with.{key} needs a duration such as `30s`, not `{table[key]}`")
            limits[key] = value
        lease = self._names(table, "lease", LEASES)
        terms = Terms(
            limits["budget"],
            limits["max_run"],
            approvers=self._names(table, "approvers", ()),
            lease=lease,
            approvals=self._approvals(table),
            not_requester=self._flag(table, "not_requester"),
        )
        return NO_TERMS if terms == NO_TERMS else terms

    def _approvals(self, table: dict[str, object]) -> int:
        value = table.get("approvals", 1)
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_APPROVALS:
            return value
        self.mistakes.add_here("approvals", f"with.approvals is a number from 1 to {MOST_APPROVALS}, not `{value}`")
        return 1

    def _flag(self, table: dict[str, object], key: str) -> bool:
        value = table.get(key, False)
        if not isinstance(value, bool):
            self.mistakes.add_here(key, f"with.{key} is true or false, not `{value}`")
        return value is True

    def _text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            self.mistakes.add_here(key, f"`{key}` is a sentence, not `{value}`")
        elif not value.isprintable():
            self.mistakes.add_here(key, f"`{key}` is one line, without control characters")
        return str(value)

    def _names(self, table: dict[str, object], key: str, known: tuple[str, ...]) -> tuple[str, ...]:
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

    def _examples(self, key: str) -> Iterator[Example]:
        value = self.table.get(key, [])
        if not isinstance(value, list):
            self.mistakes.add_here(key, f"`{key}` is a list of commands, or of tables of facts")
            return
        if len(value) > MOST_EXAMPLES:
            self.mistakes.add_here(key, f"more than {MOST_EXAMPLES} examples are not read")
            return
        for item in value:
            yield example(item, key, self.mistakes, self.context.schema)
