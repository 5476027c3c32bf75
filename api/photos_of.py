"""The photographs of rows as whoever asks may see them: one rule, for routes, pages and popups.

Of a row that they see, everybody gets the photographs that a person has cleared; the members of the row's area get all
of them, and what is known of each; whoever sent one gets it back. Whoever does not see the row gets none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fastapi import Request
from sqlalchemy.orm import Session

from api.deps import Person, SignedIn, session_as
from api.marking import MARKERS, mark_of
from geo.errors import UnknownFeature
from geo.layer import Audience, Layer
from geo.life import FIRST_STATES, life_of
from geo.people.grants import BANGKOK
from geo.store import photos, read, waiting
from geo.store.db import session_of
from geo.store.photo_tables import Photo
from geo.store.photos import SeenRow, rows_seen

# Who else may know where somebody stood with a camera: neither the public nor a partner, the tax office or a steward.
_TOLD_WHERE = (Audience.STAFF, Audience.CARE, Audience.COMMUNITY)
# A row that never is.
_NOBODY = 0


def photos_of(
    request: Request, session: Session, asking: read.Asking, layer: Layer, fids: Collection[int]
) -> dict[int, list[dict[str, Any]]]:
    """Of each of these rows its photographs, oldest first; `session` reads as `asking`. Rows with none are left out."""
    if not layer.photographed:
        return {}
    seen = own_rows(request, asking, layer, fids) | rows_seen(session, layer, asking, fids)
    return told_of_rows(request, asking, layer, seen)


def told_of_rows(
    request: Request, asking: read.Asking, layer: Layer, seen: Mapping[int, SeenRow]
) -> dict[int, list[dict[str, Any]]]:
    """The same of rows that were looked for already."""
    found: dict[int, list[dict[str, Any]]] = {}
    with session_of(request.app.state.people) as session:
        for photo in photos.live(session, layer, seen.keys()):
            if may_see(photo, seen[photo.row_id], asking):
                found.setdefault(photo.row_id, []).append(told(photo, asking, seen[photo.row_id]))
    return found


def may_see(photo: Photo, row: SeenRow, asking: read.Asking) -> bool:
    """Whether whoever sees the row in this way sees the photograph: what they sent themselves too."""
    is_own = asking.person is not None and photo.made_by == asking.person
    return row.is_inside or photo.cleared_at is not None or is_own


def own_rows(request: Request, asking: read.Asking, layer: Layer, fids: Collection[int]) -> dict[int, SeenRow]:
    """The marks among these that a collector made, who sees no other that is not verified; nothing for anybody else."""
    if asking.audience is not Audience.PARTNER or asking.person is None or life_of(layer) is None or not fids:
        return {}
    with session_of(request.app.state.people) as session:
        mine = waiting.authored(session, layer, sorted(fids), asking.person)
    theirs = read.Asking(audience=Audience.STAFF, person=asking.person, areas=asking.areas)
    with session_as(request, theirs) as session:
        return {fid: replace(row, is_inside=False) for fid, row in rows_seen(session, layer, theirs, mine).items()}


def may_add_photo(person: Person, layer: Layer, row: SeenRow) -> bool:
    """Whether they may add photographs to a row: an editor of the layer, in the area that the row lies in."""
    return layer.photographed and person.may_edit(layer) and (person.signed_in is None or row.is_inside)


def own_mark(
    request: Request, session: Session, layer: Layer, asking: read.Asking, fid: int, person: Person
) -> tuple[SeenRow, bool]:
    """The row, and whether it is a mark that the person made and nobody has inspected yet.

    Whoever made it adds what they saw there, be they no editor of the layer; a collector sees no other that is not
    verified. `UnknownFeature` where there is none for them.
    """
    seen = rows_seen(session, layer, asking, (fid,)).get(fid)
    me = person.signed_in
    if me is None or me.audience not in MARKERS or life_of(layer) is None or (seen and person.may_edit(layer)):
        if seen is None:
            raise read.no_such(layer, fid)
        return seen, False
    mark = mark_of(request, layer, fid, me)
    row = SeenRow(id=fid, municipality=mark.feature["properties"].get("municipality"), is_inside=mark.is_inside)
    return seen or row, mark.is_mine and mark.state in FIRST_STATES


def may_clear_photo(me: SignedIn | None, row: SeenRow) -> bool:
    """Whether they are the ones who look at photographs and decide: the municipality's staff, in the row's area."""
    return me is not None and me.may_write and me.audience is Audience.STAFF and row.is_inside


def told(photo: Photo, asking: read.Asking, row: SeenRow) -> dict[str, Any]:
    """What is told of a photograph: to the public the picture and its words, to the row's own people all of it."""
    path = f"/photos/{photo.sha256}"
    open_to_all: dict[str, Any] = {
        "id": photo.id, "sha256": photo.sha256, "url": f"{path}.jpg", "thumb": f"{path}-320.jpg",
        "width": photo.width, "height": photo.height, "bytes": photo.bytes, "caption": photo.caption,
        "taken_on": photo.taken_at.astimezone(BANGKOK).date().isoformat() if photo.taken_at else None,
    }  # fmt: skip
    if not row.is_inside:
        is_own = asking.person is not None and photo.made_by == asking.person
        return open_to_all | ({"state": photos.state_of(photo), "made_by": photo.made_by,
                               "made_at": moment(photo.made_at)} if is_own else {})  # fmt: skip
    where = {"lon": photo.lon, "lat": photo.lat} if asking.audience in _TOLD_WHERE else {}
    return open_to_all | where | {
        "state": photos.state_of(photo), "taken_at": moment(photo.taken_at),
        "made_at": moment(photo.made_at), "made_by": photo.made_by,
        "cleared_at": moment(photo.cleared_at), "cleared_by": photo.cleared_by,
        "no_faces": photo.no_faces, "no_plates": photo.no_plates,
        "refused_at": moment(photo.refused_at), "refused_by": photo.refused_by, "refused_reason": photo.refused_reason,
    }  # fmt: skip


def moment(at: dt.datetime | None) -> str | None:
    """An instant as people in Thailand have it on their clocks."""
    return at.astimezone(BANGKOK).isoformat(timespec="seconds") if at else None


def is_shown(request: Request, asking: read.Asking, layers: Collection[Layer], sha256: str) -> tuple[bool, bool]:
    """Whether a picture of this digest may go to whoever asks, and whether it may go to everybody."""
    with session_of(request.app.state.people) as session:
        found = photos.of_digest(session, sha256)
        # Asked of every layer, be there a photograph or not: how long it takes tells nothing.
        by_layer = [(one, [photo for photo in found if photo.layer == one.id]) for one in layers if one.photographed]
        for_all = _seen_by(request, read.Asking(), by_layer)
        shown = for_all if asking == read.Asking() else _seen_by(request, asking, by_layer) or for_all
        return shown, for_all


def _seen_by(request: Request, asking: read.Asking, by_layer: Sequence[tuple[Layer, list[Photo]]]) -> bool:
    shown = False
    with session_as(request, asking) as session:
        for layer, found in by_layer:
            wanted = {_NOBODY, *(photo.row_id for photo in found)}
            seen = own_rows(request, asking, layer, wanted) | rows_seen(session, layer, asking, wanted)
            shown |= any(photo.row_id in seen and may_see(photo, seen[photo.row_id], asking) for photo in found)
    return shown


def no_photo() -> UnknownFeature:
    """The words for a photograph that is not there, and for one that the asker may not know of."""
    return UnknownFeature("ไม่พบภาพถ่ายนี้", "There is no such photograph")
