"""The policy in force for a call: the layers at its places, read again when they change, each change in the journal."""

from headgate.decide.compare import changes
from headgate.decide.policy import Policy
from headgate.decide.rules import Mode
from headgate.host.policies import PolicyFiles, Reading, parts_of
from headgate.ports import Clock, Store
from headgate.record.events import PolicyLoaded

OBSERVES = "headgate only observes (profile observe): it decides and records, and NOTHING is enforced."
READS_ONLY = "headgate: the policy cannot be used, so only reading is allowed until it is repaired:"
OLDER = "headgate: the newest version of the policy is wrong, so the last good one stays in force:"

LONGEST = 4096
"""Characters of a directory that is looked at (Linux: PATH_MAX)."""


class PoliciesInForce:
    """The policies of one gate. A session keeps the layers of every project that it was seen in."""

    def __init__(self, files: PolicyFiles, store: Store, clock: Clock) -> None:
        self._files = files
        self._store = store
        self._clock = clock
        self._heard: dict[tuple[str, ...], Reading] = {}
        self._folders: dict[str, tuple[str, ...]] = {}

    def for_call(self, session: str, cwd: str) -> Policy:
        """Return the policy for a call of *session* in *cwd*; raises `HeadgateError` where it cannot be recorded."""
        known = self._known(session)
        here = cwd.startswith("/") and len(cwd) <= LONGEST and "\0" not in cwd
        places = (cwd, *known) if here else known
        found = self._files.folders(places)
        new = [folder for folder in (*(() if known else places[:1]), *found) if folder not in known]
        for folder in new:
            self._store.add_folder(session, folder)
        if len(self._folders) >= MAX_SESSIONS:
            self._folders.clear()
        self._folders[session] = (*known, *new)
        return self.reading(tuple(sorted({*found, *self._files.gone(known)}))).policy

    def inherit(self, session: str, above: str) -> None:
        """Have *session* stand under every project's policy that *above*, which started it, stands under."""
        known, missing = self._known(session), self._known(above)
        new = tuple(folder for folder in missing if folder not in known)
        for folder in new:
            self._store.add_folder(session, folder)
        if new:
            self._folders[session] = (*known, *new)

    def _known(self, session: str) -> tuple[str, ...]:
        """Return the folders that *session* was seen in."""
        known = self._folders.get(session)
        return tuple(self._store.folders(session)) if known is None else known

    def reading(self, folders: tuple[str, ...] = ()) -> Reading:
        """Return what is in force where *folders* hold the policies of projects; a change is in the journal first."""
        reading = self._files.reading(folders)
        heard = self._heard.get(folders)
        if reading is not heard:
            self._store.append(self._loaded(reading, heard))
            if len(self._heard) >= MAX_SESSIONS:
                self._heard.clear()
            self._heard[folders] = reading
        return reading

    def digest(self) -> str:
        """Return the digest of the policy that holds everywhere."""
        return self._files.reading().policy.digest

    def _loaded(self, reading: Reading, heard: Reading | None) -> PolicyLoaded:
        """Return the event; what a project's layer changes is told against the policy without it."""
        before = heard or (self._heard.get(()) if reading.folders else None)
        return PolicyLoaded(
            self._clock.now(),
            reading.policy.digest,
            reading.policy.mode,
            parts_of(reading.policy),
            before.policy.digest if before else "",
            tuple(changes(before.policy, reading.policy)) if before else (),
            reading.mistakes,
            reading.folders,
        )

    def loud(self, session: str) -> str:
        """Return what *session* must know of the policy in force for it; nothing where it is enforced as it stands."""
        known = self._known(session)
        reading = self.reading(tuple(sorted({*self._files.folders(known), *self._files.gone(known)})))
        said = [OBSERVES] if reading.policy.mode is Mode.OBSERVE else []
        if reading.mistakes:
            said += [READS_ONLY if reading.locked else OLDER, reading.mistakes]
        return "\n".join(said)


MAX_SESSIONS = 4096
"""Sessions and sets of projects that are kept at hand; the store has them all."""
