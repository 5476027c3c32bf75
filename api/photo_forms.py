"""A form with photographs as it comes in: who may send it, what is in it, and what of it can be kept."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile

from api.deps import NamedLayer, Now, Person
from api.marking import MARKERS
from api.people import who
from api.people.cookies import check_session_form
from api.people.forms import needed
from api.routes.imports import sent_form
from geo.errors import (
    BadRequest,
    NotSignedIn,
    NotYours,
    Problem,
    RefusedPhoto,
    Text,
    TooBig,
    UnknownFeature,
)  # fmt: skip
from geo.layer import Layer
from geo.life import life_of
from geo.photos.checked import MOST_BYTES, Picture, picture_of
from geo.photos.told import moment_in, place_in

MOST_FILES = 12
MOST_CAPTION = 300
_OF_EACH = ("lon", "lat", "taken_at")
_FIELDS = ("photo", "caption", "csrf", *_OF_EACH)
_TOO_BIG = Text(
    f"ส่งได้ครั้งละไม่เกิน {MOST_FILES} ภาพ ภาพละไม่เกิน {MOST_BYTES // 1024**2} MB",
    f"At most {MOST_FILES} pictures at a time, of {MOST_BYTES // 1024**2} MB each",
)


@dataclass(frozen=True, kw_only=True)
class SentPhotos:
    """Photographs that somebody sent, each looked into, and the words for all of them; `digest` is of all of it."""

    pictures: Sequence[Picture]
    caption: str | None
    digest: bytes


def photographed(layer: NamedLayer) -> Layer:
    """The layer, where its rows take photographs."""
    if not layer.photographed:
        raise UnknownFeature("ชั้นข้อมูลนี้ไม่มีภาพถ่าย", "Rows of this layer have no photographs")
    return layer


def bringer(request: Request, layer: NamedLayer, now: Now) -> Person:
    """Who sends, where they are among the layer's editors; before a byte of their files is read.

    Unlike every other call of a session, this one may prove in the form itself where it comes from: a browser's own
    form with files can send no header.
    """
    found = who.who_asks(request, at=now)
    if found is None:
        raise NotSignedIn("โปรดเข้าสู่ระบบก่อนเพิ่มภาพ", "Please sign in to add photographs")
    person = Person(name=found.name) if isinstance(found, who.Bootstrap) else Person(name=found.login, signed_in=found)
    if person.signed_in is not None and not person.signed_in.may_write:
        raise NotYours("โทเคนนี้อ่านได้อย่างเดียว", "This token may only read")
    me = person.signed_in
    may_mark = me is not None and me.audience in MARKERS and life_of(layer) is not None
    if not (person.may_edit(layer) or may_mark):
        raise NotYours("สิทธิ์ของท่านไม่ครอบคลุมการแก้ชั้นข้อมูลนี้", "Your grant does not cover changes to this layer")
    return person


Bringer = Annotated[Person, Depends(bringer)]


async def _received(request: Request, person: Bringer) -> AsyncIterator[FormData]:
    too_big = TooBig(_TOO_BIG.th, _TOO_BIG.en)
    most = MOST_FILES * MOST_BYTES + 1024**2
    async with sent_form(request, most_bytes=most, most_files=MOST_FILES, too_big=too_big) as form:
        if person.signed_in is not None and person.signed_in.in_browser:
            check_session_form(request, {"csrf": str(form.get("csrf", ""))})
        yield form


PhotoForm = Annotated[FormData, Depends(_received)]


def photos_in(form: FormData) -> SentPhotos:
    """What is in the form; where one of several is wrong none is taken, and all that is wrong is told at once."""
    unknown = sorted({name for name in form if name not in _FIELDS})
    if unknown:
        raise BadRequest(f"ไม่รู้จักช่อง {', '.join(unknown)[:200]}", f"unknown fields: {', '.join(unknown)[:200]}")
    files = [one for one in form.getlist("photo") if isinstance(one, UploadFile) and (one.filename or one.size)]
    if not files:
        raise BadRequest("โปรดเลือกภาพอย่างน้อยหนึ่งภาพ (ช่อง photo)", "Choose at least one picture (the field `photo`)")
    said = _said_of_each(form, len(files))
    caption = str(form.get("caption", "")).strip()
    if "\x00" in caption:
        raise BadRequest("คำบรรยายมีอักขระ NUL", "The caption holds a NUL character")
    words = needed({"caption": caption}, "caption", most=MOST_CAPTION) if caption else None
    digest, pictures, problems = hashlib.sha256((words or "").encode()), [], []
    for index, file in enumerate(files):
        try:
            sent = _bytes_of(file)
            digest.update(hashlib.sha256(sent).digest() + repr(said[index]).encode())
            pictures.append(_with_what_was_said(picture_of(sent), said[index]))
        except RefusedPhoto as refusal:
            problems.append(Problem(code=refusal.code, told=refusal.told, level="error", index=index, column="photo"))
    if problems:
        raise _refused(problems)
    return SentPhotos(pictures=pictures, caption=words, digest=digest.digest())


def _bytes_of(file: UploadFile) -> bytes:
    file.file.seek(0)
    return file.file.read(MOST_BYTES + 1)


def _refused(problems: Sequence[Problem]) -> RefusedPhoto:
    first, more = problems[0], len(problems) - 1
    nth = (first.index or 0) + 1
    return RefusedPhoto(
        first.code,
        f"ภาพที่ {nth}: {first.told.th}" + (f" (และอีก {more} ภาพ)" if more else "") + " ยังไม่มีภาพใดถูกบันทึก",
        f"Picture {nth}: {first.told.en}" + (f" (and {more} more)" if more else "") + ". No picture has been kept",
        problems=tuple(problems),
    )


def _said_of_each(form: FormData, files: int) -> list[dict[str, str]]:
    """What a device told of each picture that it made smaller itself, in the order of the files."""
    lists = {name: [str(one).strip() for one in form.getlist(name)] for name in _OF_EACH}
    for name, values in lists.items():
        if values and len(values) != files:
            raise BadRequest(
                f"{name} ต้องมีหนึ่งค่าต่อภาพ (เว้นว่างได้)", f"{name} is given once for each picture (it may be empty)"
            )
    return [{name: values[index] if values else "" for name, values in lists.items()} for index in range(files)]


def _with_what_was_said(picture: Picture, said: dict[str, str]) -> Picture:
    """What the file says of itself counts; where it says nothing, what the device said that took it off."""
    more: dict[str, Any] = {}
    if picture.lon is None and said["lon"] and said["lat"]:
        place = place_in(_number(said["lon"]), _number(said["lat"]))
        if place is None:
            raise _nonsense("lon, lat")
        more |= {"lon": place[0], "lat": place[1]}
    if picture.taken_at is None and said["taken_at"]:
        more["taken_at"] = moment_in(said["taken_at"])
        if more["taken_at"] is None:
            raise _nonsense("taken_at")
    return replace(picture, **more)


def _number(written: str) -> float | None:
    try:
        return float(written)
    except ValueError:
        return None


def _nonsense(name: str) -> RefusedPhoto:
    return RefusedPhoto(
        "photo-said", f"{name} อ่านไม่ได้ (องศา WGS 84 และเวลาเช่น 2026-03-01T14:30:00+07:00)",
        f"{name} cannot be read (degrees in WGS 84, and a time such as 2026-03-01T14:30:00+07:00)",
    )  # fmt: skip
