"""Photographs of rows: sent from a camera, seen by the row's own people, and public once a person has cleared them."""

from __future__ import annotations

import datetime as dt
import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from api.answers import IDENTITY, PRIVATE, PUBLIC, json_answer
from api.definition import JSON, JSON_OR_PAGE, answers
from api.deps import Asking, Known, KnownLayers, MaybeSignedIn, Me, Now, Person, ReadSession, WritingEngine, key_of
from api.negotiation import format_of, wants_html
from api.pages import GUARDS, page
from api.people import cookies
from api.people.forms import SmallForm, fields, needed, ticked
from api.people.page_forms import done
from api.people.who import SignedIn, check_act
from api.photo_forms import MOST_CAPTION, MOST_FILES, Bringer, PhotoForm, SentPhotos, photographed, photos_in
from api.photos_of import (
    is_shown,
    may_add_photo,
    may_clear_photo,
    moment,
    no_photo,
    own_mark,
    own_rows,
    told,
    told_of_rows,
)  # fmt: skip
from api.preferences import sent_under
from geo.errors import NotYours, StoreAway
from geo.layer import Layer
from geo.people.grants import BANGKOK
from geo.render.popup import day
from geo.store import photo_files, photos, read
from geo.store.db import session_of
from geo.store.idempotency import Sent, receipt_of, remember
from geo.store.photo_tables import Photo
from geo.store.photos import DEEDS, STATES, NewPhoto, SeenRow, rows_seen

log = logging.getLogger("atlas.photos")
router = APIRouter(tags=["photos"], dependencies=[Known])

MOST_REASON = 500
_JPEG = "image/jpeg"
_DIGEST = re.compile("[0-9a-f]{64}")
Photographed = Annotated[Layer, Depends(photographed)]

_EACH: dict[str, Any] = {"type": "array", "items": {"type": "string"}}
_FORM: dict[str, Any] = {
    "parameters": [{"in": "header", "name": "Idempotency-Key", "required": False, "schema": {"type": "string"},
                    "description": "of your choice: what is sent again under it within 60 days is not done again"}],
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["photo"],
                    "properties": {
                        "photo": {"type": "array", "maxItems": MOST_FILES, "items": {"type": "string",
                                  "format": "binary"}, "description": "JPEG, PNG or WebP; told by its content"},
                        "caption": {"type": "string", "maxLength": MOST_CAPTION, "description": "of all of them"},
                        "lon": {**_EACH, "description": "one for each picture, where the device took it off the file"},
                        "lat": {**_EACH, "description": "as lon"},
                        "taken_at": {**_EACH, "description": "as lon; 2026-03-01T14:30:00+07:00"},
                        "csrf": {"type": "string"},
                    },
                }
            }
        },
    },
}  # fmt: skip
_MADE: dict[int | str, dict[str, Any]] = {
    **answers(JSON, status=201), 303: {"description": "The page of the row's photographs, in a browser"},
}  # fmt: skip
_PICTURE = answers(_JPEG) | {304: {"description": "You have it"}}


def _path(layer: str, fid: int) -> str:
    return f"/collections/{layer}/items/{fid}/photos"


@router.post(
    "/collections/{collection}/items/{fid}/photos", response_model=None, status_code=201, responses=_MADE,
    openapi_extra=_FORM,
)  # fmt: skip
def add_photos(
    request: Request, fid: str, person: Bringer, form: PhotoForm, layer: Photographed, asking: Asking,
    reading: ReadSession, engine: WritingEngine, now: Now,
    back: Annotated[Literal["mark"] | None, Query(description="where a browser goes on: the page of the mark")] = None,
) -> Response:  # fmt: skip
    """Add photographs to a row: all of them or none."""
    number = key_of(layer, fid)
    row, is_own = own_mark(request, reading, layer, asking, number, person)
    if not (is_own or may_add_photo(person, layer, row)):
        raise NotYours(
            f"{layer.id}/{fid} อยู่นอกพื้นที่ตามสิทธิ์ของท่าน", f"{layer.id}/{fid} lies outside the area of your grant"
        )
    came = photos_in(form)
    sent = sent_under(request, person, came.digest, None, decides=())
    with session_of(engine) as session:
        found, again = _added(request, session, layer, row, came, sent, person, now)
        body = [told(photo, asking, row) for photo in found]
    if wants_html(request):
        then = f"/marks/{layer.id}/{row.id}#photos" if back and layer.life else f"{_path(layer.id, row.id)}?f=html"
        return RedirectResponse(then, 303, {"Cache-Control": PRIVATE})
    headers = {"Cache-Control": PRIVATE, "Location": _path(layer.id, row.id)}
    return JSONResponse(body, 201, headers | ({"Idempotency-Replayed": "true"} if again else {}))


def _added(
    request: Request, session: Session, layer: Layer, row: SeenRow, came: SentPhotos, sent: Sent | None, person: Person,
    now: dt.datetime,
) -> tuple[list[Photo], bool]:  # fmt: skip
    """The photographs, and whether they were sent before under the same key."""
    if sent is not None and (before := receipt_of(session, sent, at=now)):
        return photos.by_number(session, before.ids), True
    photo_files.hold(session, (one.sha256 for one in came.pictures))
    for one in came.pictures:
        request.app.state.photos.keep(one)
    made = []
    for one in came.pictures:
        new = NewPhoto(sha256=one.sha256, width=one.width, height=one.height, bytes=len(one.jpeg), lon=one.lon,
                       lat=one.lat, taken_at=one.taken_at, caption=came.caption)  # fmt: skip
        made.append(photos.add(session, layer, row, new, by=person.name, at=now))
    ids = list(dict.fromkeys(photo.id for photo in made))
    if sent is not None:
        remember(session, sent, status=201, ids=ids, versions=[1] * len(ids), at=now)
    return photos.by_number(session, ids), False


@router.get("/collections/{collection}/items/{fid}/photos", response_model=None, responses=JSON_OR_PAGE)
def list_photos(
    request: Request, fid: str, layer: Photographed, asking: Asking, session: ReadSession, me: MaybeSignedIn
) -> Response:
    """The photographs of a row: the cleared ones, and for the members of its area all of them with what was done."""
    wanted_format = format_of(request)
    number = key_of(layer, fid)
    row = _seen(request, session, layer, asking, number)
    if row is None:
        raise read.no_such(layer, number)
    found = told_of_rows(request, asking, layer, {row.id: row}).get(row.id, [])
    if row.is_inside:
        _with_deeds(request, found)
    person = Person(name=me.login, signed_in=me) if me is not None and me.may_write else None
    may_add = person is not None and (
        may_add_photo(person, layer, row) or own_mark(request, session, layer, asking, number, person)[1]
    )
    if wanted_format == "json":
        told_all = {"layer": layer.id, "id": row.id, "may_add": may_add, "photos": found}
        return json_answer(request, told_all)
    return page(
        request, "photos.html", layer=layer, row=row, photos=found, name=_name(session, layer, asking, row.id),
        may_add=may_add, may_clear=may_clear_photo(me, row), states=STATES, deeds=DEEDS, day=_day, most=MOST_FILES,
        most_caption=MOST_CAPTION, csrf=cookies.session_csrf(request), login=me.login if me else None,
    )  # fmt: skip


def _with_deeds(request: Request, found: list[dict[str, Any]]) -> None:
    with session_of(request.app.state.people) as session:
        done_to = photos.deeds(session, [one["id"] for one in found])
        for one in found:
            one["deeds"] = [{"done": deed.done, "at": moment(deed.made_at), "by": deed.made_by, "reason": deed.reason}
                            for deed in done_to[one["id"]]]  # fmt: skip


def _name(session: Session, layer: Layer, asking: read.Asking, fid: int) -> str | None:
    if layer.name_field is None or layer.name_field not in read.shown_fields(layer, asking):
        return None
    wanted = read.Wanted(ids=(fid,), limit=1, names=(layer.name_field,))
    (found,) = read.features(session, layer, asking, wanted, shapes=False).features
    return found["properties"][layer.name_field]  # type: ignore[no-any-return]  # a name is text


def _day(written: str) -> Any:
    at = dt.datetime.fromisoformat(written)
    return day((at.astimezone(BANGKOK) if at.tzinfo else at).date())


def _seen(request: Request, session: Session, layer: Layer, asking: read.Asking, fid: int) -> SeenRow | None:
    """The row as they see it; a collector sees a mark of their own that is not verified yet."""
    seen = rows_seen(session, layer, asking, (fid,)).get(fid)
    return seen or own_rows(request, asking, layer, (fid,)).get(fid)


@router.get("/photos/{sha256}-320.jpg", response_model=None, responses=_PICTURE)
def get_thumbnail(request: Request, sha256: str, asking: Asking, layers: KnownLayers) -> Response:
    """A photograph, 320 pixels on its longest side."""
    return _picture(request, sha256, asking, layers, thumbnail=True)


@router.get("/photos/{sha256}.jpg", response_model=None, responses=_PICTURE)
def get_photo(request: Request, sha256: str, asking: Asking, layers: KnownLayers) -> Response:
    """A photograph; it holds nothing but its pixels."""
    return _picture(request, sha256, asking, layers, thumbnail=False)


def _picture(request: Request, sha256: str, asking: read.Asking, layers: KnownLayers, *, thumbnail: bool) -> Response:
    if not _DIGEST.fullmatch(sha256):
        raise no_photo()
    shown, for_all = is_shown(request, asking, list(layers.here.values()), sha256)
    if not shown:
        raise no_photo()
    tag = f'"{sha256}{"-320" if thumbnail else ""}"'
    headers = {**GUARDS, "Cache-Control": PUBLIC if for_all else PRIVATE, "Vary": IDENTITY, "ETag": tag,
               "Content-Disposition": "inline"}  # fmt: skip
    named = {one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")}
    if named & {tag, "*"}:
        return Response(status_code=304, headers=headers)
    body = request.app.state.photos.bytes_of(sha256, thumbnail=thumbnail)
    if body is None:
        raise no_photo()
    return Response(body, media_type=_JPEG, headers=headers)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What is being done to a photograph, by whom, and everything that it needs."""

    request: Request
    photo_id: str
    form: dict[str, str]
    me: SignedIn
    asking: read.Asking
    reading: Session
    layers: Mapping[str, Layer]
    engine: Engine
    now: dt.datetime

    def reason(self) -> str:
        """Why; it stands in the history of the photograph."""
        return needed(self.form, "reason", most=MOST_REASON)

    def done(
        self, work: Callable[[Session, Photo], None], *, by_its_own: bool = False, though_ended: bool = False
    ) -> Response:
        """Carry it out on a photograph of a row in the person's area; any other is not there.

        By the staff of the area, or `by_its_own` author too; on one that was taken off only `though_ended`.
        """
        written = self.photo_id
        number = int(written) if written.isascii() and written.isdigit() and len(written) < 19 else 0
        with session_of(self.engine) as session:
            photo = photos.one_to_change(session, number, though_ended=though_ended)
            layer = self.layers.get(photo.layer) if photo is not None else None
            if photo is None or layer is None:
                raise no_photo()
            row = _seen(self.request, self.reading, layer, self.asking, photo.row_id)
            is_own = photo.made_by == self.me.login
            if row is None or not (row.is_inside or is_own):
                raise no_photo()
            if not ((by_its_own and is_own) or may_clear_photo(self.me, row)):
                raise NotYours(
                    "เจ้าหน้าที่เทศบาลของพื้นที่นี้เท่านั้นที่ตรวจภาพได้",
                    "Photographs are looked at by the municipality's staff of this area only",
                )
            work(session, photo)
            path, state = _path(layer.id, row.id), photos.state_of(photo)
        return done(self.request, f"{path}?f=html", id=number, state=state)


def _deed(
    request: Request, photo_id: str, form: SmallForm, me: Me, asking: Asking, reading: ReadSession,
    layers: KnownLayers, engine: WritingEngine, now: Now,
) -> Deed:  # fmt: skip
    check_act(request, form, me)
    return Deed(request=request, photo_id=photo_id, form=form, me=me, asking=asking, reading=reading,
                layers=layers.here, engine=engine, now=now)  # fmt: skip


TheDeed = Annotated[Deed, Depends(_deed)]
_WHY = fields("reason", optional=("csrf",))


@router.post("/photos/{photo_id}/clear", response_model=None,
             openapi_extra=fields("no_faces", "no_plates", optional=("csrf",)))  # fmt: skip
def clear_photo(deed: TheDeed) -> Response:
    """A person looked: no faces, no number plates. From now on everybody who sees the row sees the photograph."""
    ticks = {name: ticked(deed.form, name) for name in ("no_faces", "no_plates")}
    return deed.done(lambda session, photo: photos.clear(session, photo, **ticks, by=deed.me.login, at=deed.now))


@router.post("/photos/{photo_id}/refuse", response_model=None, openapi_extra=_WHY)
def refuse_photo(deed: TheDeed) -> Response:
    """It is not to be public, and why."""
    return deed.done(partial(photos.refuse, reason=deed.reason(), by=deed.me.login, at=deed.now))


@router.post("/photos/{photo_id}/withdraw", response_model=None, openapi_extra=_WHY)
def withdraw_photo(deed: TheDeed) -> Response:
    """What was public is not any more, and why; it waits to be looked at again."""
    return deed.done(partial(photos.withdraw, reason=deed.reason(), by=deed.me.login, at=deed.now))


@router.post("/photos/{photo_id}/end", response_model=None, openapi_extra=_WHY)
def end_photo(deed: TheDeed) -> Response:
    """Take a photograph off its row: by the municipality's staff, or by whoever added it."""
    work = partial(photos.end, reason=deed.reason(), by=deed.me.login, at=deed.now)
    return deed.done(work, by_its_own=True)


@router.post("/photos/{photo_id}/erase", response_model=None, openapi_extra=_WHY)
def erase_photo(deed: TheDeed) -> Response:
    """Erase a photograph for good, as whoever is on it may ask (PDPA s.33): what it shows, what it tells, and its file.

    By the municipality's staff; of one that was taken off too. That there was one, and who did what, stays known.
    """
    erased: list[str] = []

    def work(session: Session, photo: Photo) -> None:
        photos.erase(session, photo, reason=deed.reason(), by=deed.me.login, at=deed.now)
        erased.append(photo.sha256)

    answer = deed.done(work, though_ended=True)
    try:
        with session_of(deed.engine) as session:
            for digest in erased:
                photo_files.let_file_go(session, deed.request.app.state.photos, digest, at=deed.now)
    except StoreAway as away:
        # It is shown to nobody any more; the housekeeping takes the file away as soon as the store is back.
        log.warning("the file of an erased photograph waits: %s", away.told.en)
    return answer
