"""The command line for layers that a town makes without code: `atlas layer add|show|change|remove|restore`."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from api.settings import Settings
from geo.errors import BadRequest, Text
from geo.intake.load import LoadOptions
from geo.intake.make import Said, Why, described_file, make_layer, processing_of
from geo.layer import Cells, Nature
from geo.store import town_layers
from geo.store.db import session_of
from geo.store.town_changes import changed
from geo.store.town_definition import ColumnType, Definition, definition_in
from geo.store.town_words import audience_in, both_of, shape_in, type_in
from geo.store.write import Act
from layers import LAYERS

console = Console(highlight=False)
layer_app = typer.Typer(no_args_is_help=True, help="ชั้นข้อมูลที่เมืองสร้างเอง · layers that a town makes without code")
One = TypeVar("One")

Id = Annotated[str, typer.Argument(help="รหัสชั้นข้อมูล · layer id")]
TitleTh = Annotated[str | None, typer.Option("--title-th", help="ชื่อไทย · its title in Thai")]
TitleEn = Annotated[str | None, typer.Option("--title-en", help="ชื่ออังกฤษ · its title in English")]
AboutTh = Annotated[str | None, typer.Option("--about-th", help="คำอธิบาย · what it is, in Thai")]
AboutEn = Annotated[str | None, typer.Option("--about-en", help="what it is, in English")]
Source = Annotated[str | None, typer.Option(help="แหล่งข้อมูล ‘ไทย|English’ · where it comes from")]
Licence = Annotated[str | None, typer.Option(help="สัญญาอนุญาต · licence, e.g. ODbL-1.0")]
Public = Annotated[
    bool,
    typer.Option("--public", help="เผยแพร่รูปและทุกคอลัมน์ · the shape and all columns are public, unless said otherwise"),
]
Audiences = Annotated[
    list[str] | None,
    typer.Option("--audience", help="COLUMN=public|partner|community|staff|care|tax (ปกติ · default: staff)"),
]
Shape = Annotated[
    str | None,
    typer.Option("--geometry", help="as-it-is | withheld | cells:250:5 – รูปที่สาธารณะเห็น · what the public gets of it"),
]
Editors = Annotated[str | None, typer.Option(help="ผู้แก้ไข · who edits: community, staff, care, tax")]
Instant = Annotated[str | None, typer.Option("--datetime", help="คอลัมน์เวลาหลัก · the column that says when a row holds")]
Color = Annotated[str | None, typer.Option(help="สี · colour, #00695c")]
Symbol = Annotated[str | None, typer.Option(help="circle | triangle | square | drop")]
LabelColumn = Annotated[
    str | None, typer.Option("--label-column", help="คอลัมน์ป้ายชื่อบนแผนที่ · the column written on the map")
]
Labels = Annotated[list[str] | None, typer.Option("--label", help="COLUMN=ไทย|English – ชื่อคอลัมน์ · a column's label")]
Personal = Annotated[
    list[str] | None, typer.Option("--personal", help="คอลัมน์ข้อมูลส่วนบุคคล ม.24 · a column about persons")
]
Sensitive = Annotated[
    list[str] | None, typer.Option("--sensitive", help="คอลัมน์ข้อมูลอ่อนไหว ม.26 · a column of health, disability, …")
]
Purpose = Annotated[str | None, typer.Option(help="วัตถุประสงค์ ‘ไทย|English’ · why personal data is held")]
Basis_ = Annotated[str | None, typer.Option("--basis", help="ฐานทางกฎหมาย ม.24 · lawful basis, e.g. public-task")]
SensitiveBasis_ = Annotated[
    str | None, typer.Option("--sensitive-basis", help="ฐานของข้อมูลอ่อนไหว ม.26 · e.g. explicit-consent")
]
KeepYears = Annotated[int | None, typer.Option(help="เก็บค่าส่วนบุคคลกี่ปี · years that personal values are kept")]
Keys = Annotated[list[str] | None, typer.Option("--key", help="คอลัมน์ที่ระบุแถว · what identifies a row in the next file")]
Reason = Annotated[str | None, typer.Option(help="เหตุผล · why")]


@layer_app.command("add")
def add(
    file: Annotated[Path, typer.Argument(help="GeoPackage, GeoJSON, Shapefile, FlatGeobuf … (zip)")],
    id: Annotated[str, typer.Option("--id", help="รหัสชั้นข้อมูล · its id, e.g. poi")],
    title_th: TitleTh = None, title_en: TitleEn = None, about_th: AboutTh = None, about_en: AboutEn = None,
    source: Source = None, licence: Licence = None,
    municipality: Annotated[str | None, typer.Option(help="เทศบาลเจ้าของ · whose layer it is, e.g. 9098")] = None,
    public: Public = False, audience: Audiences = None, geometry: Shape = None, editors: Editors = None,
    instant: Instant = None,
    key: Keys = None,
    type: Annotated[list[str] | None, typer.Option("--type", help=f"COLUMN={'|'.join(ColumnType)}")] = None,
    label: Labels = None, color: Color = None, symbol: Symbol = None, label_column: LabelColumn = None,
    personal: Personal = None, sensitive: Sensitive = None, purpose: Purpose = None, basis: Basis_ = None,
    sensitive_basis: SensitiveBasis_ = None, keep_years: KeepYears = None,
    crs: Annotated[str | None, typer.Option(help="ระบบพิกัด · e.g. EPSG:24047")] = None,
    encoding: Annotated[str | None, typer.Option(help="รหัสอักขระ · e.g. cp874")] = None,
    sheet: Annotated[str | None, typer.Option(help="ชั้นในไฟล์ · the layer inside the file")] = None,
    anywhere: Annotated[bool, typer.Option("--anywhere", help="นอกประเทศไทยก็ได้ · places outside Thailand too")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="ดูก่อน ไม่สร้าง · look first: nothing is made")] = False,
) -> None:  # fmt: skip
    """สร้างชั้นข้อมูลจากไฟล์ · Make a layer of a file: its columns, their audiences, its rows."""
    from api.cli import progress_bar, writing

    options = LoadOptions(crs=crs, encoding=encoding, sheet=sheet, anywhere=anywhere, dry_run=dry_run)
    shape = shape_in(geometry)
    said = Said(
        id=id, title=_pair(title_th, title_en), about=_pair(about_th, about_en), town=municipality, public=public,
        source=both_of(source) if source else None, licence=licence, shape=shape, instant=instant, color=color,
        audiences=_of_columns(audience, "--audience", audience_in), types=_of_columns(type, "--type", type_in),
        labels=_of_columns(label, "--label", both_of), natures=_natures(personal, sensitive), key=tuple(key or ()),
        why=_why(purpose, basis, sensitive_basis, keep_years), editors=audience_in(editors or "staff"),
        symbol=symbol or "circle", label=label_column,  # type: ignore[arg-type]  # the definition refuses others
    )  # fmt: skip
    with writing(Settings.from_environment()) as engine, progress_bar(file.name) as progress:
        layer, report = make_layer(engine, file, said, options, coded=LAYERS, by=_who(), origin="cli", at=_now(),
                                   progress=progress)  # fmt: skip
    _tell_columns(layer.fields.values())
    console.print(report.to_text(), markup=False, soft_wrap=True)
    if not dry_run:
        console.print(f"/collections/{layer.id} · /maps?layers={layer.id}", markup=False)


@layer_app.command("look")
def look(
    file: Annotated[Path, typer.Argument(help="ไฟล์ · a file")],
    crs: Annotated[str | None, typer.Option()] = None, encoding: Annotated[str | None, typer.Option()] = None,
    sheet: Annotated[str | None, typer.Option()] = None,
) -> None:  # fmt: skip
    """ดูคอลัมน์ของไฟล์ก่อนสร้าง · What columns a file has, and of what type, before a layer is made of it."""
    found = described_file(file, LoadOptions(crs=crs, encoding=encoding, sheet=sheet))
    table = Table("คอลัมน์ · column", "ชนิด · type", "ว่าง · empty", "ตัวอย่าง · examples")
    for one in found.columns:
        table.add_row(one.source, one.type.value, f"{one.empty:,}", " · ".join(one.examples))
    console.print(table)
    console.print(f"{found.driver} · {found.rows:,} · {', '.join(found.kinds)}", markup=False)


@layer_app.command("show")
def show(id: Id) -> None:
    """นิยามและประวัติ · What a layer is, and everything that was done to it."""
    with _session() as session:
        history = town_layers.acts(session, id)
        if not history:
            town_layers.kept(session, id)
        said = definition_in(history[0].definition)
        console.print(
            f"{said.id} · {said.title} · {said.town or '–'} · {_shape_words(said)} · {said.editors}", markup=False
        )
        table = Table("คอลัมน์ · column", "ในไฟล์ · in the file", "ชนิด · type", "ผู้เห็น · audience", "")
        for one in said.columns:
            table.add_row(one.name, one.source, one.type.value, one.audience.value, one.nature or "")
        console.print(table)
        for act in history:
            did = town_layers.DID[act.did]
            console.print(
                f"{act.at:%Y-%m-%d %H:%M} {act.by} {did}{f' – {act.reason}' if act.reason else ''}", markup=False
            )


@layer_app.command("change")
def change(
    id: Id, title_th: TitleTh = None, title_en: TitleEn = None, about_th: AboutTh = None, about_en: AboutEn = None,
    source: Source = None, licence: Licence = None, public: Public = False, audience: Audiences = None,
    geometry: Shape = None, editors: Editors = None, instant: Instant = None, label: Labels = None, color: Color = None,
    symbol: Symbol = None, label_column: LabelColumn = None, personal: Personal = None, sensitive: Sensitive = None,
    purpose: Purpose = None, basis: Basis_ = None, sensitive_basis: SensitiveBasis_ = None,
    keep_years: KeepYears = None, key: Keys = None, reason: Reason = None,
    add_column: Annotated[
        list[str] | None, typer.Option("--add-column", help="COLUMN=text|integer|… – เพิ่ม · a new column")
    ] = None,
) -> None:  # fmt: skip
    """แก้ชื่อ ผู้เห็น รูปแบบ ผู้แก้ไข หรือเพิ่มคอลัมน์ · Change what a layer says of itself; who sees what changes at once."""
    with _session() as session:
        before = definition_in(town_layers.kept(session, id).definition)
        why = _why(purpose, basis, sensitive_basis, keep_years)
        said = changed(
            before, title=(title_th, title_en), about=(about_th, about_en), source=both_of(source) if source else None,
            licence=licence, public=public, audiences=_of_columns(audience, "--audience", audience_in),
            shape=shape_in(geometry), editors=audience_in(editors) if editors else None, instant=instant,
            labels=_of_columns(label, "--label", both_of), color=color, symbol=symbol, label=label_column,
            natures=_natures(personal, sensitive), added=_of_columns(add_column, "--add-column", type_in), key=key,
            processing=processing_of(why) if why else None,
        )  # fmt: skip
        done = town_layers.change(session, said, LAYERS, act=_act(reason))
    console.print("✓ แก้แล้ว · changed" if done else "ไม่มีอะไรเปลี่ยน · nothing is different")


@layer_app.command("remove")
def remove(
    id: Id, reason: Reason = None,
    for_ever: Annotated[
        bool, typer.Option("--for-ever", help="ลบแถวถาวร · drop its rows; this cannot be undone")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="ไม่ต้องถาม · do not ask")] = False,
) -> None:  # fmt: skip
    """นำชั้นข้อมูลออก แถวยังเก็บไว้ · Take a layer out of sight; its rows are kept until they are dropped for ever."""
    if for_ever and not yes:
        typer.confirm(f"ลบ {id} และแถวทั้งหมดถาวร? · drop {id} and all of its rows for ever?", abort=True)
    with _session() as session:
        act = town_layers.drop if for_ever else town_layers.remove
        act(session, id, LAYERS, act=_act(reason))
    if for_ever:
        console.print(f"✓ ลบ {id} ถาวรแล้ว · {id} and its rows are gone")
    else:
        console.print(f"✓ นำออกแล้ว กลับมาด้วย · removed; it comes back with: atlas layer restore {id}")


@layer_app.command("restore")
def restore(id: Id, reason: Reason = None) -> None:
    """นำชั้นข้อมูลที่นำออกกลับมา · Bring back a layer that was removed."""
    with _session() as session:
        town_layers.restore(session, id, LAYERS, act=_act(reason))
    console.print(f"✓ {id} กลับมาแล้ว · {id} is back")


@contextmanager
def _session() -> Iterator[Session]:
    from api.cli import writing

    with writing(Settings.from_environment()) as engine, session_of(engine) as session:
        yield session


def _act(reason: str | None) -> Act:
    return Act(by=_who(), origin="cli", at=_now(), reason=reason)


def _who() -> str:
    return f"{getpass.getuser()}@cli"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _pair(th: str | None, en: str | None) -> Text | None:
    return Text(th or en or "", en or th or "") if th or en else None


def _of_columns(texts: Sequence[str] | None, option: str, read: Callable[[str], One]) -> dict[str, One]:
    found = {}
    for text in texts or ():
        # A column's name may hold an equals sign, what it is set to does not.
        name, equals, value = text.rpartition("=")
        if not equals or not name or not value.strip():
            raise typer.BadParameter(f"{option} {text!r}: COLUMN=…", param_hint=option)
        found[name.strip()] = read(value.strip())
    return found


def _natures(personal: Sequence[str] | None, sensitive: Sequence[str] | None) -> dict[str, Nature]:
    return dict.fromkeys(personal or (), Nature.PERSON) | dict.fromkeys(sensitive or (), Nature.SENSITIVE)


def _why(purpose: str | None, basis: str | None, sensitive_basis: str | None, keep_years: int | None) -> Why | None:
    if not (purpose or basis or sensitive_basis or keep_years):
        return None
    if not (purpose and basis):
        raise BadRequest("ต้องบอกทั้ง --purpose และ --basis", "both --purpose and --basis are needed")
    return Why(purpose=purpose, basis=basis, sensitive_basis=sensitive_basis, keep_years=keep_years)


def _shape_words(said: Definition) -> str:
    if isinstance(said.public, Cells):
        return f"cells:{said.public.metres}:{said.public.at_least}"
    return said.public.value.replace(" ", "-")


def _tell_columns(fields: Any) -> None:
    table = Table("คอลัมน์ · column", "ในไฟล์ · in the file", "ผู้เห็น · audience", "")
    for words in fields:
        if words.link is None and words.import_from:
            table.add_row(words.name, words.import_from[0], words.audience.value, words.nature or "")
    console.print(table)
