"""`atlas publish`: the next edition of a layer of squares, and those there were."""

from __future__ import annotations

import datetime as dt

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from geo.errors import BadRequest
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.store import releases
from geo.store.editions import State, editions

console = Console(highlight=False)
STATES = {
    State.HOLDS: "ใช้อยู่ · holds",
    State.SUPERSEDED: "มีรุ่นใหม่กว่า · superseded",
    State.WITHDRAWN: "ถอนแล้ว · withdrawn",
}


def publish(session: Session, layer: Layer, municipality: str, *, by: str, at: dt.datetime, reason: str | None) -> None:
    """Make the next edition and say what became of it."""
    made = releases.release(session, layer, municipality, by=by, at=at, reason=reason)
    console.print(
        f"รุ่นที่ {made.id}: {made.told} ช่อง (เล็กเกินไป {made.too_small}) · "
        f"edition {made.id}: {made.told} squares told, {made.too_small} too small"
    )


def withdraw(
    session: Session, layer: Layer, municipality: str, number: int, *, by: str, at: dt.datetime, reason: str
) -> None:
    """Take an edition back and say which one holds now."""
    made = releases.numbered(session, number, towns={municipality}, layer=layer)
    releases.withdraw(session, made, layer, by=by, at=at, reason=reason)
    holds = releases.current_release(session, layer, municipality)
    th, en = (f"รุ่นที่ {holds.id} ใช้แทน", f"edition {holds.id} holds") if holds else ("ไม่มีรุ่นใดแสดง", "nothing is shown")
    console.print(f"ถอนรุ่นที่ {number} แล้ว {th} · edition {number} is withdrawn, {en}")


def verify(session: Session, layer: Layer, municipality: str, number: int) -> None:
    """Work an edition out again; ends with 1 where it comes out otherwise."""
    found = releases.verified(session, layer, releases.numbered(session, number, towns={municipality}, layer=layer))
    if found.differing:
        console.print(
            f"[bold red]✗[/] รุ่นที่ {number}: {found.differing} จาก {found.squares} ช่องไม่ตรงกับประวัติ · "
            f"edition {number}: {found.differing} squares of {found.squares} come out otherwise"
        )
        raise typer.Exit(1)
    console.print(
        f"✓ รุ่นที่ {number}: {found.squares} ช่องตรงกับประวัติ · "
        f"edition {number}: all {found.squares} squares come out the same"
    )


def tell_all(session: Session, layer: Layer, municipality: str) -> None:
    """The editions of a town, newest first."""
    table = Table(
        "รุ่น · no.", "วันที่ · day", "โดย · by", "เหตุผล · why", "ช่อง · told", "เล็กไป · too small", "สถานะ · state"
    )
    if layer.shape.cells is None:
        raise BadRequest(f"ชั้น {layer.id} ไม่ได้เผยแพร่เป็นช่อง", f"The layer {layer.id} is not published as squares")
    for one in editions(session, layer, municipality):
        small = "–" if one.too_small is None else str(one.too_small)
        day = one.made_at.astimezone(BANGKOK).date()
        table.add_row(str(one.number), f"{day:%d/%m}/{day.year + 543} · {day}", one.made_by, one.reason or "–",
                      str(one.told), small, STATES[one.state])  # fmt: skip
    console.print(table)
