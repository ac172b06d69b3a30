"""Scripts that a project's manifest names: those of composer, poe, pdm, hatch, pixi, pipenv and Procfiles."""

import re
import tomllib
from collections.abc import Mapping

import msgspec

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, join
from headgate.classify.programs.builds import named_task
from headgate.classify.programs.call import Call
from headgate.classify.programs.options import split, words_of
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script, Workload

_MAX_SCRIPTS = 40
_PLACES: dict[str, tuple[tuple[str, str], ...]] = {
    "poe": (("pyproject.toml", "tool.poe.tasks"),),
    "pdm": (("pyproject.toml", "tool.pdm.scripts"),),
    "rye": (("pyproject.toml", "tool.rye.scripts"),),
    "hatch": (("pyproject.toml", "tool.hatch.envs.default.scripts"), ("hatch.toml", "envs.default.scripts")),
    "pixi": (("pixi.toml", "tasks"), ("pyproject.toml", "tool.pixi.tasks")),
    "pipenv": (("Pipfile", "scripts"),),
    "composer": (("composer.json", "scripts"),),
}
_TEXTS = ("cmd", "shell", "script", "expr", "run")
_LISTS = ("composite", "sequence", "chain", "depends_on", "depends-on", "deps")
_PROCESS = re.compile(r"^([\w-]+):\s*(.+)$", re.MULTILINE)


class _Scripts(msgspec.Struct):
    """The scripts of one manifest, and the file itself."""

    table: Mapping[str, object] = {}
    files: tuple[Script, ...] = ()


def _read(call: Call, tool: str, environment: str) -> _Scripts:
    for name, dotted in _PLACES[tool]:
        where = call.absolute(name) if not call.machine else ""
        content = call.around.read(where) if where else None
        table = _table(name, content, dotted.replace(".default.", f".{environment}.") if environment else dotted)
        if content is not None and table:
            return _Scripts(table, (Script(where, digest(content)),))
    return _Scripts()


def _table(name: str, content: str | None, dotted: str) -> Mapping[str, object]:
    if content is None:
        return {}
    try:
        found = msgspec.json.decode(content) if name.endswith(".json") else tomllib.loads(content)
    except (msgspec.DecodeError, tomllib.TOMLDecodeError, RecursionError):
        return {}
    for part in dotted.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else {}


def manifest_script(call: Call, tool: str, name: str, rest: tuple[str, ...] = ()) -> Effect | None:
    """Return the effect of the script *name* of *tool*'s manifest; `None` where it has none of that name."""
    environment, colon, last = name.rpartition(":")
    scripts = _read(call, tool, environment if tool == "hatch" and colon else "")
    key = name if name in scripts.table else last if tool == "hatch" else name
    if HIDDEN in name or key not in scripts.table:
        return None
    texts = _texts(scripts.table, key, set())[:_MAX_SCRIPTS]
    effects = [call.run(" ".join((text, *rest)) if at == len(texts) - 1 else text) for at, text in enumerate(texts)]
    return join([named_task(call, key), *effects, Effect(fx.UNSURE, scripts=scripts.files)])


def _texts(table: Mapping[str, object], name: str, seen: set[str]) -> list[str]:
    """Return the texts that a script runs, those of the scripts that it names among them."""
    if name in seen:
        return []
    seen.add(name)
    return _values(table, table.get(name), seen)


def _values(table: Mapping[str, object], value: object, seen: set[str], *, names: bool = False) -> list[str]:
    match value:
        case str() if names and value in table:
            return _texts(table, value, seen)
        case str() if value.startswith("@"):
            last = value[1:].split(" ")[0]
            return _texts(table, last, seen) if last in table else [value[1:]]
        case str():
            return [value]
        case list():
            return [text for item in value for text in _values(table, item, seen, names=True)]
        case dict():
            texts = [text for key in _TEXTS if key in value for text in _values(table, value[key], seen)]
            lists = [text for key in _LISTS if key in value for text in _values(table, value[key], seen, names=True)]
            return [*lists, *texts, *(_values(table, value["ref"], seen, names=True) if "ref" in value else [])]
        case _:
            return []


_HOOKS = words_of("install update require remove dump-autoload create-project")


def composer_hooks(call: Call, verb: str) -> Effect:
    """Return the effect of the scripts that composer runs around *verb*, unless it is told not to."""
    if verb not in _HOOKS or "--no-scripts" in call.words:
        return fx.EMPTY
    kinds = ("install", "update", "autoload-dump", "root-package-install", "create-project")
    names = [f"{when}-{kind}{end}" for kind in kinds for when in ("pre", "post") for end in ("-cmd", "", "-dump")]
    return join(found for name in names if (found := manifest_script(call, "composer", name)) is not None)


def poe(call: Call) -> Effect:
    """Run a task of the project's manifest (poethepoet)."""
    found = split(call.words, words_of("-C --directory -e --executor --root"), stops=True)
    name, rest = (found.operands[0], found.operands[1:]) if found.operands else ("", ())
    if not name or found.has("--help", "--version", "-d", "--dry-run", "-h"):
        return Effect(fx.READS)
    inside = manifest_script(call, "poe", name, rest)
    return named_task(call, name) if inside is None else inside


def processes(call: Call, names: tuple[str, ...], file: str) -> Effect:
    """Return the effect of the processes that a Procfile names, or of those of them in *names*."""
    where = call.absolute(file or "Procfile") if not call.machine and HIDDEN not in file else ""
    content = call.around.read(where) if where else None
    lines = _PROCESS.findall(content or "")[:_MAX_SCRIPTS]
    return join(call.run(text) for name, text in lines if not names or name in names)


def procfile(call: Call) -> Effect:
    """Start the processes of a Procfile until they are ended, or run words in their environment (foreman(1))."""
    found = split(call.words, words_of("-f --procfile -e --env -d --root -p --port -m --formation -c"), stops=True)
    verb, rest = (found.operands[0], found.operands[1:]) if found.operands else ("", ())
    if verb == "run":
        words = split(rest, words_of("-e --env"), stops=True).operands
        return call.run(words[0]) if len(words) == 1 else call.start(words)
    if verb in {"check", "version", "help", "--version", "export"} or not verb:
        return Effect(fx.READS)
    again = split(rest, words_of("-f --procfile -e --env -d --root -p --port -m --formation -c"))
    shown = call.shows(Workload.LONG_RUNNING, "runs its processes until they are ended")
    served = Effect(fx.CHANGES | fx.NETWORK, shown)
    file = again.value("-f", "--procfile") or found.value("-f", "--procfile")
    return join((served, processes(call, again.operands, file)))


PROGRAMS = {"poe": poe, **dict.fromkeys(("foreman", "honcho", "overmind", "hivemind", "goreman"), procfile)}
