"""Justfiles: recipes, what they need, and the values that the file and the call give them (just manual)."""

import re

import msgspec

_HEADER = re.compile(
    r"@?([A-Za-z_][\w-]*)((?:\s+[*+$]?[\w-]+(?:\s*=\s*(?:'[^']*'|\"[^\"]*\"|[^\s:]+))?)*)\s*:(?!=)(.*)\Z"
)
_PARAMETER = re.compile(r"([*+$]*)([\w-]+)(?:\s*=\s*('[^']*'|\"[^\"]*\"|\S+))?")
_VARIABLE = re.compile(r"(?:export\s+)?([A-Za-z_][\w-]*)\s*:=\s*(.*)\Z")
_ALIAS = re.compile(r"alias\s+([\w-]+)\s*:=\s*([\w-]+)")
_SHELL = re.compile(r"set\s+shell\s*:=\s*\[([^\]]*)\]")
_HOLE = re.compile(r"\{\{\s*(.*?)\s*\}\}")
_NEED = re.compile(r"\(([^)]*)\)|([\w-]+)")
_STRING = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_MAX_LINES = 3000
_UNKNOWN = "x"


class Recipe(msgspec.Struct):
    """The parameters of a recipe with their defaults, what it needs first, and its lines."""

    parameters: list[tuple[str, str, str]] = []
    needs: str = ""
    lines: list[str] = []


class Justfile(msgspec.Struct):
    """The recipes by name, the values of the variables, the texts that give them, and the shell."""

    recipes: dict[str, Recipe] = {}
    variables: dict[str, str] = {}
    aliases: dict[str, str] = {}
    texts: list[str] = []
    shell: tuple[str, ...] = ()
    first: str = ""

    def filled(self, name: str, given: tuple[str, ...]) -> list[str]:
        """Return the lines of the recipe *name* for the words *given*, with the values that are known."""
        recipe = self.recipes[name]
        values = dict(self.variables)
        for at, (mark, parameter, default) in enumerate(recipe.parameters):
            rest = " ".join(given[at:]) if mark else "".join(given[at : at + 1])
            values[parameter] = rest or default
        return [_HOLE.sub(lambda match: values.get(match[1], _literal(match[1])), line) for line in recipe.lines]

    def needs(self, name: str) -> list[tuple[str, tuple[str, ...]]]:
        """Return the recipes that *name* needs, with the words it gives them."""
        found: list[tuple[str, tuple[str, ...]]] = []
        for match in _NEED.finditer(self.recipes[name].needs):
            words = match[1].split() if match[1] else [match[2]]
            if words:
                found.append((words[0], tuple(word.strip("'\"") for word in words[1:])))
        return found


def _literal(text: str) -> str:
    match = _STRING.fullmatch(text)
    return (match[1] or match[2] or "") if match else _UNKNOWN


def read_justfile(text: str) -> Justfile:
    """Return what the *text* of a justfile says."""
    file = Justfile()
    recipe: Recipe | None = None
    for line in text.split("\n")[:_MAX_LINES]:
        if recipe is not None and (line[:1] in {" ", "\t"} or not line.strip()):
            if line.strip():
                recipe.lines.append(line.strip())
            continue
        recipe = _statement(file, line.strip())
    return file


def _statement(file: Justfile, line: str) -> Recipe | None:
    """Take a line at the left edge; return the recipe that it begins."""
    if not line or line.startswith(("#", "[", "import", "mod ")):
        return None
    alias, shell, variable = _ALIAS.match(line), _SHELL.match(line), _VARIABLE.match(line)
    if alias:
        file.aliases[alias[1]] = alias[2]
    elif shell:
        file.shell = tuple(one or two for one, two in _STRING.findall(shell[1]))
    elif variable:
        if variable[2].startswith("`"):
            file.texts.append(variable[2].strip("`"))
        file.variables[variable[1]] = _literal(variable[2])
    header = None if alias or shell or variable else _HEADER.match(line)
    if header is None:
        return None
    parameters = [(mark, name, default.strip("'\"")) for mark, name, default in _PARAMETER.findall(header[2])]
    recipe = file.recipes[header[1]] = Recipe(parameters, header[3].partition("#")[0].replace("&&", " "))
    file.first = file.first or header[1]
    return recipe
