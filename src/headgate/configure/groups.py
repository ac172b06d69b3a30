"""`[groups]`: names for several persons, which the rules may ask for."""

import re

from headgate.decide.mistakes import Mistakes

PERSON = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,63}\Z")
"""The name of a person or a group: that of a user of the operating system, or an address."""


def groups(value: object, mistakes: Mistakes) -> dict[str, tuple[str, ...]]:
    """Return the persons of each group in the table `groups`; what is wrong goes to *mistakes*."""
    if not isinstance(value, dict):
        mistakes.add(0, "groups", '`groups` is a table: `[groups]`, then `oncall = ["alice", "bob"]`')
        return {}
    found = {name: _group(name, persons, mistakes) for name, persons in value.items()}
    for name in sorted(set(found) & {person for persons in found.values() for person in persons}):
        _enter(name, mistakes)  # a rule that asks for the person would be content with anybody in the group
        mistakes.add_here(name, f"`{name}` is the name of a person in a group as well; give the group another one")
    return found


def _group(name: str, value: object, mistakes: Mistakes) -> tuple[str, ...]:
    _enter(name, mistakes)
    if not PERSON.match(name):
        mistakes.add_here(name, "a name has letters, digits and `_.@+-`, a letter, a digit or `_` first")
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        mistakes.add_here(name, '`[groups]` gives each group a list of persons such as `["alice", "bob"]`')
        return ()
    for wrong in [item for item in value if not PERSON.match(item)]:
        mistakes.add_here(wrong, f"`{wrong}` is no name of a person: letters, digits and `_.@+-`")
    return tuple(dict.fromkeys(value))


def _enter(name: str, mistakes: Mistakes) -> None:
    mistakes.enter_table("groups", name)
    mistakes.part = "group"
