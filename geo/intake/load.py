"""A file into a layer: opened, matched, checked, copied, merged and reported, in one transaction.

All or nothing: whatever goes wrong on the way, the town's data is as it was. Checking a batch and writing the one
before it go on at the same time, because one is work for Python and the other for PostgreSQL.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from geo.errors import BadRequest, Problem, RefusedImport, Text
from geo.intake.ahead import ahead
from geo.intake.belonging import LinkingBatches
from geo.intake.check import Checker
from geo.intake.doctor.files import TAX_MAP
from geo.intake.doctor.quick import QuickLook
from geo.intake.editions.bring import AllAtOnce, Brought, Way
from geo.intake.erased import ErasedRows
from geo.intake.grounds import SaidGrounds, grounds, past_their_time
from geo.intake.kinds import TEXT_TABLES
from geo.intake.living import refuse_verified
from geo.intake.match import PLACE_NAMES, Matching, matched, place_columns
from geo.intake.open import Opened, opened
from geo.intake.places import Placing, outside_refusal, placing_of
from geo.intake.repeated_keys import RepeatedKeys
from geo.intake.report import Counts, Findings, Report
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.shapes.whereabouts import Box
from geo.store.batches import Act, FileFacts, Grounds, begun, ended, one_transaction
from geo.store.bulk import loading_all_at_once
from geo.store.known import loads_of
from geo.store.links import TOWN, Linker, relink
from geo.store.merge import Incoming, Merged, is_new_ground, merge
from geo.store.releases import release, towns_never_released
from geo.store.staging import STAGING, as_final, copy_rows, make_staging, takes_copies
from geo.thai import DateOrder, date_order

Progress = Callable[[int, int | None], None]
_NOTHING: Mapping[str, str] = MappingProxyType({})
_NOTHING_SAID = SaidGrounds()


@dataclass(frozen=True, kw_only=True)
class LoadOptions:
    """What a person may say about a file; every option answers a question that a refusal asks.

    `map` is FIELD to COLUMN (`lon`, `lat` and `wkt` name where a CSV keeps its places), `set` FIELD to a constant;
    columns that are `left_out` feed nothing. `sheet` is the layer or file inside a container; `grounds` is why personal
    data is taken. `by_one_person`: what they bring of risks is reported, and not verified yet.
    """

    municipality: str | None = None
    crs: str | None = None
    encoding: str | None = None
    map: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    set: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    left_out: Sequence[str] = ()
    dry_run: bool = False
    anywhere: bool = False
    by_one_person: bool = False
    whole: bool = False
    sheet: str | None = None
    grounds: SaidGrounds = _NOTHING_SAID


def load_file(
    engine: Engine, layer: Layer, path: Path, options: LoadOptions, *, layers: Mapping[str, Layer], by: str,
    origin: str, at: dt.datetime, progress: Progress | None = None, file_name: str | None = None,
) -> Report:  # fmt: skip
    """Bring a file into a layer; RefusedImport, with all of its problems, when it is not taken.

    `file_name` is what its owner calls it (for uploads). A dry run does everything and keeps nothing.
    """
    with (
        ready(layer, path, options, layers=layers, file_name=file_name) as load,
        one_transaction(engine, keep=not options.dry_run) as session,
    ):
        return load.into(session, by=by, origin=origin, at=at, progress=progress)


@contextmanager
def ready(
    layer: Layer, path: Path, options: LoadOptions, *, layers: Mapping[str, Layer], file_name: str | None = None,
    places_needed: bool = True,
) -> Iterator[Load]:  # fmt: skip
    """A file opened and matched to a layer, before anything of it is written; one to be looked at may lack places."""
    options = replace(options, municipality=_town(layer, options.municipality))
    with opened(
        path, file_name=file_name, encoding=options.encoding, crs=options.crs, layer=options.sheet,
        lon_column=options.map.get("lon"), lat_column=options.map.get("lat"), wkt_column=options.map.get("wkt"),
    ) as file:  # fmt: skip
        headers = [name for name, _ in file.columns]
        places = [options.map[name] for name in PLACE_NAMES if name in options.map]
        if file.driver in TEXT_TABLES and file.geometry_type is not None and not places:
            places = list(place_columns(headers))
        try:
            matching = matched(
                layer, headers, asked=options.map, constants=options.set, driver=file.driver, places=places,
                left_out=options.left_out,
            )  # fmt: skip
            looked_at = places_needed or file.geometry_type is not None
            placing = placing_of(file, layer, anywhere=options.anywhere) if looked_at else None
        except RefusedImport as refusal:
            raise _with_what_the_reader_told(refusal, file) from None
        yield Load(layer=layer, layers=layers, options=options, file=file, matching=matching, placing=placing)


def _town(layer: Layer, town: str | None) -> str | None:
    """The town that a load is for; a layer that one town made takes no other's rows."""
    if town is not None and not re.fullmatch("[0-9]{2,8}", town):
        raise BadRequest(
            f"รหัสเทศบาล {town!r} ต้องเป็นตัวเลข เช่น 9098", f"the municipality code {town!r} is not a number like 9098"
        )
    if layer.town is not None and town not in (None, layer.town):
        raise BadRequest(
            f"ชั้นข้อมูล {layer.id} เป็นของเทศบาล {layer.town}",
            f"the layer {layer.id} is the municipality {layer.town}'s own",
        )
    return town or layer.town


def _with_what_the_reader_told(refusal: RefusedImport, file: Opened) -> RefusedImport:
    return RefusedImport(refusal.told, problems=(*refusal.problems, *_bare(file.problems)), choices=refusal.choices)


def _bare(problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
    """The reader's own problems without cells: it does not know which column is whose secret."""
    return tuple(
        replace(problem, value=None, became=None) if problem.row is not None else problem for problem in problems
    )


@dataclass(frozen=True, kw_only=True)
class Staged:
    """How many rows a file has, and how many of them are refused."""

    rows: int
    refused: int


@dataclass(frozen=True, kw_only=True)
class Load:
    """One load: the parts that do not change while it runs."""

    layer: Layer
    layers: Mapping[str, Layer]
    options: LoadOptions
    file: Opened
    matching: Matching
    placing: Placing | None

    def into(
        self, session: Session, *, by: str, origin: str, at: dt.datetime, progress: Progress | None = None,
        way: Way | None = None,
    ) -> Report:  # fmt: skip
        """Everything from the first batch to the report; `way` where it is not that of every load."""
        progress = progress or (lambda done, total: None)
        checker = Checker(layer=self.layer, matching=self.matching, placing=self.placing, orders=self.orders())
        quick, known = QuickLook(matching=self.matching), loads_of(session, self.layer, self.options.municipality)
        repeated = RepeatedKeys(layer=self.layer, key=self._key(), columns=self.matching.columns)
        why = self._grounds(session, checker.findings, at)
        act = begun(session, self.layer, self._facts(), by=by, origin=origin, at=at, grounds=why)
        linking = LinkingBatches(Linker(session, self.layer, self.layers), self.matching, self.options.municipality)
        incoming = self._incoming(checker)
        direct = way is None and not linking.linker.asks_for_each_batch and self._is_new_ground(session)
        if way is None and self.layer.yearly is not None:
            way = AllAtOnce(layer=self.layer, layers=self.layers, whole=self.options.whole)
        with ThreadPoolExecutor(1) as beside:
            with loading_all_at_once(session, self.layer, self.file.feature_count if direct else None):
                copied = self._copied(session, checker, linking, repeated, act, direct=direct, progress=progress,
                                      quick=quick, only=way.only if way else None)  # fmt: skip
                # Told while PostgreSQL builds its indexes.
                telling = beside.submit(repeated.tell, checker.findings)
            telling.result()
        if way is None or way.only is None:
            self._refuse_when_hopeless(checker, copied)
            if self.layer.id in TAX_MAP:
                quick.tell(checker.findings, self.file, known)
        if direct:
            of_all = Merged(inserted=copied, updated=0, unchanged=0, not_in_file=0, ended=0, box=_box(checker))
            brought = Brought(merged=of_all, kinds={"SAME": 0, "NEW": copied} if self.layer.yearly else {})
        elif way is not None:
            brought = way.bring(session, incoming, act.change, at)
        else:
            brought = Brought(merged=merge(session, self.layer, incoming, change_id=act.change.id, at=at))
        merged = brought.merged
        if brought.shifted_metres:
            checker.findings.add([_shifted(brought.shifted_metres)])
        if self.options.by_one_person:
            refuse_verified(session, self.layer, act.change.id)
        relinked = relink(
            session, self.layer, self.layers, merged.box, town=self.options.municipality, cause=act.change, at=at
        )
        if self.layer.shape.cells:
            self._release_first(session, checker.findings, by=by, at=at)
        checker.findings.add(past_their_time(session, self.layer, why, on=_day(at)))
        for name, rows in brought.followed.items():
            relinked[name] = relinked.get(name, 0) + rows
        report = self._report(checker, brought, relinked, act, why)
        ended(session, act, counts=report.counts.as_json(), report=report.to_json(),
              nothing_changed=report.counts.nothing_changed)  # fmt: skip
        return report

    def stage(self, session: Session, *, progress: Progress) -> tuple[Incoming, Staged]:
        """Every row that can be taken, checked and waiting in the staging table; nothing of it is the town's yet."""
        checker = Checker(layer=self.layer, matching=self.matching, placing=self.placing, orders=self.orders())
        repeated = RepeatedKeys(layer=self.layer, key=self._key(), columns=self.matching.columns)
        linking = LinkingBatches(Linker(session, self.layer, self.layers), self.matching, self.options.municipality)
        taken = self._copied(session, checker, linking, repeated, None, direct=False, progress=progress)
        self._refuse_when_hopeless(checker, taken)
        return self._incoming(checker), Staged(rows=checker.rows, refused=checker.rows - taken)

    def _grounds(self, session: Session, findings: Findings, at: dt.datetime) -> Grounds | None:
        fed, town = frozenset(self.matching.fed), self.options.municipality
        why, problems = grounds(session, self.layer, fed, self.options.grounds, town=town, on=_day(at))
        findings.add(problems)
        return why

    def _key(self) -> tuple[str, ...]:
        """The first of the layer's keys that the file feeds whole."""
        return next((key for key in self.layer.keys if set(key) <= self.matching.fed), ())

    def orders(self) -> dict[str, DateOrder]:
        """Day or month first, decided once for each column of written dates before any of it is read."""
        types = dict(self.file.columns)
        columns = {
            name: column for name, column in self.matching.columns.items()
            if self.layer.fields[name].python_type is dt.date and pa.types.is_string(types[column])
        }  # fmt: skip
        orders = dict.fromkeys(columns, DateOrder())
        if columns:
            for batch in self.file.attributes(sorted(set(columns.values()))):
                for name, column in columns.items():
                    orders[name] += date_order(pc.unique(batch.column(column)).to_pylist())
        return orders

    def _facts(self) -> FileFacts:
        file, operation = self.file, self.placing.operation if self.placing else None
        return FileFacts(
            name=file.file_name, sha256=file.sha256, size=file.size, driver=file.driver, encoding=file.encoding,
            crs=crs_name(file) if self.placing else None,
            crs_operation=f"{operation.name} [{operation.code}]" if operation else None,
            municipality=self.options.municipality,
        )  # fmt: skip

    def _incoming(self, checker: Checker) -> Incoming:
        skipped = {*self.layer.links, TOWN}
        return Incoming(
            fed=tuple(name for name in self.layer.fields if name in self.matching.fed and name not in skipped),
            measured=tuple(sorted(checker.measures())) if self.placing else (),
            key=self._key(), shapes=self.placing is not None, is_whole=self.layer.is_whole,
        )  # fmt: skip

    def _is_new_ground(self, session: Session) -> bool:
        towns = None if self.options.municipality is None or self.layer.id == TOWN else {self.options.municipality}
        return takes_copies(session, self.layer) and is_new_ground(session, self.layer, towns)

    def _copied(
        self, session: Session, checker: Checker, linking: LinkingBatches, repeated: RepeatedKeys,
        act: Act | None, *, direct: bool, progress: Progress, quick: QuickLook | None = None,
        only: NDArray[np.int32] | None = None,
    ) -> int:  # fmt: skip
        """Check and copy every batch, or of all rows `only` those; how many rows were taken."""
        gone = ErasedRows(session, self.layer)

        def rows() -> Iterator[tuple[pa.RecordBatch, int]]:
            for batch in self.file.batches(sorted(set(self.matching.columns.values()))):
                first = checker.rows + 1
                if only is not None and not ((only >= first) & (only < first + batch.num_rows)).any():
                    checker.rows += batch.num_rows
                    continue
                checked = checker.checked(batch)
                staged = linking.completed(checked)
                repeated.remember(checked, staged)
                if quick is not None:
                    quick.remember(checked)
                yield chosen(gone.left_out(checked, staged), only), checker.rows

        made, taken = False, 0
        # Who asks the database shares our one connection, and cannot work ahead of the writing.
        for staged, done in rows() if linking.linker.asks_for_each_batch or gone.any else ahead(rows()):
            if direct and act is not None:
                copy_rows(session, self.layer.id, as_final(staged, change_id=act.change.id, at=act.at))
            else:
                if not made:
                    make_staging(session, self.layer, [name for name in staged.schema.names if name != "row_no"])
                    made = True
                copy_rows(session, STAGING, staged)
            taken += staged.num_rows
            progress(done, self.file.feature_count)
        if only is not None and not made:
            make_staging(session, self.layer, self.staged_columns(checker))
        return taken

    def staged_columns(self, checker: Checker) -> list[str]:
        """What the staging table holds, where no row tells."""
        incoming = self._incoming(checker)
        hows = [f"{name.removesuffix('_id')}_link" for name in self.layer.links]
        return ["municipality", *incoming.fed, *incoming.measured, *self.layer.links, *hows, "source_digest",
                *(("geom",) if incoming.shapes else ())]  # fmt: skip

    def _refuse_when_hopeless(self, checker: Checker, taken: int) -> None:
        """A file of which nothing, or less than half, lies where it should is wrong as a whole."""
        if taken and checker.outside * 2 <= checker.rows:
            return
        if checker.outside * 2 > checker.rows:
            refusal = outside_refusal(self.file, None)
            told, choices = refusal.told, refusal.choices
        elif checker.rows == 0:
            told, choices = Text("ไฟล์ไม่มีแถวข้อมูล", "the file has no rows"), ()
        else:
            told, choices = Text("ไม่มีแถวใดที่รับได้", "none of the rows can be taken"), ()
        problems = checker.findings.errors() or (Problem(code="no-rows", told=told, level="error"),)
        raise RefusedImport(told, problems=(*problems, *_bare(self.file.problems)), choices=choices)

    def _told_by_the_reader(self, findings: Findings) -> list[Problem]:
        """Its own problems; a shape it could not read is told once, and costs the row only where a shape is needed."""
        problems = list(_bare(self.file.problems))
        without = {problem.row for problem in problems if problem.row is not None and problem.level == "error"}
        if self.layer.shape.required:
            findings.forget("no-geometry", {row for row in without if row is not None})
            return problems
        return [replace(problem, level="warning") if problem.row in without else problem for problem in problems]

    def _release_first(self, session: Session, findings: Findings, *, by: str, at: dt.datetime) -> None:
        """The first edition of a town that never had one; the next is somebody's decision (`atlas publish`)."""
        # A load for a town speaks for no other: whoever makes it may not see all of another town's rows.
        mine = self.options.municipality
        for town in towns_never_released(session, self.layer):
            if mine is not None and town != mine:
                continue
            made = release(session, self.layer, town, by=by, at=at, reason="first load", in_turn=True)
            told = Text(
                f"เผยแพร่ครั้งแรกของ {town}: {made.told} ช่อง (การแก้ไขหลังจากนี้รอ atlas publish)",
                f"first edition for {town}: {made.told} squares (later changes wait for `atlas publish`)",
            )
            findings.add([Problem(code="first-release", told=told)])

    def _report(
        self, checker: Checker, brought: Brought, relinked: Mapping[str, int], act: Act, why: Grounds | None
    ) -> Report:
        findings, facts, merged = checker.findings, self._facts(), brought.merged
        for problem in (*self.matching.problems, *(self.placing.problems if self.placing else ())):
            findings.add([problem])
        findings.add(self._told_by_the_reader(findings))
        for name, order in checker.orders.items():
            if order.mixed or order.assumed:
                column = self.matching.columns[name]
                findings.add([Problem(code="date-order", told=order.told, column=column)])
        counts = Counts(
            read=checker.rows, inserted=merged.inserted, updated=merged.updated, unchanged=merged.unchanged,
            refused=checker.rows - merged.inserted - merged.updated - merged.unchanged, not_in_file=merged.not_in_file,
            ended=merged.ended,
            repaired=findings.counts["repaired"], changed=findings.levels["changed"],
            warnings=findings.levels["warning"], relinked=relinked, kinds=brought.kinds, questions=brought.questions,
        )  # fmt: skip
        return Report(
            layer=self.layer.id, batch_id=None if self.options.dry_run else act.batch.id, dry_run=self.options.dry_run,
            file_name=facts.name, file_sha256=facts.sha256, file_bytes=facts.size, driver=facts.driver,
            encoding=facts.encoding, encoding_reason=self.file.encoding_reason, crs=facts.crs,
            crs_source=self.file.crs_source, crs_operation=facts.crs_operation, municipality=self.options.municipality,
            used=self.matching.used, unused=self.matching.unused, counts=counts, by_code=dict(findings.counts),
            entries=findings.entries(), grounds=why,
        )  # fmt: skip


def chosen(staged: pa.RecordBatch, only: NDArray[np.int32] | None) -> pa.RecordBatch:
    """Of a batch the rows that are wanted."""
    if only is None:
        return staged
    return staged.filter(pa.array(np.isin(staged.column("row_no").to_numpy(), only)))


def _shifted(metres: float) -> Problem:
    """Nearly all of a town's rows lie elsewhere, all moved alike: that is a datum and not the land."""
    told = Text(
        f"แปลงเกือบทั้งหมดเลื่อนไปทางเดียวกัน {metres:,.1f} เมตร น่าจะเป็นระบบพิกัดหรือพื้นหลักฐานคนละชุด โปรดตรวจ",
        f"nearly all rows moved the same way, by {metres:,.1f} m: probably another coordinate system; please check",
    )
    return Problem(code="town-shifted", told=told)


def _day(at: dt.datetime) -> dt.date:
    return at.astimezone(BANGKOK).date()


def crs_name(file: Opened) -> str | None:
    """The code of a file's system, else its name."""
    if file.crs is None:
        return None
    authority = file.crs.to_authority(min_confidence=70)
    return ":".join(authority) if authority else file.crs.name


def _box(checker: Checker) -> Box | None:
    west, south, east, north = (float(edge) for edge in checker.bounds)
    box = Box(west=west, south=south, east=east, north=north)
    return box if box.finite else None
