"""Open what comes zipped, trusting nothing the zip says about itself.

Members are written under names of our own into a private folder, so no name can lead out of it, and sizes
are counted while unpacking, so no header can lie about them.
"""

from __future__ import annotations

import stat
import zipfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from geo.errors import Text
from geo.intake.refusals import damaged, refusal

MOST_UNPACKED_BYTES = 2 * 1024**3
MOST_MEMBERS = 10_000
MOST_RATIO = 200
RATIO_COUNTS_FROM_BYTES = 50 * 1024**2
_CHUNK = 1024**2

_WITH_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_ALONE = (
    ".gpkg",
    ".fgb",
    ".geojson",
    ".json",
    ".geojsonl",
    ".parquet",
    ".geoparquet",
    ".kml",
    ".csv",
    ".tsv",
    ".txt",
    ".xlsx",
    ".xlsm",
)
_NESTED = (".zip", ".kmz", ".7z", ".rar", ".gz", ".tar", ".tgz")


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """The one dataset taken out of a zip: its main file, what it was called inside, and what is still asked of it."""

    path: Path
    name: str
    layer: str | None


def unpacked(
    archive: Path,
    folder: Path,
    *,
    file_name: str,
    layer: str | None = None,
    most_bytes: int = MOST_UNPACKED_BYTES,
) -> Unpacked:
    """Take the one dataset (or the one named by `layer`) out of a zip into `folder`."""
    try:
        with zipfile.ZipFile(archive) as zipped:
            members = [member for member in zipped.infolist() if not member.is_dir()]
            refuse_dangers(members, file_name, most_bytes)
            name, parts = _chosen(_datasets(members), members, file_name, layer)
            left = most_bytes
            for suffix, member in parts.items():
                left -= _written(zipped, member, folder / f"dataset{suffix}", left, file_name)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as fault:
        raise damaged(file_name, f"zip: {type(fault).__name__}") from fault
    except (NotImplementedError, RuntimeError) as fault:
        raise refusal(
            "zip-method",
            f"{file_name} บีบอัดด้วยวิธีที่เปิดไม่ได้",
            f"{file_name} is packed in a way that cannot be opened",
        ) from fault
    main = next(suffix for suffix in parts if suffix == ".shp" or suffix in _ALONE)
    still_asked = None if layer in _names_of(name) else layer
    return Unpacked(path=folder / f"dataset{main}", name=name, layer=still_asked)


def refuse_dangers(members: list[zipfile.ZipInfo], file_name: str, most_bytes: int) -> None:
    """RefusedImport for a zip that leads out of its folder, is locked, or would grow beyond reason."""
    if len(members) > MOST_MEMBERS:
        raise refusal(
            "zip-too-many",
            f"{file_name} มีไฟล์ข้างในมากเกินไป ({len(members)})",
            f"{file_name} holds {len(members)} files",
        )
    for member in members:
        _refuse_danger(member, file_name)
    whole = sum(member.file_size for member in members)
    if whole > most_bytes:
        raise _too_big(file_name, most_bytes)
    packed = sum(member.compress_size for member in members)
    if whole > RATIO_COUNTS_FROM_BYTES and whole > MOST_RATIO * max(packed, 1):
        raise refusal(
            "zip-bomb",
            f"{file_name} ขยายออกเป็น {whole // max(packed, 1)} เท่า ซึ่งไม่ใช่ข้อมูลแผนที่ปกติ",
            f"{file_name} would grow {whole // max(packed, 1)} times when unpacked; map data does not",
        )


def _refuse_danger(member: zipfile.ZipInfo, file_name: str) -> None:
    # zipfile tidies some names itself; the name as it was written is what tells the intent.
    name = member.orig_filename.replace("\\", "/")
    if name.startswith("/") or ".." in name.split("/") or (len(name) > 1 and name[1] == ":"):
        raise refusal(
            "zip-unsafe-path",
            f"{file_name} มีชื่อไฟล์ที่ชี้ออกนอกโฟลเดอร์ ({name[:60]})",
            f"{file_name} holds a name that leads out of its folder ({name[:60]})",
        )
    if stat.S_ISLNK(member.external_attr >> 16):
        raise refusal("zip-symlink", f"{file_name} มีลิงก์ข้างใน", f"{file_name} holds a symbolic link")
    if member.flag_bits & 0x1:
        raise refusal(
            "zip-encrypted",
            f"{file_name} ใส่รหัสผ่านไว้ ให้ส่งแบบไม่มีรหัส",
            f"{file_name} is locked with a password; send it unlocked",
        )


def _too_big(file_name: str, most_bytes: int) -> Exception:
    return refusal(
        "zip-too-big",
        f"{file_name} ขยายแล้วใหญ่เกิน {most_bytes / 1024**2:,.0f} MB",
        f"{file_name} unpacks to more than {most_bytes / 1024**2:,.0f} MB",
    )


def _datasets(members: Iterable[zipfile.ZipInfo]) -> dict[str, dict[str, zipfile.ZipInfo]]:
    """Datasets by name.

    A Shapefile's parts together under the name without suffix, any other file by itself.
    """
    found: dict[str, dict[str, zipfile.ZipInfo]] = defaultdict(dict)
    for member in members:
        path = PurePosixPath(member.filename.replace("\\", "/"))
        if "__MACOSX" in path.parts or path.name.startswith("."):
            continue
        suffix = path.suffix.lower()
        if suffix in _WITH_SHAPEFILE:
            found[str(path.with_suffix(""))][suffix] = member
        elif suffix in _ALONE:
            found[str(path)][suffix] = member
    shapes = {name: parts for name, parts in found.items() if ".shp" in parts}
    alone = {name: parts for name, parts in found.items() if not set(parts) & set(_WITH_SHAPEFILE)}
    data = {name: parts for name, parts in alone.items() if ".txt" not in parts}
    return {**shapes, **data} or alone or found


def _chosen(
    datasets: dict[str, dict[str, zipfile.ZipInfo]],
    members: list[zipfile.ZipInfo],
    file_name: str,
    layer: str | None,
) -> tuple[str, dict[str, zipfile.ZipInfo]]:
    if not datasets:
        raise _nothing_inside(members, file_name)
    if layer is not None:
        named = [name for name in datasets if layer in (name, PurePosixPath(name).name, PurePosixPath(name).stem)]
    else:
        named = list(datasets)
    # A container with layers of its own may be asked for one of those instead.
    if not named and len(datasets) == 1 and not next(iter(datasets.values())).keys() & {".shp"}:
        named = list(datasets)
    if len(named) != 1:
        raise _choose(file_name, sorted(datasets), layer)
    parts = datasets[named[0]]
    if set(parts) & set(_WITH_SHAPEFILE):
        require_parts(set(parts), file_name)
    return named[0], parts


def _names_of(dataset: str) -> tuple[str, str, str]:
    """What a person may call a dataset of a zip: its whole path, its file name, or that without suffix."""
    return dataset, PurePosixPath(dataset).name, PurePosixPath(dataset).stem


def require_parts(suffixes: set[str], file_name: str) -> None:
    """A Shapefile is .shp, .shx and .dbf together; people often send the first alone."""
    lacking = [suffix for suffix in (".shp", ".shx", ".dbf") if suffix not in suffixes]
    if lacking:
        raise refusal(
            "shapefile-incomplete",
            f"{file_name} เป็น Shapefile ที่ไม่ครบ ขาด {' '.join(lacking)}: ส่งทุกไฟล์รวมกันใน .zip",
            f"{file_name} is an incomplete Shapefile, it lacks {' '.join(lacking)}: send all in one .zip",
        )


def _choose(file_name: str, names: list[str], layer: str | None) -> Exception:
    choices = tuple(Text(f"--layer {name}", f"--layer {name}") for name in names)
    if layer is not None:
        return refusal(
            "unknown-layer",
            f"{file_name} ไม่มีชุดข้อมูลชื่อ {layer}",
            f"{file_name} has no dataset named {layer}",
            choices=choices,
        )
    return refusal(
        "several-datasets",
        f"{file_name} มีข้อมูล {len(names)} ชุด ต้องเลือกหนึ่งชุด",
        f"{file_name} holds {len(names)} datasets; choose one",
        choices=choices,
    )


def _nothing_inside(members: list[zipfile.ZipInfo], file_name: str) -> Exception:
    names = [member.filename.lower() for member in members]
    if any(name.endswith(_NESTED) for name in names):
        return refusal(
            "zip-nested", f"{file_name} มี zip ซ้อนอยู่ข้างใน", f"{file_name} holds an archive inside the archive"
        )
    if any(name.startswith(("xl/", "word/", "ppt/")) for name in names):
        return refusal(
            "unknown-type",
            f"{file_name} เป็นไฟล์ Office: เปิดแล้วบันทึกเป็น CSV UTF-8 ก่อน",
            f"{file_name} is an Office file: open it and save it as CSV UTF-8 first",
        )
    return refusal("zip-no-data", f"{file_name} ไม่มีข้อมูลแผนที่ข้างใน", f"{file_name} holds no map data")


def _written(zipped: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most_bytes: int, file_name: str) -> int:
    """Unpack one member, counting what really comes out."""
    size = 0
    with zipped.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            size += len(chunk)
            if size > most_bytes:
                raise _too_big(file_name, most_bytes)
            file.write(chunk)
    return size
