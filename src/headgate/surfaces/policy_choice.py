"""Which policy a command speaks of: the one in force here, a shipped profile, or a file."""

import tomllib
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from headgate.decide.layers import Text, join
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer, Mode
from headgate.host.policies import user_file, with_shipped
from headgate.host.policy_trust import PROJECT
from headgate.model.errors import HeadgateError
from headgate.rehearse import rehearsed
from headgate.surfaces.in_force import OBSERVES
from headgate.wiring import policies, shipped_texts

PROFILES = ("balanced", "strict", "observe", "lockdown")
HERE = "current"


class Choice(msgspec.Struct, frozen=True):
    """The files of a policy, by its *name*, and what keeps some of them from being read."""

    name: str
    texts: tuple[Text, ...]
    faults: tuple[str, ...] = ()


def choose(word: str | None, layer: str | None = None) -> Choice:
    """Return what *word* means: `current` (or nothing), a profile, or the path of a file, read as *layer*.

    A file says its layer itself; one that does not is the organisation's. A lower layer stands on what is in force
    above it. Raises `HeadgateError` HG130 where there is no such file.
    """
    if word in {None, HERE}:
        files = policies()
        texts, faults = files.texts(files.folders([str(Path.cwd())]))
        return Choice(HERE, tuple(texts), tuple(faults))
    if word in PROFILES:
        return Choice(word, shipped_texts(word))
    return _file(Path(str(word)), layer)


def _file(path: Path, layer: str | None) -> Choice:
    try:
        content = path.read_bytes().decode()
    except OSError as error:
        known = ", ".join((HERE, *PROFILES))
        raise HeadgateError(
            "HG130", f"`{path}` cannot be read ({error.strerror})", f"name a file, or {known}"
        ) from None
    except UnicodeDecodeError:
        return Choice(str(path), (), (f"{path}:1: it is not UTF-8 text",))
    text = Text(Layer(layer) if layer else _layer_of(content, path), str(path), content)
    return Choice(str(path), tuple(with_shipped([*_above(text), text], shipped_texts)))


def _above(text: Text) -> list[Text]:
    """Return the files in force above the layer of *text*: those whose place it does not take."""
    if text.layer.loosens:
        return []
    order = list(Layer)
    found, _faults = policies().texts()
    return [item for item in found if order.index(item.layer) < order.index(text.layer) and item.layer != Layer.SHIPPED]


def _layer_of(content: str, path: Path) -> Layer:
    """Return the layer that a file says, else that of its place."""
    try:
        said = tomllib.loads(content).get("layer")
    except (ValueError, RecursionError):
        said = None
    if said in tuple(Layer):
        return Layer.ORGANISATION if said == Layer.SHIPPED else Layer(said)
    where = path.absolute()
    if where.parts[-2:] == PROJECT.parts:
        return Layer.PROJECT
    return Layer.USER if where == user_file(str(Path.home())) else Layer.ORGANISATION


class Checked(msgspec.Struct, frozen=True):
    """A policy that was loaded, or (`None`) every mistake that keeps it from being used."""

    policy: Policy | None
    mistakes: tuple[str, ...] = ()


def checked(choice: Choice) -> Checked:
    """Return the policy of *choice*, its examples tried and its invariants proved; or all that is wrong."""
    try:
        policy = join(choice.texts)
    except HeadgateError as error:
        return Checked(None, (*choice.faults, *error.message.splitlines()[1:]))
    found = (*choice.faults, *rehearsed(_loud(policy)))
    return Checked(None if found else policy, found)


def usable(word: str | None, layer: str | None = None) -> Policy:
    """Return the policy that *word* means; raises `HeadgateError` HG110 with every mistake where it cannot be used."""
    found = checked(choose(word, layer))
    if found.policy is None:
        raise HeadgateError("HG110", "the policy is wrong:\n" + "\n".join(found.mistakes), "repair it")
    return found.policy


def unproved(word: str | None, layer: str | None = None) -> Policy:
    """Return the policy that *word* means, with its invariants left unproved; raises `HeadgateError` HG110."""
    choice = choose(word, layer)
    if choice.faults:
        raise HeadgateError("HG110", "the policy is wrong:\n" + "\n".join(choice.faults), "repair it")
    return _loud(join(choice.texts, prove=False))


def _loud(policy: Policy) -> Policy:
    """Return *policy*; on standard error, say where it enforces nothing."""
    if policy.mode is Mode.OBSERVE:
        click.echo(OBSERVES, err=True)
    return policy


def located(mistakes: Sequence[str]) -> list[dict[str, object]]:
    """Return mistakes for programs: file, line and message apart."""
    found: list[dict[str, object]] = []
    for mistake in mistakes:
        file, _, rest = mistake.partition(":")
        line, _, message = rest.partition(": ")
        found.append({"file": file, "line": int(line) if line.isdigit() else 0, "message": message or mistake})
    return found
