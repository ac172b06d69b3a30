"""A group of commands, each a file that is loaded only when it is asked for."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click


class LazyCommands(click.Group):
    """Finds a command in the file of its name (`-` is `_` there, and a word of Python has `_` behind it)."""

    def __init__(self, *, package: str, table: Mapping[str, str], hidden: tuple[str, ...] = (), **more: Any) -> None:  # noqa: ANN401 click's own
        super().__init__(**more)
        self.package, self.table, self.kept_quiet = package, table, hidden

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Name every command."""
        return sorted(self.table)

    def get_command(self, _ctx: click.Context, name: str) -> click.Command | None:
        """Load one command."""
        if name not in self.table:
            return None
        file = "import_" if name == "import" else name.replace("-", "_")
        return import_module(f"{self.package}.{file}").command  # type: ignore[no-any-return]

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, text in self.table.items() if name not in self.kept_quiet])
