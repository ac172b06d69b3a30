"""Pages about a policy: one for each rule, whose examples are its tests, and the reference of facts and obligations."""

from collections.abc import Iterator, Sequence

from headgate.decide.canonical import condition_text, plain
from headgate.decide.conditions import ON
from headgate.decide.evaluate import decide_values
from headgate.decide.format import comments
from headgate.decide.layers import Text
from headgate.decide.policy import Policy
from headgate.decide.rules import Example, Rule
from headgate.decide.schema import FACTS, Fact, Kind
from headgate.decide.trials import filled, shown, stage_of
from headgate.decide.vocabulary import COUNTED, WHAT, WITH
from headgate.rehearse import teller
from headgate.surfaces.policy_words import answer_words

MADE = "<!-- Made by `headgate policy docs`; change the policy, not this page. -->"


def rule_pages(policy: Policy, texts: Sequence[Text]) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of a page for each rule of *policy*, whose files are *texts*; then an index."""
    said = {(text.file, line): words for text in texts for line, words in comments(text.text).items()}
    for rule in policy.rules:
        yield _file_of(rule), "\n".join(_page(rule, policy, said.get((rule.file, rule.line), "")))
    yield "README.md", "\n".join(_index(policy))


def _file_of(rule: Rule) -> str:
    return f"{rule.name.replace(':', '-')}.md"


def _index(policy: Policy) -> Iterator[str]:
    yield from (
        "# Rules",
        "",
        MADE,
        "",
        "A page for each rule of the shipped policy, the strict profile's included.",
        "",
    )
    yield from ("| rule | answer | because |", "|---|---|---|")
    for rule in policy.rules:
        yield f"| [`{rule.name}`]({_file_of(rule)}) | {rule.answer.word} | {_cell(rule.reason)} |"
    yield ""


def _page(rule: Rule, policy: Policy, prose: str) -> Iterator[str]:
    yield from (f"# `{rule.name}`", "", MADE, "", f"**{rule.answer.word}** · {rule.layer} `{rule.file}`", "")
    if prose:
        yield from (prose, "")
    yield from ("| | |", "|---|---|", f"| it says | {_cell(rule.reason)} |")
    if rule.hint:
        yield f"| instead | {_cell(rule.hint)} |"
    for item in rule.when:
        yield f"| when | `{_cell(condition_text(item))}` |"
    for item in rule.unless:
        yield f"| unless | `{_cell(condition_text(item))}` |"
    if plain(rule) != "nothing":
        yield f"| with | {plain(rule)} |"
    yield from ("", "## Examples", "", "They are the tests of the rule: every load of the policy tries them.", "")
    yield from ("| call | this rule | the whole policy |", "|---|---|---|")
    for matches, examples in (("matches", rule.match), ("does not match", rule.not_match)):
        for example in examples:
            yield f"| {_cell(_call(example))} | {matches} | {_decided(example, stage_of(policy, rule.file))} |"
    yield ""


def _call(example: Example) -> str:
    return shown(example) if example.command else f"`{shown(example)}`"


def _decided(example: Example, policy: Policy) -> str:
    given = {**teller(policy)(example), **example.facts} if example.command else example.facts
    return answer_words(decide_values(filled(given, example, policy), policy))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


# -- the reference --------------------------------------------------------------------------------


def reference() -> str:
    """Return the reference of facts, tests and obligations."""
    lines = ["# Policy reference", "", MADE, "", "What rules can test, and what can come with an answer: schema 1.", ""]
    return "\n".join([*lines, *_facts(), *_tests(), *_obligations(), *_windows()])


def _facts() -> Iterator[str]:
    yield from ("## Facts", "")
    yield "A call has every fact. Where one is unknown, tightening rules take a test as met, `allow` rules do not."
    yield "Facts that end in `_recent` count the last ten minutes of the session, this call included, but for"
    yield from ("`denials_recent` and `seconds_used_recent`.", "")
    yield from ("| fact | kind | may be unknown | meaning |", "|---|---|---|---|")
    for name, fact in FACTS.items():
        yield f"| `{name}` | {fact.kind.value} | {'' if fact.sure else 'yes'} | {_cell(_meaning(fact))} |"
    yield ""


def _meaning(fact: Fact) -> str:
    words = f": {', '.join(f'`{word}`' for word in fact.words)}" if fact.words and fact.kind is Kind.CHOICE else ""
    return fact.meaning + words


def _tests() -> Iterator[str]:
    yield from ("## Tests", "", "| kind of fact | test | holds where |", "|---|---|---|")
    for kind, operators in ON.items():
        for operator in operators:
            written = "`fact = …`" if operator == "is" else f"`fact.{operator} = …`"
            yield f"| {kind.value} | {written} | {'it is the value' if kind is Kind.FLAG else _HOLDS[operator]} |"
    yield from ("", "Words are one or a list; `$name` stands for a list of `[sets]`. In a pattern `*` is any text.", "")


_HOLDS = {
    "is": "it is the value, or one of the list",
    "glob": "one of the patterns fits",
    "any": "some name fits one of the patterns; not in an `allow` rule, nor in `unless` of another",
    "only": "there is a name, and every name fits one of the patterns",
    "none": "no name fits any of the patterns",
    "at_least": "it is this much or more",
    "below": "it is less",
}


def _obligations() -> Iterator[str]:
    yield from (
        "## Obligations",
        "",
        "Those of all rules that match are joined.",
        "",
        "| `with.` | meaning |",
        "|---|---|",
    )
    yield from (f"| `{key}` | {WHAT[key]} |" for key in WITH)
    yield ""


def _windows() -> Iterator[str]:
    yield from ("## Windows", "")
    yield from (
        "`[window.NAME]` makes a fact NAME, a number: what the session did in the last `over`, a day at most.",
        "",
    )
    yield from ("| `count` | counts |", "|---|---|", "| `calls` | calls that meet `where` |")
    yield from (f"| `distinct {fact}` | different names in `{fact}` of calls that meet `where` |" for fact in COUNTED)
    yield ""
