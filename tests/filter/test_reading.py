"""CQL2 is read as the standard's grammar and JSON schema have it, or refused in words that say where."""

from __future__ import annotations

import json
import math

import pytest

from geo.errors import BadRequest
from geo.filter import limits, read_filter, tree
from geo.filter.limits import MOST_CHARACTERS, MOST_LEVELS, MOST_PARTS, MOST_SHAPES, MOST_TOKENS, MOST_VERTICES
from tests.filter.examples import BOTH, REFUSED, TEXTS


@pytest.mark.parametrize("text", TEXTS)
def test_what_the_grammar_allows_is_read(text: str) -> None:
    assert read_filter(text).canonical


@pytest.mark.parametrize("text", REFUSED)
def test_what_the_grammar_does_not_allow_is_refused_in_both_languages(text: str) -> None:
    with pytest.raises(BadRequest, match="filter: ") as refused:
        read_filter(text)
    assert refused.value.told.th.startswith("filter: ")


@pytest.mark.parametrize(("text", "document"), BOTH, ids=[text for text, _ in BOTH])
def test_both_encodings_say_the_same(text: str, document: object) -> None:
    from_text, from_json = read_filter(text), read_filter(json.dumps(document), language="cql2-json")
    assert from_text == from_json
    assert hash(from_text) == hash(from_json)
    assert from_text.names == from_json.names


def test_the_names_of_the_properties_are_told() -> None:
    read = read_filter(
        "T_AFTER(INTERVAL(a, b), INTERVAL(c, '..')) AND A_EQUALS((d, 1), (2)) OR CASEI(\"e\") IN ('x', f)"
    )
    assert read.names == frozenset("abcdef")


def test_escapes_of_the_standard_are_read_and_others_stay_for_like() -> None:
    read = read_filter(r"a = '\a\b\t\n\v\f\r\'''\\ \%\_'").root
    assert isinstance(read, tree.Operation)
    assert read.args[1] == tree.Words("\a\b\t\n\v\f\r'" + r"'\ \%\_")


def test_a_sign_belongs_to_its_number_before_a_power_is_taken() -> None:
    assert read_filter("a = -2 ^ 2") == read_filter("a = (-2) ^ 2")
    assert read_filter("a = +5") == read_filter("a = 5.") == read_filter("a = 0.5e1")


def test_a_keyword_is_a_property_in_double_quotes_alone() -> None:
    assert read_filter('"and" = 1').names == {"and"}
    assert read_filter("android = 1 and ordinal = 2").names == {"android", "ordinal"}
    with pytest.raises(BadRequest):
        read_filter("and = 1")


DEEP = MOST_LEVELS * 100
STAR = ",".join(f"{100 + math.cos(turn * 2.4):.6f} {7 + math.sin(turn * 2.4):.6f}" for turn in [*range(3000), 0])
LARGE = {
    "brackets in brackets": ("(" * DEEP + "a=1" + ")" * DEEP, "levels"),
    "nothing but not": ("NOT " * (MOST_LEVELS + 1) + "a=1", "levels"),
    "ten thousand nots": ("NOT " * 10_001 + "a=1", f"{MOST_TOKENS:,}"),
    "a long sum": ("a=" + "+".join(["1"] * (MOST_LEVELS + 2)), "levels"),
    "a megabyte": (f"a='{'x' * 1_000_000}'", f"{MOST_CHARACTERS:,}"),
    "many words": (" AND ".join(["a=1"] * 5_000), f"{MOST_TOKENS:,}"),
    "many values": (f"a IN ({','.join(['1'] * MOST_PARTS)})", f"{MOST_PARTS:,}"),
    "a million vertices": (f"S_INTERSECTS(g,LINESTRING({','.join(['1 1'] * 1_000_000)}))", f"{MOST_CHARACTERS:,}"),
    "many vertices": (f"S_INTERSECTS(g,LINESTRING({','.join(['1 1'] * (MOST_VERTICES + 1))}))", f"{MOST_VERTICES:,}"),
    "many shapes": (" OR ".join(["S_INTERSECTS(g,POINT(1 1))"] * (MOST_SHAPES + 1)), f"{MOST_SHAPES}"),
    "a star that crosses itself": (f"S_INTERSECTS(g,POLYGON(({STAR})))", "mend"),
    "many wildcards": (f"a LIKE '{'%a' * (limits.MOST_WILDCARDS + 1)}'", f"{limits.MOST_WILDCARDS}"),
    "many digits": (f"a = {'9' * (limits.MOST_DIGITS + 1)}", f"{limits.MOST_DIGITS}"),
    "a number too large": ("a = 1e150", "1e150"),
    "a number too small": ("a = 1e-151", "1e-150"),
}


@pytest.mark.parametrize("what", LARGE)
def test_what_is_too_large_is_refused_with_the_limit(what: str) -> None:
    text, limit = LARGE[what]
    with pytest.raises(BadRequest, match=limit):
        read_filter(text)


LARGE_JSON = {
    "lists in lists": ("[" * DEEP, "levels"),
    "nothing but not": ('{"op":"not","args":[' * (MOST_LEVELS + 1) + "true" + "]}" * (MOST_LEVELS + 1), "levels"),
    "many vertices": (
        json.dumps({"op": "isNull", "args": [{"type": "LineString", "coordinates": [[1, 1]] * (MOST_VERTICES + 1)}]}),
        f"{MOST_VERTICES:,}",
    ),
    "not a number": ('{"op":"=","args":[{"property":"a"},NaN]}', "NaN"),
    "infinite": ('{"op":"=","args":[{"property":"a"},-Infinity]}', "Infinity"),
    "half a pair": ('{"op":"=","args":[{"property":"a"},"\\ud800"]}', "surrogate"),
    "a character that is none": ('{"op":"=","args":[{"property":"a"},"\\u0000"]}', "NUL"),
    "many digits": (f'{{"op":"=","args":[{{"property":"a"}},{"9" * 5_000}]}}', f"{limits.MOST_DIGITS}"),
}


@pytest.mark.parametrize("what", LARGE_JSON)
def test_json_that_is_too_large_or_no_value_is_refused_with_the_reason(what: str) -> None:
    text, reason = LARGE_JSON[what]
    with pytest.raises(BadRequest, match=reason):
        read_filter(text, language="cql2-json")


def test_what_is_just_within_the_limits_is_read() -> None:
    read_filter("(" * (MOST_LEVELS - 1) + "a=1" + ")" * (MOST_LEVELS - 1))
    read_filter(f"a IN ({','.join(['1'] * (MOST_PARTS - 10))})")
    ring = [(100 + math.cos(turn / 2000 * math.tau), 7 + math.sin(turn / 2000 * math.tau)) for turn in range(2000)]
    read_filter(f"S_WITHIN(g,POLYGON(({','.join(f'{x} {y}' for x, y in [*ring, ring[0]])})))")
    read_filter(f"a = '{'(' * (MOST_CHARACTERS - 10)}'")


def test_another_language_is_refused() -> None:
    with pytest.raises(BadRequest, match="filter-lang is cql2-text or cql2-json"):
        read_filter("a = 1", language="sql")
