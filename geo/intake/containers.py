"""The checks that come before GDAL: which tables of a container may be read, and whether files are whole."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from urllib.parse import quote

import pyogrio

from geo.errors import Problem, Text
from geo.intake.archive import require_parts
from geo.intake.refusals import damaged, refusal
from geo.intake.tables import Notes

_KML_ROOT = re.compile(rb"<(?:[A-Za-z0-9_.\-]+:)?kml[\s>]", re.IGNORECASE)


def shapefile_parts(shp: Path, file_name: str) -> dict[str, Path]:
    """The files of a Shapefile by suffix.

    Refused when one is lacking, cut short, or does not fit the others.
    """
    stem = shp.stem.casefold()
    parts = {p.suffix.lower(): p for p in shp.parent.iterdir() if p.stem.casefold() == stem and p.is_file()}
    require_parts(set(parts), file_name)
    for suffix in (".shp", ".shx"):
        with parts[suffix].open("rb") as file:
            head = file.read(100)
        # The length is kept in 16-bit words; a file that was not copied to its end is shorter.
        if len(head) < 100 or int.from_bytes(head[24:28], "big") * 2 > parts[suffix].stat().st_size:
            raise damaged(file_name, suffix)
    with parts[".dbf"].open("rb") as file:
        rows = int.from_bytes(file.read(8)[4:8], "little")
    shapes = (parts[".shx"].stat().st_size - 100) // 8
    if rows != shapes:
        raise damaged(file_name, f".shx {shapes} ≠ .dbf {rows}")
    return parts


def geopackage_layer(path: Path, file_name: str, layer: str | None, notes: Notes) -> str:
    """The feature table to read. Views are left alone: they are programs that somebody else wrote."""
    try:
        names, left_out = _feature_tables(path)
    except (sqlite3.Error, UnicodeDecodeError) as fault:
        raise damaged(file_name, "SQLite") from fault
    if left_out:
        told = Text(f"ไม่อ่านวิว: {', '.join(left_out)}", f"views are not read: {', '.join(left_out)}")
        notes.add(Problem(code="views-left-out", told=told))
    return one_layer(names, file_name, layer)


def _feature_tables(path: Path) -> tuple[list[str], list[str]]:
    with path.open("rb") as file:
        head = file.read(100)
    page = int.from_bytes(head[16:18], "big")
    if (65_536 if page == 1 else page) * int.from_bytes(head[28:32], "big") > path.stat().st_size:
        raise sqlite3.DatabaseError("the file is shorter than its pages")
    place = f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1"
    base = sqlite3.connect(place, uri=True)
    try:
        base.execute("pragma trusted_schema = off")
        rows = base.execute(
            "select c.table_name, coalesce(m.type = 'table' and m.sql not like 'create virtual%', 0) "
            "from gpkg_contents c left join sqlite_master m on m.name = c.table_name "
            "where c.data_type = 'features'"
        ).fetchall()
    finally:
        base.close()
    return [name for name, is_table in rows if is_table], [name for name, is_table in rows if not is_table]


def kml_layer(path: Path, file_name: str, layer: str | None) -> str:
    """The folder to read. A document type is refused: it is how XML is made to grow without end."""
    with path.open("rb") as file:
        head = file.read(65_536)
    root = _KML_ROOT.search(head)
    prolog = re.sub(rb"<!--.*?-->", b"", head[: root.start()] if root else head, flags=re.DOTALL)
    if root is None or b"<!" in prolog:
        raise refusal(
            "xml-document-type",
            f"{file_name} มีการประกาศ DOCTYPE ซึ่งไม่รับ",
            f"{file_name} declares a DOCTYPE, which is not taken",
        )
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
    except (RuntimeError, OSError, ValueError) as fault:
        raise damaged(file_name, "KML") from fault
    return one_layer(names, file_name, layer)


def one_layer(names: list[str], file_name: str, layer: str | None) -> str:
    """The one layer there is, or the one asked for; otherwise the choices."""
    if layer is None and len(names) == 1:
        return names[0]
    if layer is not None and layer in names:
        return layer
    if not names:
        raise refusal("no-layers", f"{file_name} ไม่มีชั้นข้อมูลแผนที่", f"{file_name} holds no layer of shapes")
    choices = [Text(f"--layer {name}", f"--layer {name}") for name in names]
    if layer is not None:
        raise refusal(
            "unknown-layer",
            f"{file_name} ไม่มีชั้นข้อมูลชื่อ {layer}",
            f"{file_name} has no layer named {layer}",
            choices=choices,
        )
    raise refusal(
        "several-datasets",
        f"{file_name} มี {len(names)} ชั้นข้อมูล ต้องเลือกหนึ่งชั้น",
        f"{file_name} holds {len(names)} layers; choose one",
        choices=choices,
    )
