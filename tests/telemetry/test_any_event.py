"""Whatever the journal says: a report counts it, and telemetry makes spans and measures of it, without a fault."""

import math
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import inspect

from headgate.record import events
from headgate.store.memory import MemoryStore
from headgate.surfaces.report.counting import counted
from headgate.surfaces.report.page import page
from headgate.surfaces.report.period import Period
from headgate.surfaces.report.terminal import WIDTH, lines
from headgate.telemetry.measures import COUNTERS, DURATION, Measures
from headgate.telemetry.spans import Spans

NUMBERS = st.floats(-1e9, 1e12) | st.floats(0, 100)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12) | st.sampled_from(["s-1", "ask", "main", "refuse", "1"])


SCALARS: dict[type[inspect.Type], st.SearchStrategy[object]] = {
    inspect.FloatType: NUMBERS,
    inspect.StrType: TEXTS,
    inspect.IntType: st.integers(0, 3),
    inspect.BoolType: st.booleans(),
    inspect.NoneType: st.none(),
}


def values(kind: inspect.Type) -> st.SearchStrategy[object]:  # noqa: PLR0911 one case a kind
    """Return values of *kind*, within what JSON can say."""
    match kind:
        case inspect.StructType(cls=cls, fields=fields):
            return st.builds(cls, **{field.name: values(field.type) for field in fields if field.name != "v"})
        case inspect.VarTupleType(item_type=item):
            return st.lists(values(item), max_size=3).map(tuple)
        case inspect.TupleType(item_types=items):
            return st.tuples(*map(values, items))
        case inspect.DictType(value_type=value):
            return st.dictionaries(TEXTS, values(value), max_size=2)
        case inspect.UnionType(types=types):
            return st.one_of(*map(values, types))
        case inspect.EnumType(cls=cls):
            return st.sampled_from(list(cls))
        case _:
            return SCALARS[type(kind)]


pytestmark = pytest.mark.timeout(900)

ANY_EVENT = st.one_of(*(values(inspect.type_info(kind)) for kind in get_args(events.Event)))


@given(st.lists(ANY_EVENT, max_size=30))
def test_any_journal_has_a_report(found: list[events.Event]) -> None:
    store = MemoryStore()
    for event in found:
        store.append(event)
    report = counted(store.entries(), Period(-1e9, 1e12), 0.0)

    assert (len(found), 0) == (report.read.entries, report.read.unreadable)
    assert report.heavy.calls == report.heavy.off + report.heavy.ran
    assert max(map(len, lines(report))) <= WIDTH
    assert page(report).endswith("</html>\n")


@given(st.lists(ANY_EVENT, max_size=30))
def test_any_journal_has_spans_and_measures(found: list[events.Event]) -> None:
    spans, measures = Spans(arguments=True), Measures()
    told = [span for event in found for span in spans.hear("0" * 12, event)] + [*spans.left()]
    added = [measure for event in found for measure in measures.hear(event)]

    assert all(span.start <= span.end < math.inf for span in told)
    assert sum(isinstance(event, events.Decided) for event in found) >= sum(s.key.startswith("decision") for s in told)
    assert {measure.name for measure in added} <= {*COUNTERS, DURATION}
