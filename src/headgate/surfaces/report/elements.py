"""Elements of a page as values; whatever is put into one is text, and is escaped when the page is written."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from headgate.surfaces.report.words import NOTHING, shown

COMMAND = 300
"""Characters of a command in a cell."""


def add(parent: Element, tag: str, text: str = "", **attributes: str) -> Element:
    """Add an element of this *tag* to *parent*; `_` in the name of an attribute is `-`, and one at its end is none."""
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = SubElement(parent, tag, named)
    made.text = text or None
    return made


def table(parent: Element, heads: Sequence[str], rows: Sequence[Sequence[object]], caption: str = "") -> None:
    """Add a table; a head that begins with `#` is of numbers, one that begins with `$` of commands."""
    if not rows:
        add(parent, "p", "none", class_="soft")
        return
    made = add(add(parent, "div", class_="scroll"), "table")
    if caption:
        add(made, "caption", caption)
    line = add(add(made, "thead"), "tr")
    for head in heads:
        add(line, "th", head.lstrip("#$"), scope="col", **({"class_": "number"} if head[0] == "#" else {}))
    body = add(made, "tbody")
    for row in rows:
        line = add(body, "tr")
        for head, value in zip(heads, row, strict=True):
            _cell(line, head[0], str(value) or NOTHING)


def _cell(line: Element, kind: str, value: str) -> None:
    if kind == "#":
        add(line, "td", value, class_="number")
    elif kind == "$":
        add(add(line, "td"), "code", shown(value, COMMAND))
    else:
        add(line, "td", shown(value, COMMAND * 2))


def written(root: Element) -> str:
    """Return *root* as HTML."""
    return tostring(root, encoding="unicode", method="html")
