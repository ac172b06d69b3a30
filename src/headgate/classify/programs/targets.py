"""What the named targets of a tree's own files run: recipes of make, just and task, read where they can be."""

from headgate.classify import effect as fx
from headgate.classify.effect import HIDDEN, Effect, change
from headgate.classify.programs.call import Call
from headgate.classify.programs.justfiles import read_justfile
from headgate.classify.programs.makefiles import Makefile, Rule
from headgate.classify.programs.taskfiles import read_taskfile
from headgate.classify.shell.loops import digest
from headgate.model.facts import Script

_MAX_TARGETS = 60
_SHELLS = frozenset({"sh", "bash", "dash", "zsh", "ksh", "ash", "env", ""})
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_JUSTFILES = ("justfile", "Justfile", ".justfile")
_TASKFILES = ("Taskfile.yml", "taskfile.yml", "Taskfile.yaml", "taskfile.yaml", "Taskfile.dist.yml")


def _text(call: Call, names: tuple[str, ...], folder: str = "") -> tuple[str, str] | None:
    """Return the path and the text of the first of *names* that can be read."""
    if call.machine or HIDDEN in folder:
        return None
    for name in names:
        where = call.absolute(f"{folder}/{name}" if folder and not name.startswith("/") else name)
        content = call.around.read(where) if where and HIDDEN not in name else None
        if content is not None:
            return where, content
    return None


def _script(where: str, content: str) -> Effect:
    return Effect(scripts=(Script(where, digest(content)),))


def _but_unread(effect: Effect) -> Effect:
    """Return *effect* without the doubt about files of the tree: a recipe runs what it has built."""
    kept = tuple(item for item in effect.evidence if not item.message.endswith("cannot be read before it runs"))
    return change(effect, evidence=kept)


def make(call: Call, targets: list[str], given: tuple[str, ...], folder: str, files: tuple[str, ...]) -> list[Effect]:
    """Return the effects of make's recipes for *targets*; *given* are the variables of its command line."""
    file = Makefile(lambda path: (_text(call, (path,), folder) or ("", None))[1])
    values = dict(word.split("=", 1) for word in given)
    file.variables = {name.rstrip(":"): value for name, value in values.items() if HIDDEN not in value}
    file.fixed = frozenset(file.variables)
    sources = [_text(call, (name,), folder) for name in files] if files else [_text(call, _MAKEFILES, folder)]
    found: list[Effect] = []
    for source in sources:
        if source is not None:
            file.take(source[1])
            found.append(_script(*source))
    return [*found, *made(call, file, targets, folder)] if found else []


def made(call: Call, file: Makefile, targets: list[str], folder: str) -> list[Effect]:
    """Return the effects of what *file* runs to make *targets*, or its first one."""
    wanted = targets or [file.variables.get(".DEFAULT_GOAL", "")] * (".DEFAULT_GOAL" in file.variables)
    wanted = list(wanted) or [name for name in file.order if not name.startswith(".") and "%" not in name][:1]
    texts: dict[str, str] = {}
    while wanted and len(texts) < _MAX_TARGETS:
        name = wanted.pop()
        rule = file.rules.get(name) or _pattern(file, name)
        if rule is None or name in texts:
            continue
        texts[name] = "\n".join(_bare(file.expand(line, name)) for line in rule.lines)
        wanted.extend(file.expand(rule.needs, name).split())
    place = f"cd '{folder}'\n" if folder else ""
    shell = file.found("SHELL", 0).split() or ["sh"]
    plain = shell[-1].rpartition("/")[2] in _SHELLS and (len(shell) == 1 or shell[0].endswith("/env"))
    odd = [] if plain else [call.run(" ".join((*shell, "-c", "x")))]
    run = [text for text in (*file.shells[:_MAX_TARGETS], *texts.values()) if text.strip()]
    return [*odd, *(_but_unread(call.run(place + text)) for text in run)]


def _pattern(file: Makefile, name: str) -> Rule | None:
    """Return the rule whose pattern fits *name*."""
    for pattern, rule in file.rules.items():
        head, mark, tail = pattern.partition("%")
        if mark and name.startswith(head) and name.endswith(tail):
            return rule
    return None


def _bare(line: str) -> str:
    return "\n".join(part.lstrip("@-+ \t") for part in line.split("\n"))


def just(call: Call, words: list[str], given: tuple[str, ...], folder: str, file: str) -> list[Effect]:
    """Return the effects of just's recipes; words behind a recipe are its parameters."""
    source = _text(call, (file,) if file else _JUSTFILES, folder)
    if source is None:
        return []
    recipes = read_justfile(source[1])
    recipes.variables.update((name, value) for name, _, value in (word.partition("=") for word in given))
    wanted = _wanted(recipes.recipes.keys() | recipes.aliases.keys(), words) or [(recipes.first, ())]
    found, seen = [_script(*source), *map(call.run, recipes.texts)], set[str]()
    while wanted and len(seen) < _MAX_TARGETS:
        name, rest = wanted.pop()
        name = recipes.aliases.get(name, name)
        if name not in recipes.recipes or name in seen:
            continue
        seen.add(name)
        found.append(_recipe(call, recipes.filled(name, rest), recipes.shell))
        wanted.extend(recipes.needs(name))
    return found


def _wanted(names: set[str], words: list[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the recipes that *words* name; since how many words each takes is not asked, each takes the rest."""
    return [(word, tuple(words[at + 1 :])) for at, word in enumerate(words) if word in names]


def _recipe(call: Call, lines: list[str], shell: tuple[str, ...]) -> Effect:
    """Return the effect of a recipe: lines for a shell, or a script with its own interpreter."""
    if lines and lines[0].startswith("#!"):
        words = [word for word in lines[0][2:].split() if not word.endswith("/env") and word != "-S"]
        name = words[0].rpartition("/")[2] if words else "sh"
        text = "\n".join(lines[1:])
        flag = "-c" if name.startswith(("python", "sh", "bash", "zsh", "dash")) else "-e"
        return _but_unread(call.start((name, flag, text)))
    text = "\n".join(_bare(line) for line in lines)
    if shell and shell[0].rpartition("/")[2] not in _SHELLS:
        return _but_unread(call.start((*shell, text)))
    return _but_unread(call.run(text)) if text.strip() else fx.EMPTY


def task(call: Call, words: list[str], folder: str, file: str) -> list[Effect]:
    """Return the effects of the tasks that *words* name, and of those that they call."""
    source = _text(call, (file,) if file else _TASKFILES, folder)
    if source is None:
        return []
    tasks = read_taskfile(source[1])
    wanted, seen = list(words) or ["default"], set[str]()
    found = [_script(*source)]
    while wanted and len(seen) < _MAX_TARGETS:
        name = wanted.pop().lstrip(":")
        if name not in tasks or name in seen:
            continue
        seen.add(name)
        found += [_but_unread(call.run(text)) for text in tasks[name].texts if text.strip()]
        wanted.extend(tasks[name].calls)
    return found
