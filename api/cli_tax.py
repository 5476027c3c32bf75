"""The command line for the tax map: `atlas tax index`."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from api.settings import Settings
from geo.intake.index_map import PARTS, SCALES, work_out_index
from geo.shapes.sheets import SIDES
from layers import LAYERS

console = Console(highlight=False)
tax_app = typer.Typer(no_args_is_help=True, help="แผนที่ภาษี · the tax map")


@tax_app.callback()
def tax() -> None:
    """แผนที่ภาษี · The tax map."""


@tax_app.command("index")
def index(
    municipality: Annotated[str, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")],
    only: Annotated[list[str] | None, typer.Option("--only", help=f"เฉพาะ · only these: {', '.join(PARTS)}")] = None,
    scale: Annotated[
        list[str] | None, typer.Option("--scale", help=f"มาตราส่วนระวาง · scales of sheets: {', '.join(SIDES)}")
    ] = None,
    anew: Annotated[
        bool, typer.Option("--anew", help="คำนวณทับของเดิม · over rows of the town's own files or hands too")
    ] = False,
) -> None:
    """คำนวณเขตและบล็อกจากแปลง และระวางจากแนวเขต · Work out zones and blocks from the lots, sheets from the outline."""
    from api.cli import now, who, writing

    unknown = sorted(set(only or ()) - set(PARTS))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: {', '.join(PARTS)}", param_hint="--only")
    with writing(Settings.from_environment()) as engine:
        done = work_out_index(
            engine, LAYERS, municipality, by=who(), origin="cli", at=now(), anew=anew,
            parts=tuple(part for part in PARTS if part in (only or PARTS)), scales=tuple(scale or SCALES),
        )  # fmt: skip
    table = Table("ชั้นข้อมูล · layer", "ใหม่ · new", "แก้ · changed", "เหมือนเดิม · as before", "ไม่มีแล้ว · no longer")
    for name, report in done.reports.items():
        counts = report.counts
        table.add_row(name, *(f"{one:,}" for one in (
            counts.inserted, counts.updated, counts.unchanged, counts.not_in_file)))  # fmt: skip
    console.print(table)
    if done.without_block:
        console.print(
            f"{done.without_block:,} จาก {done.lots:,} แปลงไม่มีรหัสที่บอกบล็อก · of {done.lots:,} lots have no code that "
            "tells their block", soft_wrap=True,
        )  # fmt: skip
    console.print(f"/maps?layers={','.join(done.reports)}", markup=False)
