"""A column of a file, read into the type that its field is stored as.

The work is done once per distinct value; a column of a million deed numbers is looked through by Arrow first, so that
only the cells that could need mending are read by Python.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute
from numpy.typing import NDArray

from geo.intake.seen import Seen
from geo.intake.values import (
    BUDDHIST_DATE,
    FIRST_BUDDHIST_YEAR,
    NOT_A_NUMBER,
    Cell,
    Reader,
    is_year,
    number_cell,
    reader_of,
)  # fmt: skip
from geo.layer import Field
from geo.thai import DateOrder, plain_all

# The stubs of pyarrow know no array of a kind that is found out at run time.
compute: Any = pyarrow.compute

MOST_DECIMALS = 9
MOST_QUICK_DECIMALS = 4

ARROW_TYPES: dict[type, pa.DataType] = {
    str: pa.string(), bool: pa.bool_(), int: pa.int32(), float: pa.float64(), dt.date: pa.date32(),
    dt.datetime: pa.timestamp("us", "UTC"),
}  # fmt: skip
_ITEMS: dict[type | None, pa.DataType] = {str: pa.string(), int: pa.int64(), float: pa.float64()}


def read_column(
    values: pa.Array[Any], words: Field, seen: Seen, *, column: str, order: DateOrder | None
) -> pa.Array[Any]:
    """The column in the field's own type; what was changed or could not be read is told."""
    if pa.types.is_dictionary(values.type):
        values = cast(Any, values).dictionary_decode()
    quick = _typed(values, words, seen, column)
    if quick is not None:
        return quick
    values = _as_text(values)
    reader = reader_of(words, order)
    if words.python_type is str and words.codes is None and not words.strip:
        return _mended_texts(values, words, seen, reader, column)
    coded: Any = values.dictionary_encode()
    cells = [reader(text) for text in coded.dictionary.to_pylist()]
    _tell(coded, cells, words, seen, column)
    return _array([cell.value for cell in cells], words).take(coded.indices)


def _as_text(values: pa.Array[Any]) -> pa.Array[Any]:
    if pa.types.is_string(values.type):
        return values
    if pa.types.is_floating(values.type):
        # 9098.0 is what a float column makes of the code 9098.
        whole = compute.and_(compute.equal(values, compute.round(values)), compute.less(compute.abs(values), 1e15))
        if compute.all(whole).as_py() is not False:
            values = values.cast(pa.int64())
    return values.cast(pa.string())


def _mended_texts(values: pa.Array[Any], words: Field, seen: Seen, reader: Reader, column: str) -> pa.Array[Any]:
    """Free text: Python reads only the cells that Arrow does not find plain."""
    if words.pattern:
        plain = compute.fill_null(compute.match_substring_regex(values, f"^({words.pattern})$"), True)
    else:
        plain = plain_all(values)
    doubtful = ~np.asarray(plain)
    if not doubtful.any():
        return values
    mask = pa.array(doubtful)
    coded: Any = values.filter(mask).dictionary_encode()
    cells = [reader(text) for text in coded.dictionary.to_pylist()]
    _tell(coded, cells, words, seen, column, rows=np.flatnonzero(doubtful))
    found: pa.Array[Any] = compute.replace_with_mask(
        values, mask, _array([cell.value for cell in cells], words).take(coded.indices)
    )
    return found


def _tell(
    coded: Any, cells: list[Cell], words: Field, seen: Seen, column: str, *, rows: NDArray[np.intp] | None = None
) -> None:  # fmt: skip
    """Tell what was noted of the distinct values, with every row that has them; `rows` says where `coded` stands."""
    noted = {place: cell for place, cell in enumerate(cells) if cell.code is not None}
    if not noted:
        return
    indices: NDArray[np.int64] = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    texts = coded.dictionary
    order = np.argsort(indices, kind="stable")
    starts = np.searchsorted(indices[order], np.arange(len(cells) + 1))
    changed: dict[str, list[tuple[NDArray[np.intp], str, Cell]]] = {}
    for place, cell in noted.items():
        where = order[starts[place] : starts[place + 1]]
        where = where if rows is None else rows[where]
        where = where[~seen.refused[where]]
        assert cell.code is not None
        assert cell.told is not None
        if not len(where):
            continue
        if cell.level == "changed":
            changed.setdefault(cell.code, []).append((where, texts[place].as_py(), cell))
        elif seen.findings.values_room(cell.code, column):
            seen.warn(cell.code, cell.told, where, field=words.name, column=column, value=texts[place].as_py())
        else:
            seen.count(cell.code, cell.told, where, field=words.name, column=column, value=texts[place].as_py())
    for code, found in changed.items():
        _tell_changed(code, found, words, seen, column)


def _tell_changed(
    code: str, found: list[tuple[NDArray[np.intp], str, Cell]], words: Field, seen: Seen, column: str
) -> None:
    rows = np.concatenate([where for where, _, _ in found])
    of = np.repeat(np.arange(len(found)), [len(where) for where, _, _ in found])
    by_row = np.argsort(rows, kind="stable")
    rows, of = rows[by_row], of[by_row]
    listed = of[: seen.findings.room(code)].tolist()
    told = found[0][2].told
    assert told is not None
    seen.tell(
        code, told, rows, level="changed", field=words.name, column=column,
        values=[found[i][1] for i in listed], became=[found[i][2].value for i in listed],
    )  # fmt: skip


def _array(values: list[Any], words: Field) -> pa.Array[Any]:
    if words.python_type is Decimal:
        return decimals(values)
    return pa.array(values, _arrow_type(words))


def _arrow_type(words: Field) -> pa.DataType:
    if words.python_type is list:
        return pa.list_(_ITEMS[words.item_type])
    return pa.int64() if words.python_type is int and words.is_large else ARROW_TYPES[words.python_type]


def decimals(values: list[Decimal | None]) -> pa.Array[Any]:
    """Exact numbers with as many decimals as any of them needs, so that 1.5 is not stored as 1.500000."""
    exponents = [value.normalize().as_tuple().exponent for value in values if value is not None]
    scale = min(max((-e for e in exponents if isinstance(e, int)), default=0), MOST_DECIMALS)
    scale = max(scale, 0)
    step = Decimal(1).scaleb(-scale)
    rounded = [None if value is None else value.quantize(step) for value in values]
    return pa.array(rounded, pa.decimal128(38, scale))


def _typed(values: pa.Array[Any], words: Field, seen: Seen, column: str) -> pa.Array[Any] | None:
    """The ways that need no reading: numbers into number columns, dates into date columns, truths into truths."""
    kind = values.type
    if words.codes is not None or pa.types.is_string(kind):
        return None
    if words.python_type is bool and pa.types.is_boolean(kind):
        return values
    if words.python_type is dt.date and (pa.types.is_date(kind) or pa.types.is_timestamp(kind)):
        return _dates(values, words, seen, column)
    if words.python_type is dt.datetime and pa.types.is_timestamp(kind):
        return _moments(values, words, seen, column)
    if words.python_type is int and words.is_large and pa.types.is_signed_integer(kind) and not is_year(words):
        return values.cast(pa.int64())
    number = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if number and words.python_type in (int, float, Decimal):
        return _numbers(values, words, seen, column)
    return None


def _dates(values: pa.Array[Any], words: Field, seen: Seen, column: str) -> pa.Array[Any]:
    kind: Any = values.type
    if pa.types.is_timestamp(kind) and kind.tz is not None:
        # A day of Bangkok begins seven hours before that of UTC.
        values = compute.local_timestamp(values.cast(pa.timestamp("ms", "Asia/Bangkok"), safe=False))
    days = values.cast(pa.date32(), safe=False)
    buddhist = compute.fill_null(compute.greater_equal(compute.year(days), FIRST_BUDDHIST_YEAR), False).to_numpy(
        zero_copy_only=False
    )
    if not buddhist.any():
        return days
    where = np.flatnonzero(buddhist)
    given: list[Any] = days.to_pylist()
    # A leap day of the Buddhist calendar, 29 February 2567, cannot stand in a date column; 28 and others can.
    for place in where.tolist():
        given[place] = _in_common_era(given[place])
    seen.tell(
        "buddhist-date", BUDDHIST_DATE, where, level="changed", field=words.name, column=column,
        values=[day.as_py() for day in days.take(pa.array(where, pa.int64()))],
        became=[given[place] for place in where.tolist()],
    )  # fmt: skip
    return pa.array(given, pa.date32())


def _in_common_era(given: Any) -> Any:
    """The same day 543 years earlier; None for a leap day of 2568, say, which 2025 does not have."""
    try:
        return given.replace(year=given.year - 543)
    except ValueError:
        return None


def _moments(values: pa.Array[Any], words: Field, seen: Seen, column: str) -> pa.Array[Any]:
    """Instants; a time without a zone is Bangkok's."""
    kind: Any = values.type
    if kind.tz is None:
        values = compute.assume_timezone(values.cast(pa.timestamp("us"), safe=False), "Asia/Bangkok")
    found = values.cast(pa.timestamp("us", "UTC"), safe=False)
    buddhist = compute.fill_null(compute.greater_equal(compute.year(found), FIRST_BUDDHIST_YEAR), False).to_numpy(
        zero_copy_only=False
    )
    if not buddhist.any():
        return found
    where = np.flatnonzero(buddhist)
    given: list[Any] = found.to_pylist()
    for place in where.tolist():
        given[place] = _in_common_era(given[place])
    seen.tell("buddhist-date", BUDDHIST_DATE, where, level="changed", field=words.name, column=column,
              values=[found[place].as_py() for place in where.tolist()],
              became=[given[place] for place in where.tolist()])  # fmt: skip
    return pa.array(given, found.type)


def _numbers(values: pa.Array[Any], words: Field, seen: Seen, column: str) -> pa.Array[Any]:
    """Numbers from a number column: all at once where none of them needs a word, else by distinct value."""
    floats = values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
    known = ~np.isnan(floats)
    bounds = (
        words.at_least if words.at_least is not None else -np.inf,
        words.at_most if words.at_most is not None else np.inf,
    )
    calm = bool(((floats[known] >= bounds[0]) & (floats[known] <= bounds[1])).all())
    calm = calm and bool(np.isfinite(floats[known]).all())
    if words.python_type is float and calm:
        return pa.array(floats, pa.float64(), mask=~known)
    if (
        words.python_type is int
        and calm
        and not (is_year(words) and bool((floats[known] >= FIRST_BUDDHIST_YEAR).any()))
    ):
        whole = bool((floats[known] == np.round(floats[known])).all()) and bool((np.abs(floats[known]) < 2**31).all())
        if whole:
            return pa.array(np.where(known, floats, 0).astype(np.int32), pa.int32(), mask=~known)
    if words.python_type is Decimal and calm:
        exact = _exact(floats, known)
        if exact is not None:
            return exact
    coded: Any = pa.array(floats, pa.float64(), mask=~known).dictionary_encode()
    cells = [_number_cell(value, words) for value in coded.dictionary.to_pylist()]
    _tell(coded, cells, words, seen, column)
    return _array([cell.value for cell in cells], words).take(coded.indices)


def _exact(floats: NDArray[np.float64], known: NDArray[np.bool_]) -> pa.Array[Any] | None:
    """The decimals that people wrote (99.1 and not 99.09999999999999431), if few digits are enough for all of them.

    A number of at most 15 digits is told apart from its neighbours by a float, so if a few decimals give the same
    float back they are what was written.
    """
    values = np.where(known, floats, 0.0)
    for scale in range(MOST_QUICK_DECIMALS + 1):
        written = np.round(values * 10.0**scale)
        if np.abs(written).max(initial=0) >= 1e15:
            return None
        if (written / 10.0**scale == values).all():
            low = written.astype(np.int64)
            # Arrow keeps a decimal in 16 bytes, little end first.
            both = np.column_stack([low, low >> 63])
            bits = pa.array(known, pa.bool_()).buffers()[1]
            kind = pa.decimal128(38, scale)
            return pa.Array.from_buffers(kind, len(low), [bits, pa.py_buffer(both.tobytes())])
    return None


def _number_cell(value: float, words: Field) -> Cell:
    if not np.isfinite(value):
        return Cell(None, "not-a-number", NOT_A_NUMBER)
    # repr gives the shortest decimal that means this float: 99.1 and not 99.09999999999999431.
    return number_cell(Decimal(repr(value)), words)
