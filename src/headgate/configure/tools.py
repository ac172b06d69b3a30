"""`[[tool]]` tables to entries of the tool map."""

import re
from collections.abc import Iterator

from headgate.classify.tool_code import known_language
from headgate.classify.tool_map import Entry, Form, Hole, Source, Word, word_of
from headgate.decide.mistakes import Mistakes
from headgate.model.facts import Workload

KEYS = (
    "name", "when", "is", "shell", "argv", "code", "sql", "like",
    "language", "machine", "service", "cwd", "detached", "path", "known",
)  # fmt: skip
_FORMS = tuple(form.value for form in Form)
_CLASSES = ("light", "read", "write", *map(str, Workload))
_PATH = re.compile(r"args\.([\w-]+(?:\.[\w-]+)*)\Z")
_ONLY_WITH = {"language": "code", "path": "is"}


def entries(value: object, mistakes: Mistakes) -> tuple[Entry, ...]:
    """Return the entries in the tables of `[[tool]]`; what is wrong goes to *mistakes*."""
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        mistakes.add(0, "tool", "tools are written as `[[tool]]`, each a table of its own")
        return ()
    return tuple(_Reader(table, number, mistakes).entry() for number, table in enumerate(value))


class _Reader:
    """Reads one table."""

    def __init__(self, table: dict[str, object], number: int, mistakes: Mistakes) -> None:
        self.table = table
        self.mistakes = mistakes
        self.names = tuple(_texts(table.get("name")))
        self.mentions: set[str] = set()
        mistakes.enter(number, self.names[0] if self.names else f"number {number + 1}")
        mistakes.unknown_keys(table, KEYS, "a tool")

    def entry(self) -> Entry:
        """Return the entry of the table."""
        if not self.names:
            self.wrong("name", '`name` is a pattern such as `"ssh_exec"`, or a list of them')
        form = self.form()
        self.mentions.update(_texts(self.table.get("known")))
        if "known" in self.table and not _texts(self.table["known"]):
            self.wrong("known", '`known` is a list of arguments that change nothing, such as `["script"]`')
        return Entry(
            names=self.names,
            form=form,
            when=tuple(self.when()),
            classes=self.classes() if form is Form.IS else (),
            source=self.source(form.value, literal=False) if form not in {Form.IS, Form.LIKE} else Source(),
            like=self.like() if form is Form.LIKE else (),
            language=self.language(form),
            machine=self.source("machine") if "machine" in self.table else None,
            service=self.source("service"),
            cwd=self.source("cwd") if "cwd" in self.table else None,
            detached=self.source("detached", literal=False),
            writes=self.source("path", literal=False),
            mentions=frozenset(self.mentions),
        )

    def wrong(self, word: str, what: str) -> None:
        """Add a mistake about *word* in this table."""
        self.mistakes.add_here(word, what)

    def form(self) -> Form:
        """Return how the table says what the tool does; it says so exactly once."""
        given = [name for name in _FORMS if name in self.table]
        if len(given) != 1:
            said = f"not {' and '.join(f'`{name}`' for name in given)}" if given else "and it has none"
            self.wrong(given[1] if given else "name", f"a tool needs exactly one of {', '.join(_FORMS)}, {said}")
        for key, holder in _ONLY_WITH.items():
            if key in self.table and holder not in given:
                self.wrong(key, f"`{key}` goes only with `{holder}`")
        return Form(given[0]) if given else Form.IS

    def classes(self) -> tuple[str, ...]:
        """Return the words behind `is`."""
        found = _texts(self.table.get("is"))
        if not found and "is" in self.table:
            self.wrong("is", f"`is` is one or several of {', '.join(_CLASSES)}")
        for word in found:
            if word not in _CLASSES:
                self.mistakes.add_word("is", word, _CLASSES)
        return tuple(found)

    def language(self, form: Form) -> Source:
        """Return where the language of code is said."""
        if form is not Form.CODE:
            return Source()
        found = self.source("language")
        if found == Source():
            self.wrong("code", 'code needs its `language`, such as `"python"` or `"args.language"`')
        if found.literal is not None and not known_language(found.literal):
            self.wrong("language", f"code in `{found.literal}` cannot be judged (python, javascript, bash, ruby, …)")
        return found

    def when(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Yield the arguments that the entry depends on, each with the patterns of its values."""
        table = self.table.get("when", {})
        if not isinstance(table, dict):
            self.wrong("when", '`when` names an argument: `when.action = ["list", "get*"]`')
            return
        for name, value in table.items():
            patterns = _texts(value)
            if not patterns:
                self.wrong(name, f"`when.{name}` is a pattern for a text, or a list of them")
            yield name, tuple(patterns)

    def source(self, key: str, *, literal: bool = True) -> Source:
        """Return where the value of *key* comes from; with *literal*, the last word may be the value itself."""
        if key not in self.table:
            return Source()
        given = _texts(self.table[key], empty=literal)
        paths = [found[1] for word in given if (found := _PATH.match(word))]
        others = [word for word in given if not _PATH.match(word)]
        self.mentions.update(path.partition(".")[0] for path in paths)
        misspelt = [word for word in others if word.startswith("arg") or not literal]
        if not given or misspelt:
            shown = f", not `{misspelt[0]}`" if misspelt else ""
            self.wrong(key, f"`{key}` is the place of an argument such as `args.{key}`, or a list of places{shown}")
        elif others[1:] or (others and given[-1] != others[0]):
            self.wrong(key, f"only the last word of `{key}` can be a value itself")
        return Source(tuple(tuple(path.split(".")) for path in paths), others[0] if others else None)

    def like(self) -> tuple[Word, ...]:
        """Return the words of the command that does what the tool does."""
        given = _texts(self.table["like"])
        if not given or not isinstance(self.table["like"], list) or "{" in given[0]:
            self.wrong("like", '`like` is a list of words, the program first: `["kubectl", "get", "{args.kind}"]`')
            return ()
        found = tuple(map(word_of, given))
        for word, text in zip(found, given, strict=True):
            holes = [part for part in word if isinstance(part, Hole)]
            self.mentions.update(path[0] for hole in holes for path in hole.paths)
            if any(hole.several for hole in holes) and len(word) > 1:
                self.wrong(text, f"`{text}`: several words stand alone, as `{{args.words...}}`")
            if any("args." in part for part in word if isinstance(part, str)):
                self.wrong(text, f"`{text}`: an argument is written `{{args.name}}`, with `?` where it may be missing")
        return found


def _texts(value: object, *, empty: bool = False) -> list[str]:
    """Return a text or a list of texts as a list; an empty one for anything else."""
    if isinstance(value, str):
        return [value] if value or empty else []
    if isinstance(value, list) and all(isinstance(item, str) and (item or empty) for item in value):
        return list(value)
    return []
