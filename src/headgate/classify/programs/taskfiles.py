"""Taskfiles: the part of YAML that tasks are written in, read a line at a time (taskfile.dev)."""

import re

import msgspec

_MAX_LINES = 3000
_KEY = re.compile(r"(\s*)(['\"]?)([\w:.*/-]+)\2\s*:(?:\s+(.*)|\s*)\Z")
_ITEM = re.compile(r"(\s*)-\s+(.*)\Z")
_FLOW = re.compile(r"\[(.*)\]\Z")
_HOLE = re.compile(r"\{\{\s*\.?([\w.]+)?[^}]*\}\}")


class Task(msgspec.Struct):
    """The texts that a task runs, and the tasks that it calls."""

    texts: list[str] = []
    calls: list[str] = []


def read_taskfile(text: str) -> dict[str, Task]:
    """Return the tasks in the *text* of a taskfile, by name."""
    reader = _Reader(
        [line for line in text.split("\n")[:_MAX_LINES] if line.strip() and not line.lstrip().startswith("#")]
    )
    return reader.tasks()


class _Reader:
    """Goes over the lines once; a deeper line belongs to the one above it."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.at = 0
        self.variables: dict[str, str] = {}

    def block(self, indent: int) -> list[str]:
        """Take the lines that lie deeper than *indent*."""
        begun = self.at
        while self.at < len(self.lines) and _depth(self.lines[self.at], indent):
            self.at += 1
        return self.lines[begun : self.at]

    def tasks(self) -> dict[str, Task]:
        """Return the tasks; the variables of the file stand before or behind them."""
        inner: list[str] = []
        while self.at < len(self.lines):
            key = _KEY.match(self.lines[self.at])
            self.at += 1
            if key is None or key[1]:
                continue
            block = self.block(0)
            if key[3] == "tasks":
                inner = block
            elif key[3] == "vars":
                pairs = (match for line in block if (match := _KEY.match(line)))
                self.variables.update({match[3]: _plain(match[4] or "") for match in pairs if match[4]})
        return {name: self.task(value, lines) for name, value, lines in _entries(inner)}

    def task(self, value: str, lines: list[str]) -> Task:
        """Read one task: a text, a list of texts, or a mapping."""
        task = Task()
        if value:
            self.commands(task, value, [])
        elif lines and _ITEM.match(lines[0]):
            self.commands(task, "", lines)
        for name, inner, below in _entries(lines):
            if name in {"cmds", "cmd"}:
                self.commands(task, inner, below)
            elif name == "deps":
                task.calls += _names(inner, below)
        return task

    def commands(self, task: Task, value: str, lines: list[str]) -> None:
        """Take the commands of a task."""
        if value in {"|", ">", "|-", ">-"}:
            task.texts.append(self.fill("\n".join(line.strip() for line in lines)))
            return
        if value:
            flow = _FLOW.match(value)
            task.texts += [self.fill(_plain(item)) for item in (flow[1].split(",") if flow else [value])]
        for head, below in _items(lines):
            self.command(task, head, below)

    def command(self, task: Task, head: str, below: list[str]) -> None:
        """Take one item: a text, `cmd: text`, `task: name`, `defer: text`, or a block of text."""
        if head in {"|", ">", "|-", ">-"}:
            task.texts.append(self.fill("\n".join(line.strip() for line in below)))
            return
        key = _KEY.match(head)
        if key is None or key[3] not in {"cmd", "task", "defer", "for", "platforms", "silent", "ignore_error"}:
            task.texts.append(self.fill(_plain(head)))
            return
        for name, value, deeper in _entries([head, *(line.strip() for line in below)]):
            if name == "task":
                task.calls.append(_plain(value))
            elif name in {"cmd", "defer"}:
                self.commands(task, value, deeper)

    def fill(self, text: str) -> str:
        """Return *text* with the variables of the file; another is a word."""
        return _HOLE.sub(lambda match: self.variables.get(match[1] or "", "x"), text)


def _depth(line: str, indent: int) -> bool:
    return len(line) - len(line.lstrip()) > indent or (indent == 0 and line.startswith("- "))


def _entries(lines: list[str]) -> list[tuple[str, str, list[str]]]:
    """Return the keys of a mapping, each with its value and the lines below it."""
    found: list[tuple[str, str, list[str]]] = []
    indent = -1
    for line in lines:
        key = _KEY.match(line)
        if key and not line.lstrip().startswith("- ") and (indent < 0 or len(key[1]) == indent):
            indent = len(key[1])
            found.append((key[3], (key[4] or "").strip(), []))
        elif found:
            found[-1][2].append(line)
    return found


def _items(lines: list[str]) -> list[tuple[str, list[str]]]:
    """Return the items of a list, each with the lines below it."""
    found: list[tuple[str, list[str]]] = []
    indent = -1
    for line in lines:
        item = _ITEM.match(line)
        if item and (indent < 0 or len(item[1]) == indent):
            indent = len(item[1])
            found.append((item[2].strip(), []))
        elif found:
            found[-1][1].append(line)
    return found


def _names(value: str, lines: list[str]) -> list[str]:
    flow = _FLOW.match(value)
    names = [_plain(item) for item in flow[1].split(",")] if flow else []
    for head, _ in _items(lines):
        names.append(_plain(head.partition("task:")[2] if "task:" in head else head))
    return [name for name in names if name]


def _plain(text: str) -> str:
    """Return a scalar without its quotes and its comment."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        inner = text[1:-1]
        return inner.replace("''", "'") if text[0] == "'" else inner.replace('\\"', '"').replace("\\\\", "\\")
    return text.partition(" #")[0].strip()
