"""The policy's files on this machine: three layers, read again when they change, whole or not at all."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from headgate.decide.layers import Text, join, profile_of, wrong
from headgate.decide.policy import Policy
from headgate.decide.rules import Layer
from headgate.host import operator
from headgate.host.acting import acting
from headgate.host.policy_trust import PROJECT, Stamp, stamp_of, there, trusted
from headgate.model.errors import HeadgateError
from headgate.rehearse import rehearsed

NAME = "policy.toml"
ORGANISATION = Path("/etc/headgate") / NAME

MAX_SETS = 64
"""Sets of projects whose policies are kept at hand."""

_UNSEEN: Stamp = (-1,)

Shipped = Callable[[str], Sequence[Text]]
"""Gives the shipped files of a profile; of `lockdown`, those that hold while no policy can be used."""


class Reading(msgspec.Struct, frozen=True):
    """The *policy* in force, and the *mistakes* of a newer version that is not: one a line, empty where there are none.

    *folders* are the projects whose layers are in it; *locked* says that only reading is allowed.
    """

    policy: Policy
    mistakes: str = ""
    folders: tuple[str, ...] = ()
    locked: bool = False


class _File:
    """One file: its text as it is now, what is wrong with it, and its text when it was last part of a good policy."""

    def __init__(self, path: Path, layer: Layer) -> None:
        self.path = path
        self.name = str(path)
        self.layer = layer
        self.stamp = _UNSEEN
        self.text: Text | None = None
        self.fault = ""
        self.good: Text | None = None
        self.was_good = False

    def look(self) -> None:
        """Read the file if it changed; raises nothing."""
        stamp = stamp_of(self.name, self.layer)
        if stamp == self.stamp:
            return
        self.stamp, self.text, self.fault = stamp, None, ""
        if stamp is None:
            if self.layer is Layer.PROJECT and self.good is not None:  # asked for by a session that saw it
                self.fault = f"the policy is wrong:\n{self.path}:1: it is gone; its last version stays in force here"
            return
        try:
            self.text = Text(self.layer, str(self.path), trusted(self.path, self.layer))
        except HeadgateError as error:
            self.fault = error.message

    @property
    def state(self) -> str:
        """What tells one content of the file from another."""
        return self.fault or (self.text.digest if self.text else "")

    def keep(self) -> None:
        """Note that what stands in the file is part of a good policy."""
        self.good, self.was_good = self.text, True


class PolicyFiles:
    """The layers at their places: the *organisation*'s file, the *user*'s, and those of projects."""

    def __init__(self, user: Path, shipped: Shipped, organisation: Path = ORGANISATION) -> None:
        self._top = (_File(organisation, Layer.ORGANISATION), _File(user, Layer.USER))
        self._shipped = shipped
        self._projects: dict[str, _File] = {}
        self._made: dict[tuple[str, ...], tuple[tuple[str, ...], Reading]] = {}

    @acting()
    def folders(self, places: Iterable[str]) -> tuple[str, ...]:
        """Return the folders at or above *places* (absolute) that hold a project's policy.

        A link is followed, and its own place counts too.
        """
        above: dict[str, None] = {}
        for place in dict.fromkeys(places):
            for start in {place, os.path.realpath(place)}:
                folder = start.rstrip("/")
                while folder:
                    above[folder] = None
                    folder = folder.rpartition("/")[0]
                above["/"] = None
        return tuple(sorted(folder for folder in above if there(folder)))

    @acting()
    def gone(self, folders: Iterable[str]) -> tuple[str, ...]:
        """Return those of *folders* whose policy was in force and is no longer there."""
        known = (folder for folder in folders if folder in self._projects)
        return tuple(folder for folder in known if self._projects[folder].good is not None and not there(folder))

    @acting()
    def reading(self, folders: tuple[str, ...] = ()) -> Reading:
        """Return the policy in force for a session that works in *folders*: the same object while no file changes."""
        files = [*self._top, *(self._project(folder) for folder in folders)]
        for file in files:
            file.look()
        state = tuple(file.state for file in files)
        known = self._made.get(folders)
        if known is not None and known[0] == state:
            return known[1]
        reading = self._read(files, folders)
        if len(self._made) >= MAX_SETS:
            self._made.clear()
        self._made[folders] = (state, reading)
        return reading

    @acting()
    def texts(self, folders: tuple[str, ...] = ()) -> tuple[list[Text], list[str]]:
        """Return the files as they stand now, on the shipped ones, and what keeps some from being read."""
        files = [*self._top, *(self._project(folder) for folder in folders)]
        for file in files:
            file.look()
        found = [file.text for file in files if file.text is not None]
        return with_shipped(found, self._shipped), [line for file in files for line in _lines(file.fault)]

    def _project(self, folder: str) -> _File:
        file = self._projects.get(folder)
        if file is None:
            file = self._projects[folder] = _File(Path(folder) / PROJECT, Layer.PROJECT)
        return file

    def _read(self, files: Sequence[_File], folders: tuple[str, ...]) -> Reading:
        """Return the policy that *files* make, else that of their last good texts, else what only lets read."""
        faults = [line for file in files for line in _lines(file.fault)]
        try:
            if faults:
                raise wrong(faults)
            policy = self._joined([file.text for file in files])
        except HeadgateError as error:
            return self._fallback(files, folders, "\n".join(_lines(error.message)))
        for file in files:
            file.keep()
        return Reading(policy, folders=folders)

    def _fallback(self, files: Sequence[_File], folders: tuple[str, ...], mistakes: str) -> Reading:
        if all(file.was_good for file in files):
            newest = [file.good if file.fault else file.text for file in files]
            for texts in (newest, [file.good for file in files]):
                try:
                    return Reading(self._joined(texts), mistakes, folders)
                except HeadgateError:
                    continue  # texts that were good apart may not be good together
        return Reading(self._locked(files, mistakes.partition("\n")[0]), mistakes, folders, locked=True)

    def _locked(self, files: Sequence[_File], first: str) -> Policy:
        """Return what only lets read, with every layer that can be used: what those deny stays denied.

        Its rules say the *first* mistake.
        """
        lockdown = self._shipped("lockdown")[-1]
        kept: list[Text] = []
        for file in files:
            for text in (file.text, file.good):
                try:
                    if text is not None:
                        self._joined([*kept, text])
                        kept.append(text)
                        break
                except HeadgateError:
                    continue
        policy = join([*with_shipped(kept, self._shipped), lockdown])
        own = [rule for rule in policy.rules if rule.file == lockdown.file]
        told = [msgspec.structs.replace(rule, reason=f"{rule.reason.rstrip('.')}: {first}") for rule in own]
        rest = [rule for rule in policy.rules if rule.file != lockdown.file]
        return msgspec.structs.replace(policy, rules=(*rest, *told)).ready()

    def _joined(self, given: Iterable[Text | None]) -> Policy:
        """Return the policy of the texts that there are, on the shipped files of the profiles that they choose."""
        texts = [text for text in given if text is not None]
        try:
            policy = join(with_shipped(texts, self._shipped))
            found = list(rehearsed(policy))
        except (RecursionError, ArithmeticError, ValueError, MemoryError) as error:
            raise wrong([f"{texts[-1].file if texts else 'policy'}:1: it cannot be read ({error!r})"]) from None
        if found:
            raise wrong(found)
        return policy


def _lines(message: str) -> list[str]:
    """Return the mistakes in *message*, without its head."""
    return message.splitlines()[1:]


def with_shipped(texts: Sequence[Text], shipped: Shipped) -> list[Text]:
    """Return *texts* behind the shipped files that they stand on.

    The organisation's file stands alone, or on the profile it names; without one the shipped policy is the top. A lower
    layer may add the strict profile.
    """
    top = next((text for text in texts if text.layer is Layer.ORGANISATION), None)
    chosen = [
        profile_of(top.text) if top else "balanced",
        *(profile_of(text.text) for text in texts if text is not top),
    ]
    lower = ["strict"] if "strict" in chosen[1:] else []
    found: dict[str, Text] = {}
    for profile in filter(None, [chosen[0], *lower]):
        files = shipped(profile)
        found |= {text.file: text for text in (files if profile == chosen[0] else files[1:])}
    return [*found.values(), *texts]


def parts_of(policy: Policy) -> tuple[tuple[str, str, str], ...]:
    """Return the files of *policy* as the journal has them."""
    return tuple((str(part.layer), part.file, part.digest) for part in policy.parts)


def user_file(home: str) -> Path:
    """Return where the policy of the user stands whose home directory is *home*."""
    return operator.folder(home) / NAME
