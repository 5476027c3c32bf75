"""Photographs of rows: kept, shown to the row's own people, and to everybody once a person has looked and said so.

Whether somebody may see a photograph follows from whether they see its row, which the read door says. Each deed is
noted beside the photograph: who, when, what, and why.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from geo.errors import BadRequest, Crowded, Text
from geo.layer import Layer
from geo.store.photo_tables import Photo, PhotoDeed
from geo.store.read import Asking, Wanted, inside, rows, witnessed

WAITING, CLEARED, REFUSED, ENDED, ERASED = "waiting", "cleared", "refused", "ended", "erased"
STATES = {
    WAITING: Text("รอตรวจ", "Waiting to be looked at"),
    CLEARED: Text("เผยแพร่แล้ว", "Public"),
    REFUSED: Text("ไม่เผยแพร่", "Not to be public"),
    ENDED: Text("นำออกแล้ว", "Taken off"),
    ERASED: Text("ลบถาวรแล้ว", "Erased for good"),
}
DEEDS = {
    "add": Text("เพิ่มภาพ", "Added"),
    "clear": Text("ตรวจแล้ว ไม่เห็นใบหน้าและป้ายทะเบียน ให้เผยแพร่", "Looked at: no faces, no number plates; made public"),
    "refuse": Text("ไม่ให้เผยแพร่", "Not to be public"),
    "withdraw": Text("ถอนการเผยแพร่", "Taken back from the public"),
    "end": Text("นำภาพออก", "Taken off"),
    "erase": Text("ลบถาวร", "Erased for good"),
}


@dataclass(frozen=True, kw_only=True)
class SeenRow:
    """A row that somebody sees, and whether it lies in their own area: then they are one of its people."""

    id: int
    municipality: str | None
    is_inside: bool


@dataclass(frozen=True, kw_only=True)
class NewPhoto:
    """What is to be told of a picture that is kept; degrees WGS 84."""

    sha256: str
    width: int
    height: int
    bytes: int
    lon: float | None
    lat: float | None
    taken_at: dt.datetime | None
    caption: str | None


def rows_seen(session: Session, layer: Layer, asking: Asking, fids: Collection[int]) -> dict[int, SeenRow]:
    """Those of these rows that this asker sees, through the read door; `session` is of their role and area."""
    if not fids:
        return {}
    seen = rows(layer, asking, Wanted(ids=tuple(fids))).order_by(None).subquery()
    table = layer.table.__table__
    here: Any = literal(False) if asking.is_low else inside(table.c, layer, asking.areas)
    query = select(seen.c.id, seen.c.municipality, here.label("here")).join(table, table.c.id == seen.c.id)
    found = {row.id: SeenRow(id=row.id, municipality=row.municipality, is_inside=row.here)
             for row in session.execute(query)}  # fmt: skip
    witnessed(session, layer, asking, list(found))
    return found


def state_of(photo: Photo) -> str:
    """What a person has decided about it so far."""
    if photo.ended_at is not None:
        return ENDED if photo.erased_at is None else ERASED
    if photo.cleared_at is not None:
        return CLEARED
    return REFUSED if photo.refused_at is not None else WAITING


def add(session: Session, layer: Layer, row: SeenRow, new: NewPhoto, *, by: str, at: dt.datetime) -> Photo:
    """A photograph of a row. The same picture that is on it already stays as it is, and is given back."""
    values = {"layer": layer.id, "row_id": row.id, "municipality": row.municipality, "made_at": at, "made_by": by}
    kept = insert(Photo).values(**vars(new), **values).on_conflict_do_nothing().returning(Photo.id)
    same = select(Photo).where(
        Photo.layer == layer.id, Photo.row_id == row.id, Photo.sha256 == new.sha256, Photo.ended_at.is_(None)
    )
    # Whoever sent the same at the same time may be taking it off just now; then ours is a new one.
    for _ in range(3):
        made = session.scalar(kept)
        if made is not None:
            photo = session.get_one(Photo, made)
            _note(session, photo, "add", by=by, at=at)
            return photo
        if (there := session.scalar(same)) is not None:
            return there
    raise Crowded("ภาพเดียวกันกำลังถูกแก้อยู่ โปรดลองอีกครั้ง", "The same picture is being changed just now; please try again")


def live(session: Session, layer: Layer, fids: Collection[int]) -> list[Photo]:
    """The photographs of these rows that have not ended, oldest first."""
    query = select(Photo).where(Photo.layer == layer.id, Photo.row_id.in_(sorted(fids)), Photo.ended_at.is_(None))
    return list(session.scalars(query.order_by(Photo.id))) if fids else []


def of_digest(session: Session, sha256: str) -> list[Photo]:
    """The photographs with exactly these bytes that have not ended."""
    query = select(Photo).where(Photo.sha256 == sha256, Photo.ended_at.is_(None))
    return list(session.scalars(query.order_by(Photo.id)))


def waiting(session: Session, layer: Layer) -> dict[int, dt.datetime]:
    """The rows of a layer with photographs that nobody has looked at, and since when the first of them waits."""
    query = (
        select(Photo.row_id, func.min(Photo.made_at))
        .where(
            Photo.layer == layer.id, Photo.ended_at.is_(None), Photo.cleared_at.is_(None), Photo.refused_at.is_(None)
        )
        .group_by(Photo.row_id)
    )
    return {row_id: since for row_id, since in session.execute(query).all()}  # noqa: C416  # a row is no pair to mypy


def one_to_change(session: Session, number: int, *, though_ended: bool = False) -> Photo | None:
    """One that has not ended (nor been erased), its row held still for whoever is about to change it."""
    over = Photo.erased_at if though_ended else Photo.ended_at
    return session.scalar(select(Photo).where(Photo.id == number, over.is_(None)).with_for_update())


def by_number(session: Session, numbers: Iterable[int]) -> list[Photo]:
    """Photographs as they were numbered, ended ones too, in the order in which they are asked for."""
    wanted = list(numbers)
    found = {one.id: one for one in session.scalars(select(Photo).where(Photo.id.in_(wanted)))}
    return [found[number] for number in wanted if number in found]


def clear(session: Session, photo: Photo, *, no_faces: bool, no_plates: bool, by: str, at: dt.datetime) -> None:
    """A person looked and saw neither faces nor number plates: everybody who sees the row may see it from now on."""
    if not (no_faces and no_plates):
        raise BadRequest(
            "ต้องดูภาพแล้วติ๊กทั้งสองข้อ: ไม่เห็นใบหน้า และไม่เห็นป้ายทะเบียน",
            "Look at the picture and tick both: no faces (no_faces), no number plates (no_plates)",
        )
    if photo.cleared_at is not None:
        return
    photo.cleared_at, photo.cleared_by, photo.no_faces, photo.no_plates = at, by, True, True
    photo.refused_at = photo.refused_by = photo.refused_reason = None
    _note(session, photo, "clear", by=by, at=at)


def refuse(session: Session, photo: Photo, *, reason: str, by: str, at: dt.datetime) -> None:
    """It is not to be public; where it was, it no longer is."""
    _unclear(photo)
    photo.refused_at, photo.refused_by, photo.refused_reason = at, by, reason
    _note(session, photo, "refuse", by=by, at=at, reason=reason)


def withdraw(session: Session, photo: Photo, *, reason: str, by: str, at: dt.datetime) -> None:
    """Take the clearance back: it waits to be looked at again. Who had cleared it stays in its deeds."""
    if photo.cleared_at is None:
        raise BadRequest("ภาพนี้ยังไม่ได้เผยแพร่", "This photograph is not public")
    _unclear(photo)
    _note(session, photo, "withdraw", by=by, at=at, reason=reason)


def end(session: Session, photo: Photo, *, reason: str, by: str, at: dt.datetime) -> None:
    """Take a photograph off its row; nobody is shown it any more, and that it was there stays known."""
    _ended(photo, by=by, at=at)
    _note(session, photo, "end", by=by, at=at, reason=reason)


def erase(session: Session, photo: Photo, *, reason: str, by: str, at: dt.datetime) -> None:
    """Erase what a photograph shows and tells, for good; that there was one stays known (PDPA s.33).

    Its file goes afterwards (`photo_files`).
    """
    if photo.ended_at is None:
        _ended(photo, by=by, at=at)
    photo.erased_at = at
    photo.lon = photo.lat = photo.taken_at = photo.caption = photo.refused_reason = None
    # What was said of it may tell who is on it.
    session.execute(update(PhotoDeed).where(PhotoDeed.photo_id == photo.id).values(reason=None))
    _note(session, photo, "erase", by=by, at=at, reason=reason)


def _ended(photo: Photo, *, by: str, at: dt.datetime) -> None:
    _unclear(photo)
    photo.ended_at, photo.ended_by = at, by


def deeds(session: Session, numbers: Collection[int]) -> dict[int, list[PhotoDeed]]:
    """What was done about each of these photographs, in order."""
    query = select(PhotoDeed).where(PhotoDeed.photo_id.in_(sorted(numbers))).order_by(PhotoDeed.id)
    found: dict[int, list[PhotoDeed]] = {number: [] for number in numbers}
    for deed in session.scalars(query) if numbers else ():
        found[deed.photo_id].append(deed)
    return found


def _unclear(photo: Photo) -> None:
    photo.cleared_at = photo.cleared_by = None
    photo.no_faces = photo.no_plates = False


def _note(session: Session, photo: Photo, done: str, *, by: str, at: dt.datetime, reason: str | None = None) -> None:
    session.add(PhotoDeed(photo_id=photo.id, done=done, made_at=at, made_by=by, reason=reason))
    session.flush()
