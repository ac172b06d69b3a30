"""Rules from elsewhere to the text of a policy layer: names, examples that hold, TOML."""

import re
from collections.abc import Container, Iterable, Iterator, Sequence

import msgspec

from headgate.classify import Inventory, Surroundings, classify
from headgate.configure.carry.rules import ALLOW, Carried, Kept, Left, Rule, left
from headgate.decide.conditions import Condition
from headgate.decide.examples import LONGEST
from headgate.decide.language import MOST_RULES
from headgate.decide.names import HOLE, MAX_TEXT
from headgate.decide.rule_language import MOST_EXAMPLES
from headgate.decide.rules import Layer
from headgate.decide.schema import Situation, values
from headgate.model.action import ShellAction, Thread
from headgate.model.decision import Strictness

_AROUND = Surroundings(home="/home/user")
_CWD = "/repo"

_LONGEST_ID = 48
_LONGEST_LABEL = 100
_VERBS = {Strictness.ALLOW: "allow", Strictness.CONFIRM: "ask a person before", Strictness.DENY: "deny"}

_ESCAPES = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
_ESCAPED = re.compile('[\x00-\x1f"\\\\\x7f]')
_SURROGATE = re.compile("[\ud800-\udfff]")


def written(items: Iterable[Rule | Left], prefix: str, layer: Layer) -> Carried:
    """Return *items* as the file of *layer*; the ids of its rules begin with *prefix*."""
    blocks: list[str] = []
    kept: list[Kept] = []
    behind: list[Left] = []
    ids: dict[tuple[object, ...], str] = {}
    taken: set[str] = set()
    for item in items:
        why = item.why if isinstance(item, Left) else refused(item, layer)
        if isinstance(item, Left) or why:
            behind.append(item if isinstance(item, Left) else left(item.place, why))
            continue
        rule, notes = tried(item)
        key = (rule.decision, rule.when, reason(rule), rule.match, rule.not_match)
        if key not in ids:
            if len(ids) == MOST_RULES:
                behind.append(left(item.place, f"a file of a policy holds at most {MOST_RULES} rules"))
                continue
            ids[key] = free(f"{prefix}-{slug(rule.label)}", taken)
            taken.add(ids[key])
            blocks.append(block(rule, ids[key], notes))
        kept.append(Kept(item.place.file, item.place.line, item.place.rule, ids[key], "; ".join(notes)))
    return Carried("\n".join([head(layer), *blocks]), tuple(kept), tuple(behind))


# -- what can stand in a layer ---------------------------------------------------------------------


def refused(rule: Rule, layer: Layer) -> str:
    """Return why *rule* cannot stand in *layer*; empty where it can."""
    if rule.decision is ALLOW and not layer.loosens:
        return f"it allows, and a {layer} layer can only tighten"
    if rule.decision is ALLOW and rule.wider:
        return f"as an allow rule it would let more through: {'; '.join(rule.wider)}"
    for word in (word for item in rule.when for word in item.words):
        if word.startswith("$"):
            return f"`{word}` would name a list of the policy here: a pattern cannot begin with `$`"
        if HOLE in word or _SURROGATE.search(word) or len(word) > MAX_TEXT:
            return "it holds what no name of a policy can hold, or is too long for one"
    return ""


def tried(rule: Rule) -> tuple[Rule, tuple[str, ...]]:
    """Return *rule* with the examples that hold here, and all that a reader should know about it."""
    match = _few(command for command in rule.match if speaks(rule, command))
    not_match = _few(command for command in rule.not_match if not speaks(rule, command))
    lost = [*_lost("match", rule.match, match), *_lost("not_match", rule.not_match, not_match)]
    return msgspec.structs.replace(rule, match=match, not_match=not_match), (*rule.wider, *rule.notes, *lost)


def _lost(key: str, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
    for command in before:
        if command not in after:
            yield f"the example `{shown(command)}` of `{key}` does not hold here and is left out"


def speaks(rule: Rule, command: str) -> bool:
    """Whether *rule* speaks of *command*, as the policy will see it."""
    facts = values(classify(ShellAction(command, _CWD), _AROUND, Inventory()), Situation(Thread.MAIN))
    return all(item.holds(facts[item.fact], may=rule.decision is not ALLOW) for item in rule.when)


# -- names and sentences ---------------------------------------------------------------------------


def slug(label: str) -> str:
    """Return *label* in small letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", label.lower())[:_LONGEST_ID].strip("-") or "rule"


def _few(commands: Iterable[str]) -> tuple[str, ...]:
    """Return those of *commands* that a policy takes as examples."""
    return tuple(command for command in commands if len(command) <= LONGEST)[:MOST_EXAMPLES]


def free(name: str, taken: Container[str]) -> str:
    """Return *name*, with a number behind it where it is *taken*."""
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found


def reason(rule: Rule) -> str:
    """Return what *rule* says, on one line: its own words, else a sentence that says where it comes from."""
    label = rule.label if len(rule.label) <= _LONGEST_LABEL else rule.label[: _LONGEST_LABEL - 1] + "…"
    said = rule.reason or f"The operator's {rule.client} rules {_VERBS[rule.decision]} `{label}`."
    return shown(" ".join(said.split())) or label


# -- TOML ------------------------------------------------------------------------------------------


def head(layer: Layer) -> str:
    """Return the keys of the file; an organisation's own layer stands on the shipped policy, so it has a default."""
    profile = 'profile = "balanced"\n' if layer.loosens else ""
    return f'schema = 1\nlayer = "{layer}"\n{profile}'


def block(rule: Rule, name: str, notes: Sequence[str]) -> str:
    """Return *rule* as a table, with its place and the *notes* as comments in front."""
    lines = [f"# {shown(text)}" for text in (f"{rule.place.file}:{rule.place.line}", *notes)]
    lines += ["[[rule]]", f'id = "{name}"', f'decision = "{rule.decision.word}"']
    lines += [condition(item) for item in rule.when]
    lines.append(f"reason = {quoted(reason(rule))}")
    examples = {"match": rule.match, "not_match": rule.not_match}
    lines += [f"{key} = {listed(given)}" for key, given in examples.items() if given]
    return "\n".join(lines) + "\n"


def condition(item: Condition) -> str:
    """Return *item* as a line of a rule."""
    words = quoted(item.words[0]) if len(item.words) == 1 else listed(item.words)
    return f"when.{item.fact}.{item.operator} = {words}"


def listed(texts: Sequence[str]) -> str:
    """Return *texts* as a list of TOML."""
    return f"[{', '.join(map(quoted, texts))}]"


def quoted(text: str) -> str:
    """Return *text* as a string of TOML; what no TOML can hold becomes a replacement character."""
    escaped = _ESCAPED.sub(lambda found: _ESCAPES.get(found[0], f"\\u{ord(found[0]):04x}"), text)
    return f'"{_SURROGATE.sub("�", escaped)}"'


def shown(text: str) -> str:
    """Return *text* for a comment: one line, of characters that can be seen."""
    return "".join(mark if mark.isprintable() else "�" for mark in text)
