"""Which column of a file feeds which column of a layer.

Headers are compared folded, because the same column is `PARCEL_COD`, `parcel_cod` and `Parcel Cod` in three offices.
A column that nobody asked for is named in the report and never stored.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from geo.errors import Problem, RefusedImport, Text
from geo.intake.kinds import SHAPEFILE
from geo.intake.report import UsedColumn
from geo.intake.values import reader_of
from geo.layer import Layer
from geo.thai import folded_header

# What `--map` may name beside the layer's own columns: where a CSV keeps its places.
PLACE_NAMES = ("lon", "lat", "wkt")
DBF_NAME_BYTES = 10
# Columns of a CSV that were read as the place of its rows.
_PLACE_HEADERS = frozenset(
    ("lat", "latitude", "y", "ละติจูด", "lon", "long", "lng", "longitude", "x", "ลองจิจูด", "ลองติจูด")
)


@dataclass(frozen=True, kw_only=True)
class Matching:
    """Field to column, field to constant, and what is left over; `problems` are warnings."""

    columns: Mapping[str, str]
    constants: Mapping[str, str]
    unused: tuple[str, ...]
    problems: tuple[Problem, ...] = field(default=())

    @property
    def fed(self) -> frozenset[str]:
        """The fields that get a value from the file or a constant."""
        return frozenset(self.columns) | frozenset(self.constants)

    @property
    def used(self) -> tuple[UsedColumn, ...]:
        """The same for the report."""
        from_file = [UsedColumn(field=name, column=column) for name, column in self.columns.items()]
        return (
            *from_file,
            *(UsedColumn(field=name, constant=value) for name, value in self.constants.items()),
        )


def matched(
    layer: Layer,
    headers: Sequence[str],
    *,
    asked: Mapping[str, str],
    constants: Mapping[str, str],
    driver: str,
    places: Sequence[str] = (),
    left_out: Collection[str] = (),
) -> Matching:
    """The matching of a file to a layer; RefusedImport when a column that must be there is fed by nothing.

    `asked` is `--map FIELD=COLUMN`, `constants` is `--set FIELD=VALUE`; `places` are columns already used as the place.
    Columns that are `left_out` feed nothing, whatever they are called.
    """
    taken = {_field_named(layer, name, headers): value for name, value in constants.items()}
    _refuse_constants_that_mean_nothing(layer, taken)
    columns = {
        _field_named(layer, name, headers): _header_named(column, headers)
        for name, column in asked.items() if name not in PLACE_NAMES
    }  # fmt: skip
    named = [header for header in headers if header not in left_out]
    found, cut = found_by_name(layer, named, driver=driver, done={*columns, *taken})
    columns.update(found)
    problems = list(cut)
    columns = {name: columns[name] for name in layer.fields if name in columns}
    _refuse_what_is_missing(layer, columns, taken, headers)
    if not columns:
        problems.append(_no_columns(headers))
    used = {*columns.values(), *places}
    unused = tuple(header for header in headers if header not in used)
    return Matching(columns=columns, constants=taken, unused=unused, problems=tuple(problems))


def found_by_name(
    layer: Layer, headers: Sequence[str], *, driver: str, done: Collection[str] = ()
) -> tuple[dict[str, str], tuple[Problem, ...]]:
    """The columns that a layer's fields are called by, but for the fields that are `done`; and what was unclear."""
    problems: list[Problem] = []
    finder = _Finder(headers, driver)
    columns: dict[str, str] = {}
    for name in layer.fields:
        if name in done or not may_be_fed(layer, name):
            continue
        found = finder.column_for(_names_of(layer, name))
        if found is not None:
            columns[name] = found
    columns.update(finder.truncated(layer, {*columns, *done}, problems))
    return columns, tuple(problems)


def _refuse_constants_that_mean_nothing(layer: Layer, constants: Mapping[str, str]) -> None:
    """A value that a person typed for every row is a mistake where a cell of a file would only be told."""
    for name, value in constants.items():
        words = layer.fields[name]
        if words.link or not value.strip():
            continue
        cell = reader_of(words, None)(value)
        if cell.value is not None:
            continue
        why = cell.told or Text("ไม่ใช่ค่าของคอลัมน์นี้", "not a value of this column")
        codes = ", ".join(f"{one.code} ({one.label.th})" for one in words.codes.codes) if words.codes else ""
        raise _refused(
            "bad-constant",
            Text(f"--set {name}={value}: {why.th}", f"--set {name}={value}: {why.en}"),
            (Text(f"ค่าที่ใช้ได้: {codes}", f"what it may be: {codes}"),) if codes else (),
        )


def _no_columns(headers: Sequence[str]) -> Problem:
    told = Text(
        "ไม่รู้จักคอลัมน์ใดในไฟล์เลย จึงเก็บเฉพาะรูป (ระบุด้วย --map)",
        "no column of the file was recognised, so only the shapes were kept (say which with --map)",
    )
    return Problem(code="no-columns", told=told, value=", ".join(headers[:20]) or None)


def place_columns(headers: Sequence[str]) -> tuple[str, ...]:
    """The headers that say where, which a CSV's reader has used already."""
    return tuple(header for header in headers if folded_header(header) in _PLACE_HEADERS)


def may_be_fed(layer: Layer, name: str) -> bool:
    """Whether a file may fill this field."""
    return not layer.fields[name].computed


def _names_of(layer: Layer, name: str) -> tuple[str, ...]:
    words = layer.fields[name]
    if words.link is not None:
        return words.link.import_from
    return (*words.import_from, name)


class _Finder:
    """The file's headers, folded; the first of several headers that fold alike wins."""

    def __init__(self, headers: Sequence[str], driver: str) -> None:
        self.as_written = frozenset(headers)
        self.by_name: dict[str, str] = {}
        for header in headers:
            self.by_name.setdefault(folded_header(header), header)
        self.cut = {h for h in headers if len(h.encode()) >= DBF_NAME_BYTES or len(h) == DBF_NAME_BYTES}
        self.is_dbf = driver == SHAPEFILE

    def column_for(self, names: Sequence[str]) -> str | None:
        for name in names:
            # Two headers may fold alike; the one that is written as it was asked for is meant.
            found = name if name in self.as_written else self.by_name.get(folded_header(name))
            if found is not None:
                return found
        return None

    def truncated(self, layer: Layer, done: set[str], problems: list[Problem]) -> dict[str, str]:
        """A DBF cuts names at ten bytes, `municipality_code` to `municipali`: taken when it can mean only one."""
        if not self.is_dbf:
            return {}
        meanings: dict[str, list[str]] = {}
        for name in layer.fields:
            if name in done or not may_be_fed(layer, name):
                continue
            cut = {folded_header(part) for long in _names_of(layer, name) for part in _cut_names(long)}
            for header in {self.by_name[key] for key in cut if key in self.by_name} & self.cut:
                meanings.setdefault(header, []).append(name)
        for header, names in meanings.items():
            if len(names) > 1:
                problems.append(_ambiguous(header, names))
        return {names[0]: header for header, names in meanings.items() if len(names) == 1}


def _cut_names(name: str) -> set[str]:
    """The name as a DBF of any encoding would cut it, where it is long enough to be cut."""
    if len(name.encode()) <= DBF_NAME_BYTES:
        return set()
    return {name[:DBF_NAME_BYTES], name.encode()[:DBF_NAME_BYTES].decode(errors="ignore")}


def _ambiguous(header: str, names: Sequence[str]) -> Problem:
    told = Text(
        f"ชื่อคอลัมน์ถูกตัดเหลือ 10 ตัว อาจหมายถึง {', '.join(names)} จึงไม่ได้ใช้ (ระบุด้วย --map)",
        f"the name was cut to ten letters and may mean {', '.join(names)}; it was not used (say which with --map)",
    )
    return Problem(code="ambiguous-column", told=told, column=header)


def _field_named(layer: Layer, name: str, headers: Sequence[str]) -> str:
    """The layer's column that a person named: `community` is enough for `community_id`."""
    for candidate in (name, f"{name}_id"):
        if candidate in layer.fields and may_be_fed(layer, candidate):
            return candidate
    known = [field for field in layer.fields if may_be_fed(layer, field)]
    raise _refused(
        "unknown-field",
        Text(f"ชั้น {layer.id} ไม่มีคอลัมน์ “{name}”", f"layer {layer.id} has no column “{name}”"),
        (Text(f"คอลัมน์ที่มี: {', '.join(known)}", f"its columns: {', '.join(known)}"), _columns_found(headers)),
    )


def _header_named(column: str, headers: Sequence[str]) -> str:
    if column in headers:
        return column
    key = folded_header(column)
    for header in headers:
        if folded_header(header) == key:
            return header
    raise _refused(
        "no-such-column",
        Text(f"ไฟล์ไม่มีคอลัมน์ “{column}”", f"the file has no column “{column}”"),
        (_columns_found(headers),),
    )


def _columns_found(headers: Sequence[str]) -> Text:
    shown = ", ".join(headers[:60])
    return Text(f"คอลัมน์ในไฟล์: {shown}", f"columns found in the file: {shown}")


def _refuse_what_is_missing(
    layer: Layer, columns: Mapping[str, str], constants: Mapping[str, str], headers: Sequence[str]
) -> None:
    table = layer.table.__table__
    missing = [
        name for name in layer.fields
        if not table.columns[name].nullable and name not in columns and name not in constants
    ]  # fmt: skip
    if not missing:
        return
    names = " ".join(f"--map {name}={headers[0] if headers else 'COLUMN'}" for name in missing)
    labels = Text(
        ", ".join(layer.fields[name].label.th for name in missing),
        ", ".join(layer.fields[name].label.en for name in missing),
    )
    raise _refused(
        "missing-column",
        Text(f"ไม่พบคอลัมน์ที่ต้องมี: {labels.th}", f"a column that must be there was not found: {labels.en}"),
        (_columns_found(headers), Text(f"ระบุเอง เช่น {names}", f"say which, for example {names}")),
    )


def _refused(code: str, told: Text, choices: tuple[Text, ...]) -> RefusedImport:
    return RefusedImport(told, problems=(Problem(code=code, told=told, level="error"),), choices=choices)
