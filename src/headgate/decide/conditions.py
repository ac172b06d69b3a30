"""Conditions: one test on one fact, as a value that can be read, written, evaluated and proved about."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum

import msgspec

from headgate.decide.durations import duration, number
from headgate.decide.globs import fits, may_fit
from headgate.decide.mistakes import Mistakes
from headgate.decide.names import HOLE, Value
from headgate.decide.schema import FACTS, MEASURES, Fact, Kind

Sets = Mapping[str, tuple[str, ...]]
Schema = Mapping[str, Fact]


class Operator(StrEnum):
    """The tests there are."""

    IS = "is"
    GLOB = "glob"
    ANY = "any"
    ONLY = "only"
    NONE = "none"
    AT_LEAST = "at_least"
    BELOW = "below"


ON = {
    Kind.FLAG: (Operator.IS,),
    Kind.CHOICE: (Operator.IS,),
    Kind.TEXT: (Operator.GLOB,),
    Kind.NAMES: (Operator.ANY, Operator.ONLY, Operator.NONE),
    Kind.NUMBER: (Operator.AT_LEAST, Operator.BELOW),
    Kind.DURATION: (Operator.AT_LEAST, Operator.BELOW),
    Kind.DATE: (Operator.AT_LEAST, Operator.BELOW),
}
"""The operators for each kind of fact."""


class Condition(msgspec.Struct, frozen=True):
    """One test: *words* are the accepted words or patterns (a flag's are `true` or `false`), *bound* is for measures.

    Durations are in seconds, dates are proleptic ordinals.
    """

    fact: str
    operator: Operator
    words: tuple[str, ...] = ()
    bound: float = 0.0

    def holds(self, value: Value, *, may: bool) -> bool:
        """Whether it holds of *value*; with *may*, whether it may hold where the value or a part of it is unknown."""
        if value is None:
            return may
        match self.operator:
            case Operator.IS:
                return (str(value).lower() if isinstance(value, bool) else value) in self.words
            case Operator.AT_LEAST:
                return isinstance(value, int | float) and value >= self.bound
            case Operator.BELOW:
                return isinstance(value, int | float) and value < self.bound
            case Operator.GLOB:
                return isinstance(value, str) and self._fits(value, may=may)
            case _:
                return isinstance(value, tuple) and self._of_set(value, may=may)

    def _of_set(self, names: tuple[str, ...], *, may: bool) -> bool:
        if self.operator is Operator.ANY:
            return any(self._fits(name, may=may) for name in names)
        if self.operator is Operator.ONLY:
            return bool(names) and all(self._fits(name, may=may) for name in names)
        return not any(self._fits(name, may=not may) for name in names)

    def _fits(self, text: str, *, may: bool) -> bool:
        if text == HOLE:  # a name that nobody knows, or none at all
            return may
        fit = may_fit if may and HOLE in text else fits
        return any(fit(word, text) for word in self.words)


class Reader:
    """Reads the tests of one place of a file: *sets* are the named lists, *schema* the facts there are.

    With *loosens*, `any` on a set is refused: a compound command carries several names.
    """

    def __init__(self, mistakes: Mistakes, sets: Sets, schema: Schema = FACTS, *, loosens: bool = False) -> None:
        self.mistakes = mistakes
        self.sets = sets
        self.schema = schema
        self.loosens = loosens

    def conditions(self, table: Mapping[str, object], place: str) -> tuple[Condition, ...]:
        """Return the tests of *table*, which stands at *place* (`when`, `unless`, `given`, `where`)."""
        found: list[Condition] = []
        for name, wanted in table.items():
            fact = self.schema.get(name)
            if fact is None:
                self.mistakes.add_word(place, name, self.schema)
            elif fact.kind in {Kind.FLAG, Kind.CHOICE}:
                found.extend(self._is(name, fact, wanted))
            elif not isinstance(wanted, dict) or not wanted:
                tests = " or ".join(f"`.{operator}`" for operator in ON[fact.kind])
                self.mistakes.add_here(name, f"`{name}` is {fact.kind.value}: test it with {tests}")
            else:
                for operator, value in wanted.items():
                    found.extend(self._test(name, fact, operator, value))
        return tuple(found)

    def _is(self, name: str, fact: Fact, wanted: object) -> Iterable[Condition]:
        if fact.kind is Kind.FLAG:
            if isinstance(wanted, bool):
                yield Condition(name, Operator.IS, (str(wanted).lower(),))
            else:
                self.mistakes.add_here(name, f"`{name}` is true or false, not `{wanted}`")
            return
        words = self.words(name, wanted)
        self._known(name, words, fact)
        yield Condition(name, Operator.IS, words)

    def _test(self, name: str, fact: Fact, operator: str, wanted: object) -> Iterable[Condition]:
        if operator not in ON[fact.kind]:
            known = ", ".join(ON[fact.kind])
            self.mistakes.add_here(name, f"`{name}.{operator}` is no test on {fact.kind.value}: {known}")
        elif operator == "any" and self.loosens:
            self.mistakes.add_here(name, f"`{name}.any` cannot loosen: use `.only`, a call carries several names")
        elif fact.kind in MEASURES:
            bound = measure(fact.kind, wanted)
            if bound is None:
                needs = f"`{name}.{operator}` needs {fact.kind.value}, not `{wanted}`"
                self.mistakes.add_here(name, needs)
            else:
                yield Condition(name, Operator(operator), bound=bound)
        else:
            yield Condition(name, Operator(operator), self._patterns(name, fact, wanted))

    def _patterns(self, name: str, fact: Fact, wanted: object) -> tuple[str, ...]:
        words = self.words(name, wanted)
        if fact.words:
            self._known(name, [word for word in words if "*" not in word], fact)
            return words
        for word in words:
            if any(mark in word for mark in "?[") and fact.kind is Kind.NAMES and name == "machines":
                self.mistakes.add_here(word, f"`{word}`: only `*` is a pattern here, for any text")
        return tuple(word.lower() for word in words) if fact.folds else words

    def _known(self, name: str, words: Iterable[str], fact: Fact) -> None:
        for word in words:
            if word not in fact.words:
                self.mistakes.add_word(name, word, fact.words)

    def words(self, name: str, wanted: object) -> tuple[str, ...]:
        """Return a word or a list of words, with the named lists (`$name`) in place of their names."""
        given = [wanted] if isinstance(wanted, str) else wanted
        if not isinstance(given, list) or not given or not all(isinstance(word, str) for word in given):
            self.mistakes.add_here(name, f"`{name}` needs a word or a list of words, not `{wanted}`")
            return ()
        found: list[str] = []
        for word in given:
            if not word.startswith("$"):
                found.append(word)
            elif word[1:] in self.sets:
                found.extend(self.sets[word[1:]])
            else:
                self.mistakes.add_word("sets", word[1:], self.sets)
        return tuple(dict.fromkeys(found))


def measure(kind: Kind, wanted: object) -> float | None:
    """Return the number that *wanted* stands for, in the unit of *kind*; `None` where it is none."""
    if kind is Kind.DATE:
        return float(wanted.toordinal()) if type(wanted) is date else None
    if kind is Kind.DURATION:
        return duration(wanted)
    return number(wanted)
