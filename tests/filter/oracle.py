"""What a filter in CQL2 JSON means, worked out in Python from the standard's words: nothing here knows of `geo.filter`.

Unknown is None. Numbers are fractions, shapes are Shapely's, times Python's own.
"""

from __future__ import annotations

import datetime as dt
import operator
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import shapely

Row = dict[str, Any]
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<>": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
EARLIEST, LATEST = object(), object()


def meaning(said: Any, row: Row) -> Any:
    """The value of a part for a row; None where it is unknown."""
    if isinstance(said, bool | str):
        return said
    if isinstance(said, int | float | Decimal):
        return Fraction(str(said))
    if isinstance(said, list):
        return frozenset(_element(one, row) for one in said)
    if "property" in said:
        return _property(said["property"], row)
    if "date" in said:
        return dt.date.fromisoformat(said["date"])
    if "timestamp" in said:
        return dt.datetime.fromisoformat(said["timestamp"])
    if "bbox" in said:
        return shapely.box(*said["bbox"])
    if "type" in said:
        return shapely.geometry.shape(said)
    return _operation(said["op"], said["args"], row)


def _property(name: str, row: Row) -> Any:
    value = row["shape" if name == "geometry" else name]
    if value is None:
        return None
    if name == "geometry":
        return shapely.from_wkt(value)
    if name == "codes":
        return frozenset(("text", one) for one in value.split())
    return Fraction(repr(value) if isinstance(value, float) else str(value)) if _is_number(value) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _element(said: Any, row: Row) -> Any:
    value = meaning(said, row)
    kind = "text" if isinstance(value, str) else "number" if isinstance(value, Fraction) else type(value).__name__
    return (kind, value)


def _operation(op: str, args: list[Any], row: Row) -> Any:
    if op in ("and", "or"):
        return _joined(op, [meaning(one, row) for one in args])
    if op == "isNull":
        return meaning(args[0], row) is None
    if op == "in":
        return _joined("or", [_operation("=", [args[0], one], row) for one in args[1]])
    if op == "between":
        low, high = _operation(">=", args[:2], row), _operation("<=", [args[0], args[2]], row)
        return _joined("and", [low, high])
    if op.startswith("t_"):
        return _times(op, *(_span(one, row) for one in args), in_days=any(map(_has_days, args)))
    values = [meaning(one, row) for one in args]
    if any(value is None for value in values):
        return None
    return _known(op, values)


def _joined(op: str, values: list[bool | None]) -> bool | None:
    decides = op == "or"
    if decides in values:
        return decides
    return None if None in values else not decides


def _known(op: str, values: list[Any]) -> Any:
    if op == "not":
        return not values[0]
    if op in _COMPARE:
        return _COMPARE[op](*_alike(*values))
    if op in ("casei", "accenti"):
        return _folded(op, values[0])
    if op == "like":
        return _fits(values[0], _pieces(values[1]))
    if op.startswith("s_"):
        found: bool = getattr(shapely, op.removeprefix("s_"))(*values)
        return bool(found)
    if op.startswith("a_"):
        return _SETS[op](*values)
    return _reckoned(op, *values)


def _alike(a: Any, b: Any) -> tuple[Any, Any]:
    """A date and a timestamp are compared as days."""
    days = [isinstance(one, dt.date) and not isinstance(one, dt.datetime) for one in (a, b)]
    if any(days):
        a, b = (one.date() if isinstance(one, dt.datetime) else one for one in (a, b))
    return a, b


_SETS: dict[str, Callable[[Any, Any], bool]] = {
    "a_equals": operator.eq, "a_contains": operator.ge, "a_containedBy": operator.le,
    "a_overlaps": lambda a, b: not a.isdisjoint(b),
}  # fmt: skip


def _folded(op: str, text: str) -> str:
    if op == "casei":
        return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    letters = (one for one in unicodedata.normalize("NFD", text) if not "\u0300" <= one <= "\u036f")
    return unicodedata.normalize("NFC", "".join(letters))


def _pieces(pattern: str) -> list[str | None]:
    """Each character as it must be, `_` as the empty text, `%` as None."""
    pieces: list[str | None] = []
    rest = iter(pattern)
    for one in rest:
        pieces.append(next(rest) if one == "\\" else {"%": None, "_": ""}.get(one, one))
    return pieces


def _fits(text: str, pieces: list[str | None]) -> bool:
    """Whether a text is what the pieces say, from its end, place by place."""
    fits = [*[False] * len(text), True]
    for piece in reversed(pieces):
        if piece is None:
            fits = [any(fits[place:]) for place in range(len(fits))]
        else:
            fits = [*[piece in ("", text[place]) and fits[place + 1] for place in range(len(text))], False]
    return fits[0]


def _reckoned(op: str, a: Fraction, b: Fraction) -> Fraction | None:
    if op in ("/", "div", "%"):
        if b == 0:
            return None
        whole = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        return {"/": a / b, "div": Fraction(whole), "%": a - b * whole}[op]
    if op == "^":
        return None if a == 0 and b < 0 else Fraction(a**b)
    return {"+": a + b, "-": a - b, "*": a * b}[op]


def _span(said: Any, row: Row) -> list[Any]:
    if not (isinstance(said, dict) and "interval" in said):
        return [meaning(said, row)] * 2
    ends = []
    for one, open_end in zip(said["interval"], (EARLIEST, LATEST), strict=True):
        if one == "..":
            ends.append(open_end)
        elif isinstance(one, str):
            ends.append(dt.datetime.fromisoformat(one) if "T" in one else dt.date.fromisoformat(one))
        else:
            ends.append(meaning(one, row))
    return ends


def _order(a: Any, b: Any) -> int | None:
    """-1, 0 or 1, as a time lies before, at or after another."""
    if a is None or b is None:
        return None
    if a is b:
        return 0
    if a is EARLIEST or b is LATEST:
        return -1
    if a is LATEST or b is EARLIEST:
        return 1
    one, other = _alike(a, b)
    return int(one > other) - int(one < other)


# How start lies to start, end to end, the first's end to the second's start, the first's start to the second's end.
_TIMES: dict[str, dict[str, tuple[int, ...]]] = {
    "t_after": {"start_end": (1,)}, "t_before": {"end_start": (-1,)}, "t_equals": {"start": (0,), "end": (0,)},
    "t_intersects": {"start_end": (-1, 0), "end_start": (0, 1)}, "t_contains": {"start": (-1,), "end": (1,)},
    "t_during": {"start": (1,), "end": (-1,)}, "t_finishedBy": {"start": (-1,), "end": (0,)},
    "t_finishes": {"start": (1,), "end": (0,)}, "t_meets": {"end_start": (0,)}, "t_metBy": {"start_end": (0,)},
    "t_overlaps": {"start": (-1,), "end_start": (1,), "end": (-1,)},
    "t_overlappedBy": {"start": (1,), "start_end": (-1,), "end": (1,)},
    "t_startedBy": {"start": (0,), "end": (1,)}, "t_starts": {"start": (0,), "end": (-1,)},
}  # fmt: skip


def _times(op: str, left: list[Any], right: list[Any], *, in_days: bool) -> bool | None:
    if op == "t_disjoint":
        found = _times("t_intersects", left, right, in_days=in_days)
        return None if found is None else not found
    if in_days:
        left, right = ([one.date() if isinstance(one, dt.datetime) else one for one in span] for span in (left, right))
    orders = {
        "start": _order(left[0], right[0]), "end": _order(left[1], right[1]), "end_start": _order(left[1], right[0]),
        "start_end": _order(left[0], right[1]),
    }  # fmt: skip
    return _joined("and", [None if orders[name] is None else orders[name] in wanted
                           for name, wanted in _TIMES[op].items()])  # fmt: skip


def _has_days(said: Any) -> bool:
    """Whether a date is among its ends, known or not."""
    ends = said.get("interval", [said])
    return any("date" in one or one.get("property", "").endswith("_on") if isinstance(one, dict)
               else "T" not in one and one != ".." for one in ends)  # fmt: skip
