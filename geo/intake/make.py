"""A layer out of a file: what the file holds and what somebody says of it become a definition, a table and its rows.

One transaction, as any load is: when the file cannot be taken there is no layer either.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from sqlalchemy import Engine

from geo.errors import BadRequest, Text
from geo.intake.describe import Described, described
from geo.intake.load import LoadOptions, Progress, ready
from geo.intake.open import opened
from geo.intake.report import Report
from geo.layer import Audience, Cells, Kept, Layer, Nature, Processing, Published
from geo.personal import basis_in, sensitive_basis_in
from geo.store.batches import one_transaction
from geo.store.town_definition import COMMUNITY, ColumnType, Definition, TownColumn, layer_of
from geo.store.town_layers import begin, check_id, finish
from geo.store.town_names import column_names
from geo.store.town_words import both_of
from geo.store.write import Act

LARGE = 20_000
COLORS = {0: "#00695c", 1: "#1565c0", 2: "#6a1b9a"}
NOT_STATED = "not stated"


@dataclass(frozen=True, kw_only=True)
class Why:
    """Why personal data is in a layer and how long it stays, as somebody says it."""

    purpose: str
    basis: str
    keep_years: int | None
    sensitive_basis: str | None = None
    subjects: str | None = None
    data: str | None = None
    recipients: str | None = None


@dataclass(frozen=True, kw_only=True)
class Said:
    """What somebody says of a new layer; columns are called as in the file or as they will be called.

    `shape` None is as `public` has it: published as it is, or withheld.
    """

    id: str
    title: Text | None = None
    about: Text | None = None
    source: Text | None = None
    licence: str | None = None
    town: str | None = None
    public: bool = False
    shape: Published | Cells | None = None
    audiences: Mapping[str, Audience] = field(default_factory=dict)
    types: Mapping[str, ColumnType] = field(default_factory=dict)
    labels: Mapping[str, Text] = field(default_factory=dict)
    natures: Mapping[str, Nature] = field(default_factory=dict)
    why: Why | None = None
    key: tuple[str, ...] = ()
    instant: str | None = None
    editors: Audience = Audience.STAFF
    color: str | None = None
    symbol: Literal["circle", "triangle", "square", "drop"] = "circle"
    label: str | None = None


def described_file(path: Path, options: LoadOptions, *, file_name: str | None = None) -> Described:
    """What a file holds; RefusedImport where it cannot be read."""
    with opened(
        path, file_name=file_name, encoding=options.encoding, crs=options.crs, layer=options.sheet,
        lon_column=options.map.get("lon"), lat_column=options.map.get("lat"), wkt_column=options.map.get("wkt"),
    ) as file:  # fmt: skip
        return described(file)


def make_layer(
    engine: Engine, path: Path, said: Said, options: LoadOptions, *, coded: Mapping[str, Layer], by: str, origin: str,
    at: dt.datetime, progress: Progress | None = None, file_name: str | None = None,
) -> tuple[Layer, Report]:  # fmt: skip
    """Make a layer of a file and load it; all of it or nothing. A dry run does everything and keeps nothing."""
    check_id(said.id)
    found = described_file(path, options, file_name=file_name)
    definition = defined(found, said, linked=COMMUNITY in coded)
    act = Act(by=by, origin=origin, at=at)
    options = replace(
        options, municipality=said.town, map={**options.map, **{one.name: one.source for one in definition.columns}}
    )
    known = layer_of(definition)
    with (
        ready(known, path, options, layers={**coded, said.id: known}, file_name=file_name) as load,
        one_transaction(engine, keep=not options.dry_run) as session,
    ):
        begin(session, known, definition, act=act)
        report = load.into(session, by=by, origin=origin, at=at, progress=progress)
        finish(session, known, coded)
    return known, report


def defined(found: Described, said: Said, *, linked: bool = True) -> Definition:
    """The definition of a layer of this file."""
    names = column_names([one.source for one in found.columns])
    if not names and not found.kinds:
        raise BadRequest("ไฟล์ไม่มีทั้งคอลัมน์และรูป", "the file has neither columns nor shapes")
    columns = [
        TownColumn(name=name, source=one.source, type=one.type, label=Text(one.source, one.source))
        for name, one in zip(names, found.columns, strict=True)
    ]
    dimension = max(2 if "POLYGON" in kind else 1 if "LINE" in kind else 0 for kind in found.kinds)
    shape = said.shape or (Published.AS_IT_IS if said.public else Published.WITHHELD)
    bare = Definition(
        id=said.id, title=said.title or _from_file(found, said.id), source=said.source or both_of(found.file_name),
        about=said.about or Text("ชั้นข้อมูลที่เทศบาลสร้างเอง", "A layer that the town made"),
        licence=said.licence or NOT_STATED, kinds=found.kinds, columns=tuple(columns), town=said.town,
        editors=said.editors, color=said.color or COLORS[dimension], symbol=said.symbol, linked=linked,
        large=found.rows >= LARGE, towns_from=found.towns_from,
    )  # fmt: skip
    told = dict.fromkeys(names, Audience.PUBLIC if said.public and not isinstance(shape, Cells) else Audience.STAFF)
    natures = {bare.column(name).name: nature for name, nature in said.natures.items()}
    # Making a layer public opens nobody's personal values; whoever wants that must say it of the column, and is told.
    told |= dict.fromkeys(natures, Audience.STAFF)
    told |= {bare.column(name).name: audience for name, audience in said.audiences.items()}
    types = {bare.column(name).name: kind for name, kind in said.types.items()}
    labels = {bare.column(name).name: label for name, label in said.labels.items()}
    settled = tuple(
        replace(one, audience=told[one.name], nature=natures.get(one.name), type=types.get(one.name, one.type),
                label=labels.get(one.name, one.label))
        for one in columns
    )  # fmt: skip
    definition = replace(
        bare, columns=settled, public=shape, processing=processing_of(said.why) if said.why else None,
        key=tuple(bare.column(name).name for name in said.key),
        label=bare.column(said.label).name if said.label else None,
        instant=bare.column(said.instant).name if said.instant else None,
    )  # fmt: skip
    if definition.processing is not None and not definition.is_personal:
        raise BadRequest(
            "บอกฐานทางกฎหมายไว้ แต่ไม่มีคอลัมน์ใดเป็นข้อมูลส่วนบุคคล (--personal, --sensitive)",
            "a lawful basis is given, and no column is personal (--personal, --sensitive)",
        )
    return definition


def processing_of(why: Why) -> Processing:
    """What the register of processing will say of the layer."""
    if why.keep_years is not None and not 0 < why.keep_years <= 100:
        raise BadRequest("จำนวนปีที่เก็บต้องเป็น 1 ถึง 100", "values are kept for 1 to 100 years")
    return Processing(
        subjects=both_of(why.subjects) if why.subjects else Text("บุคคลที่แถวกล่าวถึง", "Those of whom the rows speak"),
        data=both_of(why.data) if why.data else Text("ข้อมูลส่วนบุคคลในชั้นข้อมูลนี้", "Personal values of this layer"),
        purpose=both_of(why.purpose), basis=basis_in(why.basis),
        recipients=both_of(why.recipients) if why.recipients else Text("ผู้ได้รับสิทธิ์", "Those who were granted it"),
        kept=Kept(years=why.keep_years, past_years=why.keep_years or 5),
        sensitive_basis=sensitive_basis_in(why.sensitive_basis) if why.sensitive_basis else None,
    )  # fmt: skip


def _from_file(found: Described, otherwise: str) -> Text:
    stem = Path(found.file_name.replace("\\", "/")).stem.replace("_", " ").strip()
    return both_of(stem or otherwise)
