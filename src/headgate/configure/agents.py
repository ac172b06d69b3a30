"""`[agents.NAME]` tables to templates: how a headless agent is started to do a delegated task."""

import re

import msgspec

from headgate.decide.durations import duration
from headgate.decide.mistakes import Mistakes

HOLES = ("task", "task_file", "cwd")
"""What a word of a command may hold: the text given to the agent, a file with it, the directory it starts in."""

KEYS = ("command", "call", "python", "default", "max_run", "places", "pass_environment")
MOST_PLACES = 64
_HOLE = re.compile(r"\{([a-z_]+)\}")
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}\Z")
_FUNCTION = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*:[A-Za-z_]\w*\Z", re.ASCII)
_VARIABLE = re.compile(r"(?!HEADGATE_)[A-Za-z_][A-Za-z0-9_]*\Z")


class Template(msgspec.Struct, frozen=True):
    """How one kind of agent is started.

    *command* are its words, with holes (`HOLES`); or *call* is a function, `package.module:function`, which the
    interpreter *python* (empty: the gate's own) calls with the task. *default* marks the usual one; *max_run* is its
    limit in seconds; *places* is how many of them run at once; *pass_environment* names the variables that it gets
    besides those of any job: credentials, mostly.
    """

    name: str
    command: tuple[str, ...]
    default: bool = False
    max_run: float = 3600.0
    places: int = 2
    pass_environment: tuple[str, ...] = ()
    call: str = ""
    python: str = ""


BUILT_IN = (
    Template(
        "claude",
        # prints its messages as they come, and asks nobody: the gate decides every call of it
        ("claude", "-p", "{task}", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions"),
        pass_environment=(
            *("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL", "ANTHROPIC_MODEL"),
            *("CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CONFIG_DIR"),
        ),
    ),
    Template(
        "codex",
        # its own sandbox would keep the calls of it from the gate's workers; the operator has installed the hooks
        (
            *("codex", "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"),
            *("--dangerously-bypass-hook-trust", "{task}"),
        ),
        pass_environment=("OPENAI_API_KEY", "OPENAI_BASE_URL", "CODEX_API_KEY", "CODEX_HOME"),
    ),
)
"""Templates that need no `command` of the operator's; like any other, they are used only where a table names them."""


def agents(value: object, mistakes: Mistakes) -> tuple[Template, ...]:
    """Return the templates in the table `agents`, the usual one first; what is wrong goes to *mistakes*."""
    if not isinstance(value, dict) or not all(isinstance(table, dict) for table in value.values()):
        mistakes.add(0, "agents", "agents are written as `[agents.NAME]`, each a table of its own")
        return ()
    found = [_Reader(name, table, mistakes).template() for name, table in value.items()]
    for second in [template for template in found if template.default][1:]:
        mistakes.enter_table("agents", second.name)
        mistakes.part = "agent"
        mistakes.add_here("default", "there is another one with `default = true`")
    return tuple(sorted(found, key=lambda template: not template.default))


class _Reader:
    """Reads one table."""

    def __init__(self, name: str, table: dict[str, object], mistakes: Mistakes) -> None:
        self.name = name
        self.table = table
        self.mistakes = mistakes
        self.usual = next((template for template in BUILT_IN if template.name == name), Template(name, ()))
        mistakes.enter_table("agents", name)
        mistakes.part = "agent"
        mistakes.unknown_keys(table, KEYS, "an agent")

    def template(self) -> Template:
        """Return the template of the table."""
        if not _NAME.match(self.name):
            self.mistakes.add_here(self.name, "a name has small letters, digits and hyphens, a letter first")
        return Template(
            self.name,
            self.command(),
            self.default(),
            self.max_run(),
            self.places(),
            self.pass_environment(),
            self.call(),
            self.python(),
        )

    def command(self) -> tuple[str, ...]:
        """Return the words of the command, which say where the task goes."""
        if "call" in self.table:
            if "command" in self.table:
                self.mistakes.add_here("command", "an agent has a `command`, or a `call`, and not both")
            return ()
        if "command" not in self.table:
            if not self.usual.command:
                self.mistakes.add_here("command", 'it needs a `command`, such as `["my-agent", "{task}"]`')
            return self.usual.command
        words = _words(self.table["command"])
        if not words:
            self.mistakes.add_here(
                "command", '`command` is a list of words, the program first: `["my-agent", "{task}"]`'
            )
            return ()
        self.check_words(words)
        return words

    def check_words(self, words: tuple[str, ...]) -> None:
        """Tell what is wrong with the words of a command."""
        if "/" in words[0] and not words[0].startswith("/"):  # it would be looked for where the call was made
            self.mistakes.add_here("command", f"`{words[0]}`: a program is a name, or an absolute path")
        holes = [hole for word in words for hole in _HOLE.findall(word)]
        for hole in holes:
            if hole not in HOLES:
                self.mistakes.add_word("command", f"{{{hole}}}", [f"{{{known}}}" for known in HOLES])
        if not {"task", "task_file"} & set(holes):
            self.mistakes.add_here("command", "`command` lacks the task: `{task}`, or `{task_file}` for a file with it")

    def call(self) -> str:
        """Return the function that is called, as `package.module:function`."""
        value = self.table.get("call", "")
        if "call" in self.table and not (isinstance(value, str) and _FUNCTION.match(value)):
            self.mistakes.add_here("call", '`call` is a function such as `"package.module:function"`')
        return value if isinstance(value, str) else ""

    def python(self) -> str:
        """Return the interpreter that calls it."""
        value = self.table.get("python", "")
        right = isinstance(value, str) and value.startswith("/") and "\0" not in value
        if "python" in self.table and not (right and "call" in self.table):
            self.mistakes.add_here("python", "`python` is the absolute path of the interpreter for a `call`")
        return value if isinstance(value, str) else ""

    def default(self) -> bool:
        """Return whether the template is the usual one."""
        value = self.table.get("default", False)
        if not isinstance(value, bool):
            self.mistakes.add_here("default", "`default` is `true` or `false`")
        return value is True

    def max_run(self) -> float:
        """Return the limit in seconds."""
        value = duration(self.table["max_run"]) if "max_run" in self.table else self.usual.max_run
        if value is None or value <= 0:
            self.mistakes.add_here("max_run", '`max_run` is a duration such as `"45m"`')
        return value or self.usual.max_run

    def places(self) -> int:
        """Return how many run at once."""
        value = self.table.get("places", self.usual.places)
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MOST_PLACES:
            return value
        self.mistakes.add_here("places", f"`places` is a number from 1 to {MOST_PLACES}")
        return self.usual.places

    def pass_environment(self) -> tuple[str, ...]:
        """Return the names of the variables that go along."""
        if "pass_environment" not in self.table:
            return self.usual.pass_environment
        value = self.table["pass_environment"]
        names = () if value == [] else _words(value)
        wrong = next((name for name in names if not _VARIABLE.match(name)), "")
        if wrong or (not names and value != []):
            hint = f"`{wrong}` cannot be passed: " if wrong else ""
            self.mistakes.add_here(
                wrong or "pass_environment",
                f"{hint}`pass_environment` is a list of names of variables, none of the gate's own (`HEADGATE_…`)",
            )
        return names


def _words(value: object) -> tuple[str, ...]:
    """Return a list of words; nothing for anything else, or where a word is empty."""
    if isinstance(value, list) and all(isinstance(item, str) and item and "\0" not in item for item in value):
        return tuple(value)
    return ()
