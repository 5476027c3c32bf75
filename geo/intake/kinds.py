"""What a file is, by its first bytes; a name is only what somebody called it.

A name that says otherwise is refused: whoever sent it believes something about it that is not so.
"""

from __future__ import annotations

import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

from geo.intake.refusals import refusal

HEAD_BYTES = 65_536

ZIP, SHAPEFILE, GPKG, FLATGEOBUF = "zip", "ESRI Shapefile", "GPKG", "FlatGeobuf"
GEOJSON, PARQUET, KML, CSV = "GeoJSON", "Parquet", "KML", "CSV"
XLSX, DOL_JSON = "XLSX", "DOL JSON"
# Tables of texts, in which a number is whatever somebody typed.
TEXT_TABLES = (CSV, XLSX)

SUFFIXES = {
    ZIP: (".zip", ".kmz"),
    SHAPEFILE: (".shp",),
    GPKG: (".gpkg",),
    FLATGEOBUF: (".fgb",),
    GEOJSON: (".geojson", ".json", ".geojsonl", ".geojsons"),
    PARQUET: (".parquet", ".geoparquet"),
    KML: (".kml",),
    CSV: (".csv", ".txt", ".tsv"),
    XLSX: (".xlsx", ".xlsm"),
    DOL_JSON: (".json",),
}
_KIND_OF_SUFFIX = {suffix: kind for kind, suffixes in SUFFIXES.items() for suffix in suffixes if kind != DOL_JSON}

TAKEN = "Shapefile (zip), GeoPackage, FlatGeobuf, GeoJSON, GeoParquet, KML, CSV, XLSX"


@dataclass(frozen=True, kw_only=True)
class _Stranger:
    """A format that people do send and that is not taken; `th`, `en` say what to send instead."""

    starts: tuple[bytes, ...]
    name: str
    th: str
    en: str


_AS_XLSX = ("เปิดแล้วบันทึกเป็น .xlsx หรือ CSV UTF-8 ก่อน", "open it and save it as .xlsx or CSV UTF-8 first")
_AS_ZIP = ("บีบอัดใหม่เป็น .zip", "pack it again as .zip")
_STRANGERS = (
    _Stranger(starts=(b"\xd0\xcf\x11\xe0",), name="Excel/Office 97 (.xls)", th=_AS_XLSX[0], en=_AS_XLSX[1]),
    _Stranger(starts=(b"Rar!",), name="RAR", th=_AS_ZIP[0], en=_AS_ZIP[1]),
    _Stranger(starts=(b"7z\xbc\xaf\x27\x1c",), name="7-Zip", th=_AS_ZIP[0], en=_AS_ZIP[1]),
    _Stranger(starts=(b"\x1f\x8b", b"BZh"), name="gzip/bzip2", th=_AS_ZIP[0], en=_AS_ZIP[1]),
    _Stranger(starts=(b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"), name="xz/zstd", th=_AS_ZIP[0], en=_AS_ZIP[1]),
    _Stranger(starts=(b"%PDF",), name="PDF", th="ส่งไฟล์ข้อมูลต้นฉบับ", en="send the data it was printed from"),
    _Stranger(starts=(b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*"), name="image",
              th="ส่งไฟล์เวกเตอร์", en="send vector data"),
    _Stranger(starts=(b"AC10",), name="DWG (AutoCAD)", th="ส่งออกเป็น GeoPackage ก่อน", en="send a GeoPackage"),
)  # fmt: skip
_JSON_OF_PLACES = re.compile(
    rb'"type"\s*:\s*"(?:FeatureCollection|Feature|GeometryCollection|(?:Multi)?(?:Point|LineString|Polygon))"'
)
_JSON_OF_OTHERS = re.compile(rb'gdal_streamed_alg|"type"\s*:\s*"Topology"|"esriGeometry')
# The Land Department's geometry: its own wrapper, with a shape of whatever form inside.
_JSON_OF_LAND_DEPARTMENT = re.compile(rb'"(?:LocationGeospatial|LandUTM1|LandUTMScale)"', re.IGNORECASE)
_FEATURES = re.compile(rb'"type"\s*:\s*"Feature(?:Collection)?"')
_ROOT_ELEMENT = re.compile(rb"<(?![?!])(?:[A-Za-z0-9_.\-]+:)?([A-Za-z0-9_.\-]+)")


def kind_by_content(path: Path, file_name: str) -> str:
    """The kind of a file; RefusedImport for what is not taken or not what its name says."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    if not head.strip(b"\0 \r\n\t"):
        raise refusal("empty", f"{file_name} เป็นไฟล์ว่าง", f"{file_name} is empty")
    if head.startswith(b"\xd0\xcf\x11\xe0") and _is_locked(path):
        raise refusal(
            "locked-with-password",
            f"{file_name} ใส่รหัสผ่านไว้ ให้บันทึกใหม่แบบไม่มีรหัส",
            f"{file_name} is locked with a password; save it without one",
        )
    kind = _kind(head, file_name)
    if kind == ZIP:
        kind = _zip_or_spreadsheet(path, file_name)
    suffix = Path(file_name).suffix.lower()
    named = _KIND_OF_SUFFIX.get(suffix)
    if named is not None and named != kind and (named, kind) != (GEOJSON, DOL_JSON):
        raise refusal(
            "not-what-its-name-says",
            f"{file_name} มีนามสกุล {suffix} แต่ข้างในเป็น {kind}",
            f"{file_name} is named {suffix} but holds {kind}",
        )
    return kind


def _kind(head: bytes, file_name: str) -> str:
    for start, kind in ((b"PK\x03\x04", ZIP), (b"PK\x05\x06", ZIP), (b"\x00\x00\x27\x0a", SHAPEFILE),
                        (b"fgb\x03fgb", FLATGEOBUF), (b"PAR1", PARQUET)):  # fmt: skip
        if head.startswith(start):
            return kind
    if head.startswith(b"SQLite format 3\0"):
        return _sqlite(head, file_name)
    for stranger in _STRANGERS:
        if head.startswith(stranger.starts):
            raise refusal(
                "unknown-type",
                f"{file_name} เป็น {stranger.name} ซึ่งไม่รับ: {stranger.th}",
                f"{file_name} is {stranger.name}, which is not taken: {stranger.en}",
            )
    return _text_kind(head, file_name)


def _is_locked(path: Path) -> bool:
    """Whether Office's old container holds an encrypted new one; its directory tells, wherever that lies."""
    with path.open("rb") as file:
        head = file.read(512)
        file.seek(512 + int.from_bytes(head[48:52], "little") * (1 << int.from_bytes(head[30:32], "little") % 32))
        return "EncryptedPackage".encode("utf-16-le") in file.read(HEAD_BYTES)


def _zip_or_spreadsheet(path: Path, file_name: str) -> str:
    """What a zip is by what it holds: a workbook of Excel, a document of another office program, or files."""
    try:
        with zipfile.ZipFile(path) as zipped:
            names = set(zipped.namelist())
            described = zipped.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        return ZIP  # told where it is unpacked
    if "xl/workbook.xml" in names:
        return XLSX
    if "xl/workbook.bin" in names or b"opendocument.spreadsheet" in described:
        raise refusal(
            "unknown-type",
            f"{file_name} เป็นสเปรดชีตแบบที่ไม่รับ: {_AS_XLSX[0]}",
            f"{file_name} is a spreadsheet of a kind that is not taken: {_AS_XLSX[1]}",
        )
    return ZIP


def _sqlite(head: bytes, file_name: str) -> str:
    # Application ids of GeoPackage 1.0 and 1.1 ("GP10", "GP11") and of every later one ("GPKG").
    if head[68:72] in (b"GPKG", b"GP10", b"GP11"):
        return GPKG
    raise refusal(
        "unknown-type",
        f"{file_name} เป็นฐานข้อมูล SQLite แต่ไม่ใช่ GeoPackage",
        f"{file_name} is an SQLite database but no GeoPackage",
    )


def _text_kind(head: bytes, file_name: str) -> str:
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"<"):
        root = _ROOT_ELEMENT.search(re.sub(rb"<!--.*?-->", b"", text, flags=re.DOTALL))
        if root is not None and root[1].lower() == b"kml":
            return KML
        raise _not_taken(file_name, "XML/HTML")
    # A control character at the start of a record separates GeoJSON text sequences (RFC 8142).
    if text.lstrip(b"\x1e").startswith((b"{", b"[")):
        if _JSON_OF_LAND_DEPARTMENT.search(head) and not _FEATURES.search(head):
            return DOL_JSON
        if _JSON_OF_PLACES.search(head) and not _JSON_OF_OTHERS.search(head):
            return GEOJSON
        raise _not_taken(file_name, "JSON")
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    if b"\0" in head and not utf16:
        raise _not_taken(file_name, "binary")
    if Path(file_name).suffix.lower() not in (*SUFFIXES[CSV], ""):
        raise _not_taken(file_name, "text")
    return CSV


def _not_taken(file_name: str, what: str) -> Exception:
    return refusal(
        "unknown-type",
        f"ไม่รู้จักชนิดของ {file_name} ({what}); ไฟล์ที่รับ: {TAKEN}",
        f"{file_name} ({what}) is none of the types taken: {TAKEN}",
    )
