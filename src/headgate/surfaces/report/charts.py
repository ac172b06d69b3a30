"""Charts as SVG inside a page: each with a title, a description, and its numbers in a table behind it."""

from collections.abc import Callable
from math import floor, log10
from xml.etree.ElementTree import Element

import msgspec

from headgate.surfaces.report.elements import add, table

WIDTH, HEIGHT = 960, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 12, 34, 28
_BAR = 30
_LABELS = 8
"""Times that stand below a chart, at most."""

_LABEL = 110
"""How wide such a time is."""

_WIDEST = 80


class Series(msgspec.Struct, frozen=True):
    """What one colour stands for: its *name* for people, the *look* of its bars, and a value for each place."""

    name: str
    look: str
    values: tuple[float, ...]


class Chart(msgspec.Struct, frozen=True):
    """Numbers to be drawn: *places* along the axis, of which each series has a value; *say* writes one for people."""

    id: str
    title: str
    about: str
    places: tuple[str, ...]
    series: tuple[Series, ...]
    say: Callable[[float], str] = "{:g}".format


def columns(parent: Element, chart: Chart) -> None:
    """Draw columns, one a place, each series on top of the one before."""
    drawing = _figure(parent, chart, HEIGHT)
    totals = [sum(values) for values in zip(*(one.values for one in chart.series), strict=True)]
    top = _even(max([*totals, 0]))
    height, wide = HEIGHT - _TOP - _BOTTOM, min((WIDTH - _LEFT - _RIGHT) / max(len(totals), 1), _WIDEST)
    for part, share in ((0, 0.0), (1, 0.5), (2, 1.0)):
        y = HEIGHT - _BOTTOM - height * part / 2
        add(drawing, "line", class_="axis", x1=f"{_LEFT}", x2=f"{WIDTH - _RIGHT}", y1=f"{y:.1f}", y2=f"{y:.1f}")
        add(drawing, "text", chart.say(top * share), x=f"{_LEFT - 6}", y=f"{y + 4:.1f}", text_anchor="end")
    for at, place in enumerate(chart.places):
        x, y = _LEFT + at * wide, float(HEIGHT - _BOTTOM)
        for one in chart.series:
            tall = one.values[at] / top * height
            y -= tall
            _bar(drawing, one, chart, at, (x + wide * 0.1, y, wide * 0.8, tall))
        if at % -(-len(chart.places) // _LABELS) == 0 and x < WIDTH - _LABEL:
            add(drawing, "text", place, x=f"{x:.1f}", y=f"{HEIGHT - 8}")
    _numbers(parent[-1], chart)


def bars(parent: Element, chart: Chart) -> None:
    """Draw one bar a place, from the left, its series one behind the other."""
    height = _TOP + _BAR * len(chart.places) + 10
    drawing = _figure(parent, chart, height)
    totals = [sum(values) for values in zip(*(one.values for one in chart.series), strict=True)]
    top, left = max([*totals, 0]) or 1, 180
    wide = WIDTH - left - _RIGHT - 70
    for at, place in enumerate(chart.places):
        y, x = _TOP + at * _BAR, float(left)
        add(drawing, "text", place, x=f"{left - 8}", y=f"{y + 18}", text_anchor="end")
        for one in chart.series:
            long = one.values[at] / top * wide
            _bar(drawing, one, chart, at, (x, y + 4, long, _BAR - 10))
            x += long
        add(drawing, "text", chart.say(totals[at]), x=f"{x + 6:.1f}", y=f"{y + 18}")
    _numbers(parent[-1], chart)


def _even(value: float) -> float:
    """Return the next number above *value* that is easy to read, and to halve; 2 for 0."""
    if value <= 2:  # noqa: PLR2004 the smallest scale
        return 2.0
    unit = 10.0 ** floor(log10(value))
    return next(step * unit for step in (1, 2, 4, 6, 8, 10) if step * unit >= value)


def _figure(parent: Element, chart: Chart, height: int) -> Element:
    figure = add(parent, "figure", id=chart.id)
    add(figure, "figcaption", chart.about)
    names = f"{chart.id}-title {chart.id}-about"
    drawing = add(figure, "svg", viewBox=f"0 0 {WIDTH} {height}", role="img", aria_labelledby=names)
    add(drawing, "title", chart.title, id=f"{chart.id}-title")
    add(drawing, "desc", chart.about, id=f"{chart.id}-about")
    x = _LEFT
    for one in chart.series:
        add(drawing, "rect", class_=one.look, x=f"{x}", y="9", width="12", height="12")
        add(drawing, "text", one.name, x=f"{x + 17}", y="20")
        x += 36 + 7 * len(one.name)
    return drawing


def _bar(drawing: Element, one: Series, chart: Chart, at: int, box: tuple[float, float, float, float]) -> None:
    if not one.values[at]:
        return
    x, y, wide, tall = box
    look = f"bar {one.look}"
    bar = add(
        drawing,
        "rect",
        class_=look,
        x=f"{x:.1f}",
        y=f"{y:.1f}",
        width=f"{max(wide, 1):.1f}",
        height=f"{max(tall, 1):.1f}",
    )
    add(bar, "title", f"{chart.places[at]}, {one.name}: {chart.say(one.values[at])}")


def _numbers(figure: Element, chart: Chart) -> None:
    behind = add(figure, "details")
    add(behind, "summary", "The numbers")
    heads = ["", *(f"#{one.name}" for one in chart.series)]
    heads[0] = "what" if len(chart.places) else " "
    rows = [[place, *(chart.say(one.values[at]) for one in chart.series)] for at, place in enumerate(chart.places)]
    table(behind, heads, rows)
