"""`atlas doctor`: of the machine and its database; with files, of the files. It changes nothing in either."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from api.layers import layers_in
from api.settings import Settings
from geo.errors import AtlasError, RefusedImport, Text
from geo.intake.doctor.corrected import write_corrected
from geo.intake.doctor.examine import examined, refused
from geo.intake.doctor.files import TAX_MAP
from geo.intake.doctor.finding import ERROR, NOTE, WARNING, Examination
from geo.intake.doctor.guess import guessed
from geo.intake.doctor.land_office import KIND as LAND_OFFICE
from geo.intake.doctor.land_office import examined_list
from geo.intake.doctor.look import shapes_of
from geo.intake.load import LoadOptions
from geo.layer import Layer
from geo.shapes.measure import bounds_of
from geo.store.cluster import private_cluster
from geo.store.db import read_only_engine, session_of
from geo.store.known import NOTHING_KNOWN, Known, known_here, parcel_shapes
from geo.store.migrate import is_current
from layers import LAYERS

console = Console(highlight=False)
worried = Console(stderr=True, highlight=False)
MARKS = {ERROR: "[bold red]✗[/]", WARNING: "[yellow]![/]", NOTE: "[dim]·[/]"}
PARCEL, BUILDING = "parcel", "building"


class Language(StrEnum):
    """In which language to tell; both, if nobody says."""

    TH = "th"
    EN = "en"


def doctor(
    files: Annotated[
        list[Path] | None, typer.Argument(help="ไฟล์ที่จะตรวจ · files to examine; none: this machine")
    ] = None,
    layer: Annotated[str | None, typer.Option(help=f"ชั้นข้อมูล · {', '.join(TAX_MAP)}, {LAND_OFFICE} …")] = None,
    municipality: Annotated[str | None, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")] = None,
    crs: Annotated[str | None, typer.Option(help="ระบบพิกัด · e.g. EPSG:24047")] = None,
    encoding: Annotated[str | None, typer.Option(help="รหัสอักขระ · e.g. cp874")] = None,
    map: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN")] = None,
    sheet: Annotated[str | None, typer.Option(help="ชั้นในไฟล์ · the layer inside the file")] = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="รับข้อมูลนอกประเทศไทย · accept places outside Thailand")
    ] = False,
    topology: Annotated[
        bool, typer.Option("--topology/--no-topology", help="ตรวจการทับซ้อนและช่องว่าง · overlaps and gaps")
    ] = True,
    report: Annotated[Path | None, typer.Option(help="เขียนผลเป็น JSON · write the findings as JSON")] = None,
    corrected: Annotated[Path | None, typer.Option(help="เขียนสำเนาที่แก้แล้ว · write a corrected copy (.gpkg)")] = None,
    language: Annotated[Language | None, typer.Option(help="ภาษา · language")] = None,
) -> None:
    """ตรวจเครื่องและฐานข้อมูล หรือตรวจไฟล์ก่อนนำเข้า · Check the machine, or files before they are loaded."""
    from api.cli import _pairs

    settings = Settings.from_environment()
    if not files:
        raise typer.Exit(_of_the_machine(settings))
    for place, option in ((report, "--report"), (corrected, "--corrected")):
        if place is not None and not (place.parent.is_dir() and os.access(place.parent, os.W_OK)):
            raise typer.BadParameter(f"เขียนที่ {place.parent} ไม่ได้ · cannot write in {place.parent}", param_hint=option)
    if corrected is not None and (len(files) > 1 or corrected.suffix.lower() != ".gpkg"):
        raise typer.BadParameter("ครั้งละไฟล์ ลงท้าย .gpkg · one file at a time, ending in .gpkg", param_hint="--corrected")
    options = LoadOptions(
        municipality=municipality, crs=crs, encoding=encoding, map=_pairs(map, "--map"), sheet=sheet, anywhere=anywhere
    )
    with _town(settings) as engine:
        here = _Here(engine=engine, layers=_layers(engine), options=options, topology=topology)
        kinds = {path: _kind(path, layer, here, language) for path in files}
        made = [here.examination(path, kinds, language) for path in files]
        if corrected is not None and made[0].refused is None:
            write_corrected(made[0], here.layers[made[0].kind], files[0], corrected, options, layers=here.layers)
            _say(Text(f"เขียนสำเนาที่แก้แล้วที่ {corrected}", f"The corrected copy is {corrected}"), language)
    if report is not None:
        told = [one.to_json(map_url=f"{settings.address}/map") for one in made]
        report.write_text(json.dumps(told[0] if len(told) == 1 else told, ensure_ascii=False, indent=1), "utf-8")
    raise typer.Exit(int(any(one.has_errors for one in made)))


def _of_the_machine(settings: Settings) -> int:
    from api.doctor import findings

    worst = 0
    for finding in findings(settings):
        mark = "[green]✓[/]" if finding.good else "[bold red]✗[/]"
        console.print(f"{mark} {escape(finding.told.th)} · {escape(finding.told.en)}")
        worst = max(worst, 0 if finding.good else 1)
    return worst


def checked(
    engine: Engine, layer: Layer, path: Path, options: LoadOptions, layers: Mapping[str, Layer]
) -> Examination:  # fmt: skip
    """A file examined in full, with how its shapes lie, and told, before it is loaded."""
    here = _Here(engine=engine, layers=layers, options=options, topology=True)
    return here.examination(path, {path: layer.id}, None)


@contextlib.contextmanager
def _town(settings: Settings) -> Iterator[Engine | None]:
    """A read-only engine on the town's database as it is; None where there is none, or not of this version.

    Nothing is made or migrated for the sake of looking at a file.
    """
    with contextlib.ExitStack() as stack:
        url = settings.database_url
        if url is None and (settings.home / "postgres").exists():
            try:
                url = stack.enter_context(private_cluster(settings.home)).url
            except AtlasError as fault:
                worried.print(f"{fault.told}", markup=False, soft_wrap=True)
        engine = read_only_engine(url) if url else None
        try:
            yield engine if engine is not None and _answers(engine) else None
        finally:
            if engine is not None:
                engine.dispose()


def _answers(engine: Engine) -> bool:
    try:
        with engine.connect() as connection:
            return is_current(connection)
    except DBAPIError as fault:
        worried.print(f"ฐานข้อมูลไม่ตอบ · the database does not answer ({type(fault).__name__})", markup=False)
        return False


def _layers(engine: Engine | None) -> Mapping[str, Layer]:
    return LAYERS if engine is None else layers_in(engine)


@dataclass(kw_only=True)
class _Here:
    """What is the same for all files of a call."""

    engine: Engine | None
    layers: Mapping[str, Layer]
    options: LoadOptions
    topology: bool

    def examination(
        self, path: Path, kinds: Mapping[Path, str | Examination], language: Language | None
    ) -> Examination:
        """One file examined and told."""
        kind = kinds[path]
        made = kind if isinstance(kind, Examination) else self._examined(path, kind, kinds)
        tell(made, language)
        return made

    def _examined(self, path: Path, kind: str, kinds: Mapping[Path, str | Examination]) -> Examination:
        from api.cli import progress_bar

        with progress_bar(path.name) as progress:
            if kind == LAND_OFFICE:
                return examined_list(self._known(None), path, self.options, progress=progress)
            layer = self.layers[kind]
            parcels = self._parcels(path, kinds) if kind == BUILDING else None
            return examined(self._known(layer), layer, path, self.options, layers=self.layers, parcels=parcels,
                            topology=self.topology, progress=progress)  # fmt: skip

    def _known(self, layer: Layer | None) -> Known:
        if self.engine is None:
            return NOTHING_KNOWN
        with session_of(self.engine) as session:
            return known_here(session, layer, self.options.municipality, self.layers)

    def _parcels(self, path: Path, kinds: Mapping[Path, str | Examination]) -> NDArray[np.object_] | None:
        """The parcels to hold buildings against: those of a file beside it, else those that are here."""
        beside = next((one for one, kind in kinds.items() if kind == PARCEL), None)
        if beside is not None:
            # What the options say of columns is said of the file that is examined.
            return shapes_of(self.layers[PARCEL], beside, replace(self.options, map={}), layers=self.layers)
        if self.engine is None or not self.topology:
            return None
        box = bounds_of(shapes_of(self.layers[BUILDING], path, self.options, layers=self.layers))
        if box is None:
            return None
        with session_of(self.engine) as session:
            return parcel_shapes(session, self.options.municipality, self.layers, box)


def _kind(path: Path, asked: str | None, here: _Here, language: Language | None) -> str | Examination:
    """What a file is examined for: as asked, else as it looks; its refusal, when it cannot be opened."""
    if asked is not None:
        if asked != LAND_OFFICE and asked not in here.layers:
            raise typer.BadParameter(f"ไม่มีชั้น {asked} · there is no layer {asked}", param_hint="--layer")
        return asked
    try:
        guess = guessed(path, here.layers, here.options)
    except RefusedImport as fault:
        return refused("unknown", path.name, fault, here.options.municipality)
    if guess.kind is None:
        choices = tuple(Text(f"--layer {one}", f"--layer {one}") for one in (*TAX_MAP, LAND_OFFICE))
        asking = RefusedImport(guess.why, choices=choices)
        return refused("unknown", path.name, asking, here.options.municipality)
    _say(Text(f"{path.name}: ตรวจเป็น {guess.kind} ({guess.why.th})",
              f"{path.name}: examined as {guess.kind} ({guess.why.en})"), language)  # fmt: skip
    return guess.kind


def tell(made: Examination, language: Language | None) -> None:
    """An examination on the terminal: the sentence, what was decided, the table of findings."""
    _say(Text(f"{made.file_name}: {made.told.th}", f"{made.file_name}: {made.told.en}"), language)
    for choice in made.choices:
        _say(Text(f"  → {choice.th}", f"  → {choice.en}"), language)
    if made.encoding is not None and made.encoding_reason is not None:
        reason = made.encoding_reason
        _say(
            Text(f"{made.driver} · {made.encoding}: {reason.th}", f"{made.driver} · {made.encoding}: {reason.en}"),
            language,
        )
    if made.crs is not None:
        console.print(f"{made.crs} → WGS 84: {made.crs_operation}", markup=False, soft_wrap=True)
    if made.findings:
        console.print(_table(made, language))
    for told in (*made.remarks, *made.unchecked):
        _say(Text(f"· {told.th}", f"· {told.en}"), language)


def _table(made: Examination, language: Language | None) -> Table:
    table = Table("", "จำนวน · count", "เรื่อง · finding", "ทำอย่างไร · what to do", show_lines=True)
    for one in made.findings:
        rows = ", ".join(map(str, one.rows[:5].tolist())) + (" …" if len(one.rows) > 5 else "")
        where = f"\n[dim]แถว · rows {rows}[/]" if rows else ""
        told, advice = _said(one.told, language), _said(one.advice, language)
        table.add_row(MARKS[one.level], f"{one.count:,}", f"[bold]{one.code}[/]\n{escape(told)}{where}", escape(advice))
    return table


def _said(told: Text, language: Language | None) -> str:
    return told.in_language(language) if language else f"{told.th}\n{told.en}"


def _say(told: Text, language: Language | None) -> None:
    console.print(told.in_language(language) if language else str(told), markup=False, soft_wrap=True)
