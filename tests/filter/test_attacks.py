"""Whatever is sent as a filter is answered or refused: on a real database, from the standard's examples made worse.

What has no answer is never a failure of PostgreSQL, and nothing that is read grows beyond the limits.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, inspect

from geo.errors import BadRequest
from geo.filter import Filter, read_filter, tree
from geo.filter.limits import MOST_LEVELS, MOST_PARTS, MOST_SHAPES, MOST_VERTICES
from tests.filter.examples import BOTH, POLYGON, REFUSED, SHAPES, TEXTS
from tests.filter.things import KINDS, Things, made

SEED = int(os.environ.get("ATLAS_FUZZ_SEED", "2569"))
EXAMPLES = 60 * int(os.environ.get("ATLAS_FUZZ_EXAMPLES", "8"))
SQL = (
    "'; DROP TABLE thing; --", "\" OR 1=1 --", "1); SELECT pg_sleep(9); --", "$1", "%s", "%(x)s", ":x", "{0}", "\\",
    "\x00", "E'\\x27'", "/* */", "U&'\\0027'", "pg_read_file('/etc/passwd')", "\ud800", "\u202e", "%", "_", "\\%",
    "\x1f", "null",
)  # fmt: skip
EDGES = (
    "1e149", "-1e149", "1e-149", "1e150", "1e999999999", "nan", "NaN", "Infinity", "-0", "0", "9223372036854775807",
    "9223372036854775808", "-2147483649", "99999999999999999999999999", "0.1", "'0001-01-01'", "'9999-12-31'",
    "DATE('9999-12-31')", "DATE('0001-01-01')", "TIMESTAMP('9999-12-31T23:59:59.999999Z')", "''", "'infinity'", "()",
    "INTERVAL('..', '..')", "POINT(180 90)", "POINT(-180 -90)", "BBOX(180,-90,-180,90)", "BBOX(-180,-90,180,90)",
    "POLYGON((-180 -90, 180 -90, 180 90, -180 90, -180 -90))", "POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))", *SHAPES,
)  # fmt: skip
SIGNS = (
    "(", ")", ",", "=", "<>", "+", "-", "*", "/", "%", "^", " div ", " AND ", " OR ", " NOT ", " IS NULL", " IN ",
    " LIKE ", " BETWEEN ", "'", '"', "..", *KINDS, "geometry", "nosuch", "CASEI(", "S_EQUALS(", "T_MEETS(", "A_EQUALS(",
)  # fmt: skip
# What may take the place of a part of a document in JSON.
PARTS = (
    *SQL, None, True, -1e148, 1e-148, 0, 2**63, [], {}, {"property": "nosuch"}, {"op": "not"},
    *(document for _, document in BOTH), *({"property": name} for name in (*KINDS, "geometry")),
)  # fmt: skip
PATTERNS = ("%", "_", r"\\%", r"\\\\", "%" * 100, r"\%\_", "a" * 5000, "%a" * 100, "\x1f", r"\n%")


@pytest.fixture(scope="module")
def things(filter_engine: Engine) -> Things:
    full = {"name": "a%_\\", "other": "", "count": -(2**31), "amount": None, "size": 1.7e308, "large": -(2**63),
            "good": True, "codes": " A  B ", "shape": "POINT(180 90)"}  # fmt: skip
    none = {"size": 5e-324, "large": 2**63 - 1, "count": 2**31 - 1, "shape": POLYGON, "codes": ""}
    return made(filter_engine, [full, none, {}])


def answered(things: Things, text: str, language: str = "cql2-text") -> bool:
    """Whether it was answered; otherwise it was refused in words, and nothing else happens."""
    try:
        read = read_filter(text, language=language)
        check_bounds(read)
        things.meeting(read)
    except BadRequest:
        return False
    return True


def check_bounds(read: Filter) -> None:
    """What was read is no larger than the limits say."""
    parts = list(all_parts(read.root, 0))
    shapes = [part for part, _ in parts if isinstance(part, tree.Shape)]
    assert len(parts) <= MOST_PARTS
    assert max(level for _, level in parts) <= MOST_LEVELS
    assert len(shapes) <= MOST_SHAPES
    # Sixteen bytes a corner; mending and dividing edges add some.
    assert sum(len(wkb) for shape in shapes for wkb in shape.parts) <= 40 * MOST_VERTICES


def all_parts(node: tree.Node, level: int) -> Iterator[tuple[tree.Node, int]]:
    yield node, level
    inner = {tree.Operation: "args", tree.Array: "items"}.get(type(node))
    for one in getattr(node, inner) if inner else ():
        yield from all_parts(one, level + 1)
    if isinstance(node, tree.Interval):
        yield from ((one, level + 1) for one in (node.start, node.end) if one is not None)


def test_each_example_of_the_standard_is_answered(things: Things) -> None:
    known = set(KINDS) | {"geometry"}
    asked = [text for text in TEXTS if read_filter(text).names <= known]
    assert len(asked) > 100
    assert [text for text in asked if not answered(things, text)] == []
    assert [text for text, document in BOTH if not answered(things, json.dumps(document), "cql2-json")] == []


def worse(text: str, chance: random.Random) -> str:
    """An example with something of it taken out, doubled, or put where it does not belong."""
    for _ in range(chance.randint(1, 4)):
        place, length = chance.randrange(len(text) + 1), chance.randint(0, 6)
        put = chance.choice((*SQL, *EDGES, *SIGNS, text[place : place + 20], ""))
        text = text[:place] + put + text[place + length :]
    return text


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(chance=st.randoms(use_true_random=False))
def test_an_example_made_worse_is_answered_or_refused(chance: random.Random, things: Things) -> None:
    answered(things, worse(chance.choice((*TEXTS, *REFUSED)), chance))


@seed(SEED)
@settings(max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(chance=st.randoms(use_true_random=False))
def test_json_made_worse_is_answered_or_refused(chance: random.Random, things: Things) -> None:
    _, document = chance.choice(BOTH)
    answered(things, worse(json.dumps(document), chance), "cql2-json")
    answered(things, json.dumps(swapped(document, chance)), "cql2-json")


def swapped(document: object, chance: random.Random) -> object:
    """The same document with parts of others in it: well formed, and perhaps without sense."""
    if chance.random() < 0.15:
        return chance.choice(PARTS)
    if isinstance(document, dict):
        return {key: one if key in ("op", "type") else swapped(one, chance) for key, one in document.items()}
    return [swapped(one, chance) for one in document] if isinstance(document, list) else document


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "%", " div ", "^"])
def test_no_arithmetic_on_extremes_fails(operator: str, things: Things) -> None:
    numbers = (
        "count", "large", "size", "amount", "1e149", "-1e149", "1e-149", "-0", "0", "9223372036854775808", "0.1", "3",
    )  # fmt: skip
    for left in numbers:
        assert all(answered(things, f"{left} {operator} {right} > 0") for right in numbers)
        assert answered(things, f"size {operator} (size {operator} (count {operator} {left})) = amount")


@pytest.mark.parametrize("relation", ["S_INTERSECTS", "S_EQUALS", "S_WITHIN", "S_CONTAINS", "S_OVERLAPS", "S_TOUCHES",
                                      "S_CROSSES", "S_DISJOINT"])  # fmt: skip
def test_no_relation_of_odd_shapes_fails(relation: str, things: Things) -> None:
    shapes = [*(edge for edge in EDGES if edge[:2] in ("PO", "BB", "GE")), *SHAPES]
    assert all(answered(things, f"{relation}({one}, geometry)") for one in shapes)
    assert all(answered(things, f"{relation}({one}, {SHAPES[10]})") for one in shapes)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_no_pattern_fails(pattern: str, things: Things) -> None:
    for text in ("name", "CASEI(name)", "ACCENTI(CASEI(other))", f"'{'a' * 20_000}'"):
        assert answered(things, f"{text} LIKE '{pattern}'")
        assert answered(things, f"{text} LIKE CASEI(ACCENTI('{pattern}'))")


def test_what_looks_like_sql_is_text_and_changes_nothing(things: Things) -> None:
    for word in SQL:
        quoted = word.replace("\\", "\\\\").replace("'", "''")
        answered(things, f"name = '{quoted}' OR other LIKE '{quoted}' OR A_CONTAINS(codes, ('{quoted}'))")
        answered(things, f'"{word}" = 1')
        answered(things, json.dumps({"op": "=", "args": [{"property": word}, word]}), "cql2-json")
    assert inspect(things.engine).has_table("thing")
