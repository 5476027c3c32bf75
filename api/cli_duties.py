"""The command line for what the law asks of a town: clocks that run, values whose time is over, consent texts."""

from __future__ import annotations

import datetime as dt
import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from api.layers import every_layer
from api.people.page_forms import day_in
from api.settings import Settings
from geo.people.grants import BANGKOK
from geo.store import registers
from geo.store.consents import add_consent_text, consent_texts
from geo.store.db import session_of
from geo.store.retention import due, run

console = Console(highlight=False)
consent_app = typer.Typer(no_args_is_help=True, help="หนังสือยินยอม · consent texts")


@contextmanager
def _session() -> Iterator[Session]:
    from api.cli import writing

    with writing(Settings.from_environment()) as engine, session_of(engine) as session:
        yield session


def _who() -> str:
    return f"{getpass.getuser()}@cli"


def duties() -> None:
    """คำขอ 30 วัน และเหตุ 72 ชั่วโมง ที่ยังเปิดอยู่ · Clocks that run; ends with 1 where one is overdue."""
    with _session() as session:
        running = registers.clocks(session, dt.datetime.now(dt.UTC))
    table = Table("ทะเบียน · register", "เทศบาล · municipality", "เปิดอยู่ · open", "เกินกำหนด · overdue")
    for one in running:
        table.add_row(one.register, one.municipality, str(one.open), str(one.overdue))
    console.print(table)
    if any(one.overdue for one in running):
        raise typer.Exit(1)


def retention(
    now: Annotated[bool, typer.Option("--run", help="ลบเดี๋ยวนี้ · let them go now, without waiting for the day")] = False,
    by: Annotated[str | None, typer.Option(help="ครบกำหนดภายในวัน · due by a day, e.g. 2569-12-31")] = None,
) -> None:
    """ค่าส่วนบุคคลที่ครบกำหนดลบ · Personal values whose time is over; shown, and with --run let go."""
    if now and by:
        raise typer.BadParameter("--run ใช้กับวันนี้เท่านั้น · --run is for today alone", param_hint="--by")
    at = dt.datetime.now(dt.UTC)
    on = day_in(by, "--by") or at.astimezone(BANGKOK).date()
    with _session() as session:
        table = Table("ชั้น · layer", "เทศบาล", "อ่อนไหว · sensitive", "บุคคล · personal", "รุ่นเก่า · former versions")
        for layer in every_layer(session).values():
            for one in due(session, layer, on):
                table.add_row(one.layer, one.municipality or "–", str(one.sensitive), str(one.persons), str(one.past))
        console.print(table)
        if now:
            done = run(session, every_layer(session), by=_who(), at=at, on=on)
            console.print(f"ลบค่าส่วนบุคคลแล้ว {done:,} รายการและรุ่น · rows and closed versions emptied: {done:,}")


@consent_app.command("add")
def consent_add(
    code: Annotated[str, typer.Argument(help="รหัส · code, e.g. household-survey")],
    file: Annotated[Path, typer.Argument(help="ไฟล์ข้อความ UTF-8 · a UTF-8 text file", exists=True, dir_okay=False)],
    municipality: Annotated[str, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")],
) -> None:
    """เก็บหนังสือยินยอมฉบับใหม่ · Keep a text; a code that is there already gets its next version."""
    try:
        words = file.read_text("utf-8")
    except UnicodeDecodeError:
        raise typer.BadParameter("ไฟล์ต้องเป็น UTF-8 · the file must be UTF-8", param_hint="FILE") from None
    with _session() as session:
        made = add_consent_text(session, municipality, code, words, by=_who(), at=dt.datetime.now(dt.UTC))
        console.print(f"✓ {made.code}/{made.version}")


@consent_app.command("list")
def consent_list() -> None:
    """หนังสือยินยอมทั้งหมด · Every text and its versions."""
    with _session() as session:
        table = Table("เทศบาล", "รหัส/ฉบับ · code/version", "วันที่ · since", "ข้อความ · words")
        for one in consent_texts(session):
            day = one.made_at.astimezone(BANGKOK).date().isoformat()
            table.add_row(one.municipality, f"{one.code}/{one.version}", day, one.words[:60])
        console.print(table)
