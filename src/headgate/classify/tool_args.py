"""What the arguments of a tool give away, whatever its name: files of the gate, and texts that something runs."""

from collections.abc import Iterator
from urllib.parse import unquote

from headgate.classify import effect as fx
from headgate.classify.addresses import names_api, ports
from headgate.classify.effect import EMPTY, Effect, evidence
from headgate.classify.mapped import run, start, statements
from headgate.classify.paths import absolute, inside
from headgate.classify.shell.guard import guarded_write, may_name, private
from headgate.classify.surroundings import Surroundings
from headgate.classify.tool_code import MAX_TEXT, code, known_language, unknown
from headgate.classify.tool_map import patched
from headgate.classify.tool_names import words
from headgate.model.action import ToolAction
from headgate.model.facts import Evidence, Workload

_MAX_VALUES = 2000
_MAX_PATH = 4096
_PAIRED = 12
"""Texts of one call that are also read as a folder and a name in it."""

_SHELLS = frozenset({"sh", "bash", "zsh", "dash", "ksh", "fish", "pwsh", "powershell", "cmd", "cmd.exe", ""})
_COMMANDS = frozenset(
    """
    command program executable cmd script shell commands command_line commandline cmdline shell_command cmdstring bash
    argv
    """.split()
)
_TEXTS = _COMMANDS | {"code", "sql"}
_PROSE = frozenset(
    """
    content contents text body message description new_str old_str new_string old_string new_text old_text file_text
    insert_text title prompt summary comment new_source commit_message explanation instructions thought code_edit
    """.split()
)
"""Names of arguments that hold what is written, not where."""

_MOVES = frozenset("move rename delete remove rm mv trash unlink wipe purge chmod chown link symlink replace".split())


def texts(value: object) -> tuple[list[tuple[str, str]], bool]:
    """Return every text in *value*, at any depth, with the name it has; and whether these are all."""
    found: list[tuple[str, str]] = []
    stack: list[tuple[str, object]] = [("", value)]
    for _ in range(_MAX_VALUES):
        if not stack:
            break
        name, item = stack.pop()
        if isinstance(item, str):
            found.append((name, item))
        elif isinstance(item, dict):
            found.extend(("", key) for key in item)
            stack.extend(item.items())
        elif isinstance(item, list):
            stack.extend((name, part) for part in item)
    return found, not stack


# -- files of the gate ----------------------------------------------------------------------------


def reaches_gate(action: ToolAction, around: Surroundings, *, changes: bool) -> tuple[Evidence, ...]:
    """Return the evidence that an argument names a file of the gate: one it may change, or a private one it reads."""
    if not around.protected and not around.protected_suffixes:
        return ()
    for path in _named(action, around):
        if not changes:
            found = _private(path, around)
        else:
            found = next(guarded_write(around, path, None), None) or _holds(action, path, around)
        if found is not None:
            return (found,)
    return ()


def speaks_with_gate(action: ToolAction, around: Surroundings) -> tuple[Evidence, ...]:
    """Return the evidence that an argument, which is no prose, names the address of the gate's API."""
    numbers = [value for value in action.args.values() if isinstance(value, int) and str(value) in ports(around)]
    given = texts(action.args)[0] if around.api else []
    given += [("", f"{text}:{number}") for number in numbers for _, text in given]
    for name, text in given:
        if len(text) <= _MAX_PATH and "_".join(words(name)) not in _PROSE and names_api(text, around):
            why = f"`{action.name}` speaks with the gate's API, which is for people"
            return (evidence(Workload.CONTROL_PLANE, why, None),)
    return ()


def patches_gate(action: ToolAction, around: Surroundings) -> tuple[Evidence, ...]:
    """Return the evidence that a text of the call is a patch of a file of the gate, whatever runs the text."""
    for _, text in texts(action.args)[0]:
        for path in patched(text) if "\n" in text else ():
            where = absolute(path, action.cwd, around.home) if may_name(around, f"{action.cwd}/{path}") else ""
            found = next(guarded_write(around, where, None), None) if where else None
            if found is not None:
                return (found,)
    return ()


def _named(action: ToolAction, around: Surroundings) -> Iterator[str]:
    """Yield the paths that the texts of a call may mean, seen from its directory, from home, or from each other."""
    given = [(name, text) for name, text in texts(action.args)[0] if "_".join(words(name)) not in _PROSE]
    short = [form for _, text in given if len(text) <= _MAX_PATH and "\n" not in text for form in _spelt(text)]
    short += [path for _, text in given if "\n" in text for path in patched(text)]
    moves = not _MOVES.isdisjoint(words(action.name))
    places = [(folder, moves or may_name(around, folder)) for folder in (action.cwd, around.home)]
    for text in short:
        tells = may_name(around, text)
        yield from (absolute(text, folder, around.home) for folder, inside_it in places if tells or inside_it)
    folders = [text for text in short[:_PAIRED] if text.startswith(("/", "~", "."))]
    for folder in folders:
        for name in short[:_PAIRED]:
            if name is not folder and may_name(around, f"{action.cwd}/{folder}/{name}"):
                yield absolute(f"{folder}/{name}", action.cwd, around.home)


def _spelt(text: str) -> tuple[str, ...]:
    """Return the paths that *text* spells: itself, and what an URI means (RFC 8089)."""
    path = text.removeprefix("file://")
    return (path, unquote(path)) if "%" in path else (path,)


def _private(path: str, around: Surroundings) -> Evidence | None:
    owned = private(around, path)
    return evidence(Workload.CONTROL_PLANE, f"reads `{owned}`, which belongs to the gate", None) if owned else None


def _holds(action: ToolAction, path: str, around: Surroundings) -> Evidence | None:
    """Return the evidence that a tool which moves or deletes is given a folder that holds a file of the gate."""
    if _MOVES.isdisjoint(words(action.name)):
        return None
    owned = next((file for file in around.protected if inside(file, path)), "")
    ends = tuple(holder for suffix in around.protected_suffixes if (holder := suffix.rpartition("/")[0]))
    if not owned and path.endswith(ends):
        owned = path
    if not owned:
        return None
    return evidence(Workload.CONTROL_PLANE, f"moves or deletes what holds `{owned}`, which is the gate's", None)


# -- texts that something runs --------------------------------------------------------------------


def texts_of(action: ToolAction) -> frozenset[str]:
    """Return the arguments of *action* that read like a command or code, and are judged as such."""
    return frozenset(
        name for name, value in action.args.items() if "_".join(words(name)) in _TEXTS and isinstance(value, str)
    )


def carried(action: ToolAction, around: Surroundings, mentioned: frozenset[str]) -> Iterator[Effect]:
    """Yield the effect of each argument that reads like a command, code or SQL, and that nobody *mentioned*."""
    for name, value in action.args.items():
        key = "_".join(words(name)) or name
        if name not in mentioned and key in _TEXTS and not _is_setting(key, value):
            yield _text(action, around, key, value)
            yield unknown(f"nobody told the gate what `{action.name}` does with `{name}`")


def _is_setting(key: str, value: object) -> bool:
    """Whether a value runs nothing: a switch, nothing, or the name of the shell to use."""
    if value is None or isinstance(value, bool | int | float):
        return True
    return key == "shell" and isinstance(value, str) and value.rpartition("/")[2].lower() in _SHELLS


def _text(action: ToolAction, around: Surroundings, key: str, value: object) -> Effect:
    """Return the effect of one such argument, as far as its form is known."""
    if isinstance(value, list):
        found = [item for item in value if isinstance(item, str)]
        return start(tuple(found), around, action.cwd) if found and len(found) == len(value) else EMPTY
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        return EMPTY
    if key == "sql":
        return statements(action.name, value, "", around)
    if key == "code":
        return _code(action, around, value)
    return run(value, around, action.cwd)


def _code(action: ToolAction, around: Surroundings, value: str) -> Effect:
    language = known_language(action.args.get("language")) or "python"
    return code(
        value,
        language,
        lambda given: start(given, around, action.cwd),
        lambda text: run(text, around, action.cwd),
    )


_CHANGING_SQL = frozenset(
    """
    alter call cluster copy create delete do drop exec execute grant insert load lock merge reindex rename replace
    revoke set truncate update upsert vacuum mutation
    """.split()
)


def queried(action: ToolAction, around: Surroundings) -> Effect:
    """Return the effect of the query of a tool that only looks: it may say otherwise where it is SQL."""
    value = action.args.get("query")
    if not isinstance(value, str) or "query" not in words(action.name):
        return EMPTY
    if not _CHANGING_WORDS.isdisjoint(value.split()):
        return unknown(f"the query of `{action.name}` holds a word that changes something")
    pieces = [piece.split() for piece in value.split(";")]
    if any(piece[:1] and piece[0].lower() in _CHANGING_SQL for piece in pieces):
        return statements(action.name, value, "?", around)
    does = statements(action.name, value, "?", around) if value.lower().lstrip("( \n").startswith(_READS_SQL) else EMPTY
    return does if does.does & fx.CHANGES else EMPTY


_CHANGING_WORDS = frozenset("DELETE DETACH REMOVE MERGE mutation".split())  # openCypher, GraphQL
_READS_SQL = ("select", "with", "explain", "values", "table")
