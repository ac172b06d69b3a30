"""Makefiles: the rules, the variables and what make runs while it reads them (GNU make manual)."""

import re
from collections.abc import Callable

import msgspec

_MAX_FILES = 12
_MAX_LINES = 5000
_MAX_EXPANDED = 16 * 1024
_MAX_DEPTH = 12
_ASSIGNMENT = re.compile(r"(?:(?:export|override|private)\s+)*([\w.-]+)\s*(:{0,3}=|\?=|\+=|!=)\s*(.*)\Z", re.DOTALL)
_RULE = re.compile(r"([^:=#]+?)\s*(?:&?::?)(?![=:])(.*)\Z", re.DOTALL)
_INCLUDE = re.compile(r"[-s]?include\s+(.+)")
_CONDITION = re.compile(r"(?:ifeq|ifneq|ifdef|ifndef|else|endif)\b")
_DEFINE = re.compile(r"(?:override\s+|export\s+)*define\s+([\w.-]+)\s*[:?+]?=?\s*\Z")
_REFERENCE = re.compile(r"\$(?:\$|\(([^()$]*)\)|\{([^{}$]*)\}|([@<^*?%+|A-Za-z]))")
_OWN = {
    "MAKE": "make",
    "SHELL": "sh",
    "CC": "cc",
    "CXX": "c++",
    "AR": "ar",
    "RM": "rm -f",
    "CURDIR": ".",
    "MAKECMDGOALS": "x",
    "MAKEFLAGS": "",
    "AT": "",
    "Q": "",
    "V": "",
}
_UNKNOWN = "x"
"""Stands for a value that nobody knows: a word, since an empty one would hide what stands behind it."""


class Rule(msgspec.Struct):
    """What a target needs first, and the lines that make it."""

    needs: str = ""
    lines: list[str] = []


class Makefile(msgspec.Struct):
    """The rules by target, the variables, and the texts that run whatever the target is."""

    read: Callable[[str], str | None]
    rules: dict[str, Rule] = {}
    order: list[str] = []
    variables: dict[str, str] = {}
    fixed: frozenset[str] = frozenset()
    shells: list[str] = []
    files: int = 0
    missing: bool = False

    def take(self, text: str) -> None:
        """Read the *text* of a makefile, and of those that it includes."""
        self.files += 1
        rule: list[Rule] = []
        lines = _joined(text)
        at = 0
        while at < len(lines):
            line = lines[at]
            at += 1
            if line.startswith("\t") and rule:
                for one in rule:
                    one.lines.append(line[1:])
                continue
            plain = line.partition("#")[0].strip()
            name = _DEFINE.match(plain)
            if name:
                end = next((n for n in range(at, len(lines)) if lines[n].strip() == "endef"), len(lines))
                self.variables.setdefault(name[1], "\n".join(lines[at:end]))
                at = end + 1
            elif plain and not _CONDITION.match(plain):
                rule = self.statement(plain, rule)

    def statement(self, line: str, rule: list[Rule]) -> list[Rule]:
        """Take one line outside a recipe; return the rules whose recipe follows."""
        include = _INCLUDE.match(line)
        if include:
            self.include(self.expand(include[1]))
            return []
        given = _ASSIGNMENT.match(line)
        if given:
            self.assign(*given.groups())
            return []
        return self.begin(line) or rule

    def include(self, paths: str) -> None:
        """Read the makefiles at *paths* too."""
        for path in paths.split():
            text = self.read(path) if self.files < _MAX_FILES else None
            if text is not None:
                self.take(text)

    def assign(self, name: str, operator: str, value: str) -> None:
        """Give a variable its value; those of the command line stay."""
        if operator == "!=":
            self.shells.append(self.expand(value))
            value = _UNKNOWN
        if operator.startswith(":"):
            value = self.expand(value)
        if name in self.fixed or (operator == "?=" and name in self.variables):
            return
        before = self.variables.get(name, "")
        self.variables[name] = f"{before} {value}".strip() if operator == "+=" else value

    def begin(self, line: str) -> list[Rule]:
        """Begin the rules of the targets that *line* names."""
        head, mark, inline = line.partition(";")
        match = _RULE.match(head)
        if match is None:
            self.expand(line)  # `$(info …)`, `$(shell …)`: run while make reads
            return []
        if _ASSIGNMENT.match(match[2].strip()):
            return []
        begun = []
        for name in self.expand(match[1]).split():
            rule = self.rules.setdefault(name, Rule())
            rule.needs += " " + match[2].replace("|", " ")
            if mark:
                rule.lines.append(inline.strip())
            self.order.append(name)
            begun.append(rule)
        return begun

    def expand(self, text: str, target: str = "", depth: int = 0) -> str:
        """Return *text* with its variables; the texts of `$(shell …)` are kept, for they run."""

        def value(match: "re.Match[str]") -> str:
            name = match[1] if match[1] is not None else match[2] if match[2] is not None else match[3]
            if name is None:
                return "\x01"
            return self.reference(name, target, depth)

        for _ in range(_MAX_DEPTH):
            text, count = _REFERENCE.subn(value, text)
            if not count or len(text) > _MAX_EXPANDED:
                break
        return text if depth else text.replace("\x01", "$")

    def reference(self, name: str, target: str, depth: int) -> str:
        """Return what stands for one reference."""
        if name in {"@", "*"}:
            return target
        function, space, rest = name.partition(" ")
        if space and function == "shell":
            self.shells.append(rest.replace("\x01", "$"))
            return _UNKNOWN
        if space and function == "call":
            name, *given = rest.split(",")
            self.variables.update((str(at), value.strip()) for at, value in enumerate(given, start=1))
            return self.found(name.strip(), depth)
        if space or function in {"<", "^", "?", "%", "+", "|"}:
            return _UNKNOWN
        return self.found(name.partition(":")[0].strip(), depth)

    def found(self, name: str, depth: int) -> str:
        """Return the value of a variable, expanded."""
        known = self.variables.get(name, _OWN.get(name, _UNKNOWN))
        return known if depth > _MAX_DEPTH else self.expand(known, depth=depth + 1)


def _joined(text: str) -> list[str]:
    """Return the lines of a makefile, those that a backslash continues as one."""
    lines: list[str] = []
    for line in text.split("\n")[:_MAX_LINES]:
        if lines and lines[-1].endswith("\\"):
            lines[-1] = lines[-1][:-1] + " " + line.strip()
        else:
            lines.append(line)
    return lines
