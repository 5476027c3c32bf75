"""A report taken in: what was said is judged, counted and written through the write door; sent twice it is one.

Nobody is behind it: the mark is made by "citizen", in the one town that the place lies in, and stays inside until an
officer has verified it (`geo/life.py`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.datastructures import UploadFile

from api.people.cookies import key
from api.report_forms import LASTS, LEAST, NOBODYS, Proof, SentReport, proof_in, whence
from api.report_said import Said, Where, said_in
from api.report_words import LAYER, MOST_BYTES_OF_A_PHOTO, MOST_PHOTOS
from geo.errors import BadRequest, NotYours, Problem, RefusedFeature, RefusedPhoto, Text
from geo.intake.edit import carry_out
from geo.intake.work import Action, Editor
from geo.layer import Audience
from geo.life import STATUS
from geo.people.areas import Areas
from geo.people.receipts import receipt_for
from geo.photos.checked import Picture, picture_of
from geo.store import citizens, photo_files, photos
from geo.store.area import signed
from geo.store.changing import changed, changing_in
from geo.store.citizens import Kept, Tries
from geo.store.db import session_of
from geo.store.photos import NewPhoto, SeenRow
from geo.store.write import Act
from layers import LAYERS

_COLUMNS = frozenset((
    "kind", "severity", "likelihood", "seen_on", "description", "evidence", "reporter_role", STATUS, "community_id",
    "municipality",
))  # fmt: skip
_FROM = Text("ประชาชนแจ้งผ่านแบบฟอร์ม ไม่ระบุตัวผู้แจ้ง", "Reported by a citizen with the public form, by nobody named")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """The receipt of a report, and whether it had come before."""

    receipt: str
    again: bool


def taken(request: Request, sent: SentReport, *, at: dt.datetime) -> Taken:
    """Take a report in; every refusal says what to do, and all that is wrong with the fields is told at once."""
    proof = _checked(proof_in(request, sent), sent, at)
    said = said_in(request, sent.words, at=at)
    problems = [*said.wrong, *_wrong_files(sent.files)]
    if problems or said.where is None:
        raise _refused(problems)
    receipt = receipt_for(key(request, "receipts"), proof.nonce, _content(sent))
    tries = _tries(request, said.where)
    with session_of(request.app.state.people) as session:
        before = citizens.kept(session, receipt)
        complete = before is not None and (not sent.files or citizens.has_photos(session, before))
        for one in tries if before is None else ():
            citizens.check_not_over(session, one, at=at)
    if complete:
        return Taken(receipt=receipt, again=True)
    pictures = _pictures(request, sent.files, at)
    for picture in pictures:
        request.app.state.photos.keep(picture)
    mark, again = (before, True) if before is not None else _written(request, said, said.where, receipt, tries, at)
    _photographed(request, mark, pictures, at)
    return Taken(receipt=receipt, again=again)


def _checked(proof: Proof, sent: SentReport, at: dt.datetime) -> Proof:
    if not proof.is_ours:
        raise NotYours(
            "แบบฟอร์มนี้ไม่ได้มาจากหน้านี้ ข้อความที่พิมพ์ยังอยู่ โปรดกดส่งอีกครั้ง (โปรแกรม: ดูช่อง csrf ที่ GET /report)",
            "This form did not come from our page. What you typed is still here: please send again (programs: see"
            " `csrf` at GET /report)",
        )
    if sent.words.get(NOBODYS):
        raise BadRequest(
            f"ช่อง “{NOBODYS}” ต้องเว้นว่าง (มีไว้กันโปรแกรมอัตโนมัติ) โปรดลบแล้วส่งอีกครั้ง",
            f"The field “{NOBODYS}” has to stay empty (it catches automatic programs): clear it and send again",
        )
    if proof.opened_at is not None and not LEAST <= at - proof.opened_at <= LASTS:
        raise BadRequest(
            "แบบฟอร์มเพิ่งเปิดหรือเปิดทิ้งไว้นานเกินไป ข้อความที่พิมพ์ยังอยู่ โปรดกดส่งอีกครั้ง",
            "The form was opened a moment ago, or too long ago. What you typed is still here: please send again",
        )
    return proof


def _wrong_files(files: Sequence[UploadFile]) -> list[tuple[str, Text]]:
    if len(files) > MOST_PHOTOS:
        return [
            (
                "photo",
                Text(f"แนบได้ไม่เกิน {MOST_PHOTOS} ภาพ โปรดเลือกใหม่", f"At most {MOST_PHOTOS} pictures: choose again"),
            )
        ]
    most = MOST_BYTES_OF_A_PHOTO // 1024**2
    return [
        ("photo", Text(f"ภาพที่ {nth} ใหญ่เกิน {most} MB โปรดเลือกใหม่", f"Picture {nth} is over {most} MB: choose again"))
        for nth, file in enumerate(files, start=1) if (file.size or 0) > MOST_BYTES_OF_A_PHOTO
    ]  # fmt: skip


def _refused(wrong: Sequence[tuple[str, Text]]) -> RefusedFeature:
    problems = tuple(Problem(code="report", told=told, level="error", column=name) for name, told in wrong)
    first = wrong[0][1]
    return RefusedFeature(first.th, first.en, problems=problems)


def _content(sent: SentReport) -> bytes:
    """What was sent, so that a form that is sent again with other words is another report."""
    words = {name: value for name, value in sorted(sent.words.items()) if name != "csrf" and value}
    digests = []
    for file in sent.files:
        file.file.seek(0)
        digests.append(hashlib.file_digest(file.file, "sha256").hexdigest())  # type: ignore[arg-type]  # a binary file
    return json.dumps([words, digests]).encode()


def _tries(request: Request, where: Where) -> tuple[Tries, Tries]:
    return (
        Tries(kind="report", whence=whence(request), limits=citizens.REPORTS),
        Tries(kind="report in a town", whence=where.town, limits=citizens.REPORTS_OF_A_TOWN),
    )


def _pictures(request: Request, files: Sequence[UploadFile], at: dt.datetime) -> list[Picture]:
    """Each looked into and painted anew, one after the other; where the camera was is not kept, nor when."""
    if not files:
        return []
    with session_of(request.app.state.writing) as session:
        tries = Tries(kind="form with pictures", whence=whence(request), limits=citizens.FORMS_WITH_PICTURES)
        citizens.count(session, tries, at=at)
    found, wrong = [], []
    for nth, file in enumerate(files, start=1):
        file.file.seek(0)
        try:
            picture = picture_of(file.file.read(MOST_BYTES_OF_A_PHOTO + 1))
            found.append(replace(picture, lon=None, lat=None, taken_at=None))
        except RefusedPhoto as refusal:
            told = Text(f"ภาพที่ {nth}: {refusal.told.th}", f"Picture {nth}: {refusal.told.en}")
            wrong.append(("photo", told))
    if wrong:
        raise _refused(wrong)
    return found


def _written(
    request: Request, said: Said, where: Where, receipt: str, tries: Sequence[Tries], at: dt.datetime
) -> tuple[Kept, bool]:
    """The mark and its receipt, in one transaction that PostgreSQL keeps within the one town."""
    state, areas = request.app.state, Areas(towns=frozenset({where.town}))
    engine = changing_in(state.changing, lambda: signed(state.area_key(), Audience.PUBLIC, areas))
    layer = LAYERS[LAYER]
    evidence = f"{_FROM.th} · ตำแหน่ง: {where.told.th}\n{_FROM.en} · Place: {where.told.en}"
    properties = {
        **said.columns, STATUS: "reported", "reporter_role": "resident", "evidence": evidence,
        "municipality": where.town,
        **({} if where.community is None else {"community_id": where.community}),
    }  # fmt: skip
    action = Action(do="create", properties=properties, has_geometry=True,
                    geometry={"type": "Point", "coordinates": [where.lon, where.lat]})  # fmt: skip
    editor = Editor(shown=_COLUMNS, areas=areas, sees=lambda _: False)
    act = Act(by=citizens.BY, origin=citizens.ORIGIN, at=at)

    def work(session: Session) -> tuple[Kept, bool]:
        citizens.wait_for_same(session, receipt)
        if (before := citizens.kept(session, receipt)) is not None:
            return before, True
        for one in tries:
            citizens.count(session, one, at=at)
        ((outcome,), _) = carry_out(session, layer, LAYERS, [action], editor, act=act)
        mark = Kept(layer=layer.id, row_id=outcome.id, municipality=where.town)
        citizens.keep(session, receipt, mark, at=at)
        return mark, False

    return changed(engine, work)


def _photographed(request: Request, mark: Kept, pictures: Sequence[Picture], at: dt.datetime) -> None:
    """The pictures beside the mark; where this fails the report is there, and sent again it brings them."""
    if not pictures:
        return
    row = SeenRow(id=mark.row_id, municipality=mark.municipality, is_inside=False)
    with session_of(request.app.state.writing) as session:
        photo_files.hold(session, (one.sha256 for one in pictures))
        for one in pictures:
            # Once more: an erased one of the same may have taken the file along in the meantime.
            request.app.state.photos.keep(one)
            new = NewPhoto(sha256=one.sha256, width=one.width, height=one.height, bytes=len(one.jpeg), lon=None,
                           lat=None, taken_at=None, caption=None)  # fmt: skip
            photos.add(session, LAYERS[mark.layer], row, new, by=citizens.BY, at=at)
