"""Filters drawn at random mean the same in PostGIS and in an evaluator in Python, row by row, unknown included."""

from __future__ import annotations

import datetime as dt
import json
import os
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import Engine

from geo.filter import read_filter
from tests.filter.examples import ARRAYS, MEETING, RELATING, SPATIAL, op, prop
from tests.filter.oracle import meaning
from tests.filter.things import Row, Things, made

SEED = int(os.environ.get("ATLAS_FUZZ_SEED", "2569"))
EXAMPLES = 25 * int(os.environ.get("ATLAS_FUZZ_EXAMPLES", "8"))
ROWS = 40
WORDS = ("a", "A", "ß", "ss", "SS", "Sa", "É", "e", "ก่", "ก", "", "a%", "_", "\\", "it's", "ﬁ", "ABC", "x\ty")
COORDINATES = range(4)
DAYS = [dt.date(2024, 2, 28) + dt.timedelta(days=n) for n in range(4)]
TIMES = [dt.datetime(2024, 2, 28, tzinfo=dt.UTC) + dt.timedelta(hours=12 * n) for n in range(6)]


def _rows() -> list[Row]:
    chance = random.Random(SEED)

    def one_of(values: Sequence[Any]) -> Any:
        return chance.choice(values) if chance.random() > 0.15 else None

    return [
        {
            "name": one_of(WORDS), "other": one_of(WORDS), "count": one_of(range(-3, 4)),
            "amount": one_of([Decimal(n) / 4 for n in range(-6, 7)]), "size": one_of([-1.5, 0.0, 0.1, 0.25, 2.0, 3.0]),
            "large": one_of([2**62, -(2**62), 2, 0]), "good": one_of([True, False]), "from_on": one_of(DAYS),
            "until_on": one_of(DAYS), "from_at": one_of(TIMES), "until_at": one_of(TIMES),
            "codes": one_of(["", "A", "A B", "B C", "A B C"]), "shape": one_of(_SHAPES),
        }
        for _ in range(ROWS)
    ]  # fmt: skip


_SHAPES = (
    "POINT(1 1)", "POINT(0 0)", "POINT(3 2)", "MULTIPOINT((0 0),(2 2))", "LINESTRING(0 0,3 3)", "LINESTRING(0 1,3 1)",
    "POLYGON((0 0,2 0,2 2,0 2,0 0))", "POLYGON((1 1,3 1,3 3,1 3,1 1))",
    "POLYGON((0 0,3 0,3 3,0 3,0 0),(1 1,2 1,2 2,1 2,1 1))",
    "MULTIPOLYGON(((0 0,1 0,1 1,0 1,0 0)),((2 2,3 2,3 3,2 3,2 2)))", "POLYGON((2 0,3 0,3 1,2 1,2 0))",
)  # fmt: skip


@pytest.fixture(scope="module")
def things(filter_engine: Engine) -> Things:
    return made(filter_engine, _rows())


texts = st.sampled_from(WORDS)
numbers = st.sampled_from([-3, -1, 0, 1, 2, 2.5, 0.1, 0.25, 7, 4611686018427387904, 1e20, -1.5])
text_values = st.recursive(
    st.one_of(texts, st.sampled_from(["name", "other"]).map(prop)),
    lambda inner: st.builds(op, st.sampled_from(["casei", "accenti"]), inner),
    max_leaves=2,
)
number_values = st.recursive(
    st.one_of(numbers, st.sampled_from(["count", "amount", "size", "large"]).map(prop)),
    lambda inner: st.one_of(
        st.builds(op, st.sampled_from(["+", "-", "*", "div", "%"]), inner, inner),
        st.builds(op, st.just("/"), inner, st.sampled_from([0, 2, 4, 5, -10])),
        st.builds(op, st.just("^"), st.one_of(numbers.filter(lambda n: abs(n) < 10), st.just(prop("count"))),
                  st.sampled_from([0, 1, 2, 3])),
    ),
    max_leaves=4,
)  # fmt: skip
days = st.one_of(st.sampled_from(["from_on", "until_on"]).map(prop),
                 st.sampled_from(DAYS).map(lambda day: {"date": day.isoformat()}))  # fmt: skip
times = st.one_of(st.sampled_from(["from_at", "until_at"]).map(prop),
                  st.sampled_from(TIMES).map(lambda at: {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}"}))  # fmt: skip
instants = st.one_of(days, times)


@st.composite
def intervals(draw: st.DrawFn) -> Any:
    in_days = draw(st.booleans())
    written = [one.isoformat() for one in DAYS] if in_days else [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in TIMES]
    ends = st.one_of(st.just(".."), st.sampled_from(written),
                     st.sampled_from(["from_on", "until_on", "from_at", "until_at"]).map(prop))  # fmt: skip
    start, end = draw(ends), draw(ends)
    if isinstance(start, str) and isinstance(end, str) and ".." not in (start, end):
        start, end = sorted((start, end))
    return {"interval": [start, end]}


places = st.tuples(st.sampled_from(COORDINATES), st.sampled_from(COORDINATES)).map(list)


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    kind = draw(st.sampled_from(("property", "Point", "MultiPoint", "LineString", "Polygon", "bbox")))
    if kind == "property":
        return prop("geometry")
    if kind == "Point":
        return {"type": kind, "coordinates": draw(places)}
    if kind == "MultiPoint":
        return {"type": kind, "coordinates": draw(st.lists(places, min_size=2, max_size=3, unique_by=tuple))}
    if kind == "LineString":
        return {"type": kind, "coordinates": draw(st.lists(places, min_size=2, max_size=2, unique_by=tuple))}
    west, south = draw(st.sampled_from(COORDINATES[:-1])), draw(st.sampled_from(COORDINATES[:-1]))
    east, north = draw(st.sampled_from(range(west + 1, 5))), draw(st.sampled_from(range(south + 1, 5)))
    if kind == "bbox":
        return {"bbox": [west, south, east, north]}
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": kind, "coordinates": [ring]}


elements = st.one_of(texts.filter(bool), numbers, st.booleans(), st.sampled_from("ABC"),
                     st.sampled_from(DAYS).map(lambda day: {"date": day.isoformat()}))  # fmt: skip
arrays = st.one_of(st.just(prop("codes")), st.lists(elements, max_size=4))
comparisons = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
patterns = st.lists(st.sampled_from(["%", "_", "\\%", "\\_", "\\\\", "a", "A", "s", "ß", "ก", "e"]), max_size=4).map(
    "".join
)
folded_patterns = st.recursive(
    patterns, lambda inner: st.builds(op, st.sampled_from(["casei", "accenti"]), inner), max_leaves=2
)
predicates = st.one_of(
    st.booleans(), st.just(prop("good")),
    st.builds(op, comparisons, text_values, text_values), st.builds(op, comparisons, number_values, number_values),
    st.builds(op, comparisons, instants, instants), st.builds(op, comparisons, st.just(prop("good")), st.booleans()),
    st.builds(op, st.just("like"), text_values, folded_patterns),
    st.builds(op, st.just("between"), number_values, number_values, number_values),
    st.builds(op, st.just("in"), text_values, st.lists(text_values, min_size=1, max_size=4)),
    st.builds(op, st.just("in"), number_values, st.lists(number_values, min_size=1, max_size=4)),
    st.builds(op, st.just("in"), instants, st.lists(instants, min_size=1, max_size=3)),
    st.builds(op, st.just("isNull"), st.one_of(text_values, number_values, instants, shapes())),
    st.builds(op, st.sampled_from(MEETING), st.one_of(instants, intervals()), st.one_of(instants, intervals())),
    st.builds(op, st.sampled_from(RELATING), intervals(), intervals()),
    st.builds(op, st.sampled_from(SPATIAL), shapes(), shapes()),
    st.builds(op, st.sampled_from(ARRAYS), arrays, arrays),
)  # fmt: skip
filters = st.recursive(
    predicates,
    lambda inner: st.one_of(
        st.builds(op, st.just("not"), inner), st.builds(op, st.sampled_from(["and", "or"]), inner, inner),
        st.builds(op, st.just("isNull"), inner), st.builds(op, st.just("="), inner, st.booleans()),
    ),
    max_leaves=5,
)  # fmt: skip


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate, Phase.shrink],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(document=filters)
def test_a_filter_means_what_its_words_say(document: Any, things: Things) -> None:
    told = things.truth(read_filter(json.dumps(document), language="cql2-json"))
    meant = {row["id"]: meaning(document, row) for row in things.rows}
    assert told == meant
