"""Files of several layers to one policy: what a lower layer says is added, and can only tighten."""

import hashlib
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from headgate.decide.canonical import digest
from headgate.decide.language import Document, read, schema_with
from headgate.decide.mistakes import Mistakes
from headgate.decide.policy import Policy, ordered
from headgate.decide.prove.invariants import broken
from headgate.decide.rules import Layer, Mode, Part
from headgate.decide.starting import AtStart, Connections, ExecGate
from headgate.decide.trials import failures
from headgate.decide.vocabulary import PROFILES
from headgate.model.decision import Strictness
from headgate.model.errors import HeadgateError

_COMFORT, _SESSION, _QUICK_WAIT = 30.0, 120.0, 3.0
_APPROVAL, _OVERRIDE_MAX = 900.0, 8 * 3600.0


class Text(msgspec.Struct, frozen=True):
    """One file as it was read: its layer, its name in messages, its text."""

    layer: Layer
    file: str
    text: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


def load(text: str, name: str = "policy.toml") -> Policy:
    """Return the policy of the organisation layer in *text* alone; see `join`."""
    return join([Text(Layer.ORGANISATION, name, text)])


def profile_of(text: str) -> str | None:
    """Return the profile that *text* chooses; `None` where it chooses none, or is no TOML at all."""
    try:
        found = tomllib.loads(text).get("profile")
    except (ValueError, RecursionError):
        return None
    return found if found in PROFILES else None


def join(texts: Sequence[Text], *, prove: bool = True) -> Policy:
    """Return the policy that *texts* make together, the strongest layer first.

    Its examples and tests that tell facts hold, and its invariants are proved. Raises `HeadgateError` HG110 with every
    mistake in all of the files, one a line, as `file:line: what, what to do`. With *prove* off, nothing is proved.
    """
    documents, found = documents_of(texts)
    if found:
        raise wrong(found)
    policy = _policy(documents, [Part(text.layer, text.file, text.digest) for text in texts])
    found = [*failures(policy), *(broken(policy) if prove else ())]
    if found:
        raise wrong(found)
    return policy


def documents_of(texts: Sequence[Text]) -> tuple[list[Document], list[str]]:
    """Return what each of *texts* says, and every mistake in them."""
    documents: list[Document] = []
    found: list[str] = []
    for text in texts:
        mistakes = Mistakes(text.file, text.text)
        sets = {name: words for above in documents for name, words in above.sets.items()}
        windows = tuple(window for above in documents for window in above.windows)
        documents.append(read(mistakes, text.layer, sets, windows))
        found += mistakes.found
    found += _copied(documents) or _taken(documents)
    if not any("default" in document.keys for document in documents) and all(document.keys for document in documents):
        name = texts[0].file if texts else "policy"
        found.append(f'{name}:1: `default` is missing: the answer where no allow rule speaks (`default = "deny"`)')
    return documents, found


def wrong(lines: Sequence[str]) -> HeadgateError:
    """Return the fault that holds these mistakes, one a line."""
    return HeadgateError("HG110", "the policy is wrong:\n" + "\n".join(lines), "nothing of it is used")


def _copied(documents: Sequence[Document]) -> list[str]:
    """Return the mistake of a file that copies the shipped policy and stands on it as well."""
    shipped = {rule.id for document in documents if document.layer is Layer.SHIPPED for rule in document.rules}
    return [
        f"{document.file}:1: `profile` puts this file on the shipped policy, whose rules it repeats: leave it out"
        for document in documents
        if document.layer is Layer.ORGANISATION and shipped and shipped <= {rule.id for rule in document.rules}
    ]


def _taken(documents: Sequence[Document]) -> Iterator[str]:
    """Yield the rules and invariants whose name is taken by another one."""
    taken: dict[tuple[str, str, str], tuple[str, int]] = {}
    for document in documents:
        layer = "" if document.layer.loosens else f"{document.layer} {document.file}"
        named = [("rule", item.id, item.line) for item in document.rules]
        named += [("invariant", item.id, item.line) for item in document.invariants]
        for kind, name, line in named:
            if found := taken.get((kind, layer, name)):
                where = f"on line {found[1]}" if found[0] == document.file else f"in {found[0]}, line {found[1]}"
                yield f"{document.file}:{line}: {kind} `{name}`: the id is used {where}"
            taken.setdefault((kind, layer, name), (document.file, line))


def _policy(documents: Sequence[Document], parts: Sequence[Part]) -> Policy:
    windows = tuple(window for document in documents for window in document.windows)
    tops = [document for document in documents if document.layer.loosens]
    policy = Policy(
        rules=ordered([rule for document in documents for rule in document.rules]),
        default=_last([document.default for document in tops], Strictness.DENY),
        inventory=tuple(pair for document in reversed(tops) for pair in document.inventory),
        comfort=_last([document.comfort for document in tops], _COMFORT),
        session_budget=_last([document.session_budget for document in tops], _SESSION),
        quick_wait=_last([document.quick_wait for document in tops], _QUICK_WAIT),
        mode=_last([document.mode for document in tops], Mode.ENFORCE),
        approval=_last([document.approval for document in tops], _APPROVAL),
        override_max=_last([document.override_max for document in tops], _OVERRIDE_MAX),
        break_glass=_last([document.break_glass for document in tops], usual=False),
        exec_gate=_last([document.exec_gate for document in tops], ExecGate.BEST),
        at_start=_last([document.at_start for document in tops], AtStart.MOVE),
        connections=_last([document.connections for document in tops], Connections.NONE),
        profile=_last([document.profile for document in documents], ""),
        windows=windows,
        invariants=tuple(item for document in documents for item in document.invariants),
        tests=tuple(item for document in documents for item in document.tests),
        parts=tuple(parts),
        schema=schema_with(windows),
    )
    above = _policy(documents[:-1], parts[:-1]) if documents[1:] else None
    return msgspec.structs.replace(policy, digest=digest(policy), above=above).ready()


def _last(said: Sequence[Any], usual: Any) -> Any:  # noqa: ANN401 one value of many kinds
    return next((value for value in reversed(said) if value is not None), usual)
