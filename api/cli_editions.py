"""`atlas edition …`: a newer file beside what the town has, its changes accepted, declined, taken back, listed."""

from __future__ import annotations

import datetime as dt
import getpass
import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine

from api.layers import layers_in
from api.settings import Settings
from geo.errors import BadRequest
from geo.intake.editions.accept import accepted
from geo.intake.editions.compare import begun, compared
from geo.intake.editions.files import EditionFiles
from geo.intake.load import LoadOptions
from geo.intake.report import KINDS
from geo.people.grants import BANGKOK
from geo.render.worklist import STATES, write_worklist
from geo.render.worklist_made import worklist_of
from geo.store import editions_books as books
from geo.store.db import session_of
from geo.store.editions_decided import Chosen
from geo.store.undo import Undone, undone
from geo.store.write import Act
from layers import LAYERS

console = Console(highlight=False)
edition_app = typer.Typer(no_args_is_help=True, help="ไฟล์รุ่นปีใหม่เทียบกับของเดิม · a newer file as a difference")

Number = Annotated[int, typer.Argument(help="หมายเลขรุ่น · the edition's number", min=1)]
AsJson = Annotated[bool, typer.Option("--json", help="เป็น JSON · as JSON")]
Kinds = Annotated[list[str] | None, typer.Option("--kind", help="SPLIT, MERGE, TRANSFER … (ซ้ำได้ · may be repeated)")]
Numbers = Annotated[str | None, typer.Option("--no", help="เลขรายการ · numbers of changes, e.g. 3,4,10-20")]
EDITION_STATES = {
    "waiting": "รอ · waiting", "examining": "กำลังเทียบ · examining", "compared": "เทียบแล้ว · compared",
    "settling": "กำลังรับ · settling", "settled": "เสร็จ · settled", "refused": "ไม่รับ · refused",
    "cancelled": "ยกเลิก · cancelled", "failed": "ล้มเหลว · failed", "dropped": "พักไว้ · laid aside",
}  # fmt: skip


@edition_app.command("compare")
def compare(
    file: Annotated[Path, typer.Argument(help="ไฟล์ของปีใหม่ · the newer file")],
    municipality: Annotated[str, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")],
    layer: Annotated[str, typer.Option(help="ชั้นข้อมูล · layer")] = "parcel",
    year: Annotated[int | None, typer.Option(help="ปีภาษี พ.ศ. หรือ ค.ศ. · tax year, B.E. or C.E.")] = None,
    whole: Annotated[bool, typer.Option("--whole", help="ไฟล์นี้ครบทั้งเมือง · the file is the whole town")] = False,
    crs: Annotated[str | None, typer.Option(help="ระบบพิกัด · e.g. EPSG:24047")] = None,
    encoding: Annotated[str | None, typer.Option(help="รหัสอักขระ · e.g. cp874")] = None,
    map: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN")] = None,
    set: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE ให้ทุกแถว · for every row")] = None,
    sheet: Annotated[str | None, typer.Option(help="ชั้นในไฟล์ · the layer inside the file")] = None,
    anywhere: Annotated[bool, typer.Option("--anywhere", help="รับข้อมูลนอกประเทศไทย · outside Thailand")] = False,
    again: Annotated[int | None, typer.Option(help="เทียบรุ่นนี้ใหม่ · compare this edition again")] = None,
) -> None:
    """เทียบไฟล์ใหม่กับของเดิม ยังไม่บันทึก · Find what a newer file would change; nothing is changed yet."""
    from api.cli import _pairs, progress_bar

    options = LoadOptions(
        municipality=municipality, crs=crs, encoding=encoding, map=_pairs(map, "--map"), set=_pairs(set, "--set"),
        sheet=sheet, anywhere=anywhere, whole=whole,
    )  # fmt: skip
    with _engine() as (engine, files):
        every = layers_in(engine)
        if layer not in every:
            raise BadRequest(f"ไม่มีชั้นข้อมูล {layer}", f"There is no layer {layer}")
        if every[layer].yearly is None:
            raise BadRequest(
                f"ชั้น {layer} ไม่รับไฟล์เป็นรุ่นปี ใช้ atlas load", f"Files of {layer} are no editions; use `atlas load`"
            )
        with progress_bar(file.name):
            number = again or begun(engine, every[layer], file, options, files=files, by=_who(), at=_now(),
                                    tax_year=_year(year))  # fmt: skip
            counts = compared(engine, every, number, files=files, at=_now())
    console.print(f"[bold]รุ่นที่ {number} · edition {number}[/]")
    _tell_counts(counts)
    console.print(f"→ atlas edition show {number} · accept {number} --all", markup=False)


@edition_app.command("list")
def list_(
    municipality: Annotated[str | None, typer.Option(help="รหัสเทศบาล · municipality code")] = None,
    as_json: AsJson = False,
) -> None:
    """รุ่นทั้งหมด · Every edition, newest first."""
    with _engine() as (engine, _), session_of(engine) as session:
        found = books.editions_of(session, towns=None if municipality is None else {municipality})
        lines = [_edition_json(one) for one in found]
    if as_json:
        console.print_json(json.dumps(lines, ensure_ascii=False))
        return
    table = Table("รุ่น · no.", "เทศบาล", "ชั้น · layer", "ไฟล์ · file", "ปี · year", "สถานะ · state", "โดย · by", "เมื่อ · at")
    for line in lines:
        year = "–" if line["tax_year"] is None else f"{line['tax_year'] + 543}"
        table.add_row(str(line["number"]), line["municipality"], line["layer"], escape(line["file"]), year,
                      EDITION_STATES[line["state"]], escape(line["made_by"]), line["made_at"][:16])  # fmt: skip
    console.print(table)


@edition_app.command("show")
def show(
    number: Number, kind: Kinds = None, as_json: AsJson = False,
    most: Annotated[int, typer.Option(help="กี่รายการ · how many changes", min=1)] = 50,
) -> None:  # fmt: skip
    """รายการเปลี่ยนแปลงของรุ่น · What an edition changes."""
    which = books.Which(kinds=_kinds(kind), limit=100_000 if as_json else most)
    with _engine() as (engine, _), session_of(engine) as session:
        edition = books.edition_of(session, number)
        counts = books.counts_of(session, number)
        lines = books.changes_of(session, number, which)
        told = {**_edition_json(edition), "changes_by_kind": counts}
    if as_json:
        console.print_json(json.dumps({**told, "changes": [_line_json(line) for line in lines]}, ensure_ascii=False))
        return
    console.print(f"[bold]{number}[/] {escape(told['file'])} · {EDITION_STATES[told['state']]}")
    if told["told"]:
        console.print(f"{told['told']['th']}\n{told['told']['en']}", markup=False, soft_wrap=True)
    _tell_kinds(counts)
    table = Table("ที่ · no.", "ชนิด · kind", "รายการ · change", "ช่อง · columns", "สถานะ · state")
    for line in lines:
        table.add_row(str(line.number), str(KINDS[line.kind]), escape(f"{line.told.th}\n{line.told.en}"),
                      ", ".join(line.columns), STATES[line.state])  # fmt: skip
    console.print(table)


@edition_app.command("accept")
def accept(
    number: Number,
    all_: Annotated[bool, typer.Option("--all", help="ทั้งหมดที่ยังไม่ตัดสิน · all that is open")] = False,
    kind: Kinds = None,
    no: Numbers = None,
    as_json: AsJson = False,
) -> None:
    """รับการเปลี่ยนแปลงเข้าข้อมูลของเมือง · Accept changes into the town's data, in one transaction."""
    if sum((all_, bool(kind), bool(no))) != 1:
        raise typer.BadParameter("เลือก --all, --kind หรือ --no · say --all, --kind or --no")
    chosen = Chosen(numbers=_numbers(no), kinds=_kinds(kind))
    with _engine() as (engine, files):
        done = accepted(engine, layers_in(engine), number, chosen, files=files, by=_who(), origin="cli", at=_now())
    if as_json:
        console.print_json(json.dumps({"edition": number, "change": done.change_id, "accepted": done.accepted,
                                       "stale": done.stale, "refused": done.refused, "already": done.already,
                                       "followed": dict(done.followed), "questions": done.questions}))  # fmt: skip
        return
    console.print(f"✓ {done.told.th}\n  {done.told.en}", markup=False, soft_wrap=True)
    if done.change_id is not None:
        console.print(f"→ atlas edition undo {done.change_id}", markup=False)


@edition_app.command("decline")
def decline(number: Number, kind: Kinds = None, no: Numbers = None) -> None:
    """ไม่รับรายการเหล่านี้ · Leave changes out."""
    if bool(kind) == bool(no):
        raise typer.BadParameter("เลือก --kind หรือ --no · say --kind or --no")
    with _engine() as (engine, _), session_of(engine) as session:
        books.edition_of(session, number)
        numbers = _numbers(no)
        if numbers is None:
            lines = books.changes_of(session, number, books.Which(kinds=_kinds(kind), limit=100_000))
            numbers = [line.number for line in lines]
        done = books.decline(session, number, numbers, by=_who(), at=_now())
    console.print(f"✓ ไม่รับ {done:,} รายการ · {done:,} changes declined")


@edition_app.command("undo")
def undo(
    change: Annotated[int, typer.Argument(help="หมายเลขการเปลี่ยนแปลง · the number that accept or load told", min=1)],
    reason: Annotated[str | None, typer.Option(help="เหตุผล · why")] = None,
) -> None:
    """ย้อนการรับหรือการนำเข้าทั้งชุด · Take back a whole acceptance, load or undo."""
    with _engine() as (engine, _), session_of(engine) as session:
        act = Act(by=_who(), origin="cli", at=_now(), reason=reason)
        done = undone(session, layers_in(engine), change, act=act)
    _tell_undone(done)


@edition_app.command("drop")
def drop(number: Number) -> None:
    """พักรุ่นนี้และลบไฟล์ · Lay an edition aside and delete its file; what was accepted stays."""
    with _engine() as (engine, files):
        with session_of(engine) as session:
            books.drop(session, number, by=_who(), at=_now())
            books.file_is_gone(session, number, at=_now())
        files.forget(number)
    console.print(f"✓ พักรุ่นที่ {number} แล้ว · edition {number} is laid aside")


@edition_app.command("worklist")
def worklist(
    number: Number, out: Annotated[Path, typer.Argument(help="ไฟล์ .xlsx ที่จะเขียน · the .xlsx to write")]
) -> None:
    """รายการคีย์ LTAX Online เป็น XLSX · What to key into LTAX Online, as a spreadsheet; without owners."""
    with _engine() as (engine, _), session_of(engine) as session:
        edition = books.edition_of(session, number)
        made = worklist_of(session, LAYERS[edition.layer], edition, made_on=_now().astimezone(BANGKOK).date())
    with out.open("wb") as file:
        lines = write_worklist(made, file)
    console.print(f"✓ {out}: " + ", ".join(f"{name} {count:,}" for name, count in lines.items()), markup=False)


@contextmanager
def _engine() -> Iterator[tuple[Engine, EditionFiles]]:
    from api.cli import writing

    settings = Settings.from_environment()
    with writing(settings) as engine:
        yield engine, EditionFiles(settings.home)


def _who() -> str:
    return f"{getpass.getuser()}@cli"


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _year(year: int | None) -> int | None:
    """A tax year as C.E.; from 2400 on it is B.E."""
    return year if year is None or year < 2400 else year - 543


def _kinds(kinds: Collection[str] | None) -> set[str] | None:
    if not kinds:
        return None
    if unknown := sorted({kind.upper() for kind in kinds} - set(KINDS)):
        raise typer.BadParameter(f"{', '.join(unknown)}: {', '.join(KINDS)}", param_hint="--kind")
    return {kind.upper() for kind in kinds}


def _numbers(written: str | None) -> list[int] | None:
    if not written:
        return None
    found: list[int] = []
    for part in written.split(","):
        first, dash, last = part.strip().partition("-")
        if not first.isdigit() or (dash and not last.isdigit()):
            raise typer.BadParameter(f"{part}: 3,4,10-20", param_hint="--no")
        found += range(int(first), int(last or first) + 1)
    return found


def _tell_counts(counts: dict[str, int]) -> None:
    table = Table("ชนิด · kind", "จำนวน · count")
    for kind, count in counts.items():
        if kind in KINDS:
            table.add_row(str(KINDS[kind]), f"{count:,}")
    table.add_row("ไม่มีในไฟล์ · not in the file", f"{counts['NOT_IN_FILE']:,}")
    table.add_row("แถวที่ปฏิเสธ · rows refused", f"{counts['REFUSED']:,}")
    console.print(table)


def _tell_kinds(counts: dict[str, dict[str, int]]) -> None:
    table = Table("ชนิด · kind", *STATES.values())
    for kind, by_state in counts.items():
        table.add_row(str(KINDS[kind]), *(f"{by_state.get(state, 0):,}" for state in STATES))
    console.print(table)


def _tell_undone(done: Undone) -> None:
    console.print(
        f"✓ ย้อนแล้ว: คืนค่า {done.restored:,} นำกลับ {done.brought_back:,} สิ้นสุด {done.ended:,}\n"
        f"  Taken back: {done.restored:,} as before, {done.brought_back:,} brought back, {done.ended:,} ended",
        markup=False, soft_wrap=True,
    )  # fmt: skip
    if done.left_in_all:
        some = ", ".join(f"{one.layer}/{one.id}" for one in done.left[:10])
        console.print(
            f"! มีผู้แก้หลังจากนั้น จึงคงไว้ {done.left_in_all:,} รายการ · left as people changed them since: {some}",
            markup=False, soft_wrap=True,
        )  # fmt: skip
    console.print(f"→ atlas edition undo {done.change_id}", markup=False)


def _edition_json(edition: Any) -> dict[str, Any]:
    return {
        "number": edition.id, "layer": edition.layer, "municipality": edition.municipality, "file": edition.file_name,
        "tax_year": edition.tax_year, "is_whole": edition.is_whole, "state": books.standing(edition, _now()).value,
        "counts": edition.counts, "made_at": edition.made_at.isoformat(), "made_by": edition.made_by,
        "told": edition.told,
    }  # fmt: skip


def _line_json(line: books.ChangeLine) -> dict[str, Any]:
    return {**{name: value for name, value in vars(line).items() if name != "decided_at"},
            "th": line.told.th, "en": line.told.en}  # fmt: skip
