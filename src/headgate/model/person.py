"""Someone who grants: known by the kernel's word or by a token, never by a text."""

import msgspec


class Person(msgspec.Struct, frozen=True):
    """A person who answers.

    *name* is that of the user of the operating system, or of whom a token of the network API belongs to; *how* is
    where the answer came from: `terminal`, `client` (the client's own prompt), `api` or `link`. *groups* are the
    groups that the operator's configuration, or else the operating system, puts them in.
    """

    name: str
    how: str
    groups: tuple[str, ...] = ()

    def is_one_of(self, name: str) -> bool:
        """Whether *name* means this person: by their own name, or by a group that they are in."""
        return name == self.name or name in self.groups
