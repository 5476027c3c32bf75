"""The citizens' form as it comes in: proof that it is one of ours, and no more of it at once than there is room for.

There is no cookie to bind a form to. What it brings along is signed by us: when it was opened, and random bytes by
which the same form sent twice is known to be the same.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect

from api.people.cookies import is_from_here, key
from api.people.forms import small_form
from api.report_words import MOST_BYTES_OF_A_PHOTO, MOST_PHOTOS
from api.routes.imports import sent_form
from geo.errors import BadRequest, Busy, TooBig
from geo.people import keys
from geo.people.slowing import block_of

LASTS = dt.timedelta(hours=24)
# Nobody reads the form and fills it in faster; a script does.
LEAST = dt.timedelta(seconds=3)
MOST_FORM_SECONDS = 300.0
MOST_BYTES = MOST_PHOTOS * MOST_BYTES_OF_A_PHOTO + 256 * 1024
# Without a picture a form is no larger; it takes no place among those with pictures.
SMALL_BYTES = 128 * 1024
FORMS_AT_ONCE, FORMS_OF_A_BLOCK = 12, 3
LONGEST_WAIT_SECONDS = 60.0
# A field that people do not see and programs fill in.
NOBODYS = "website"
FIELDS = (
    "csrf", NOBODYS, "kind", "words", "place", "lat", "lon", "accuracy", "seen_on", "severity", "likelihood",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class SentReport:
    """A form as it was sent: its words by field, and the files. `by_program` came as JSON, which no page sends."""

    words: dict[str, str]
    files: Sequence[UploadFile]
    by_program: bool


@dataclass(frozen=True, kw_only=True)
class Proof:
    """What a form says of itself: whether we signed it, when it was opened, and the random bytes of it."""

    is_ours: bool
    opened_at: dt.datetime | None
    nonce: bytes


def new_proof(request: Request, *, at: dt.datetime) -> str:
    """The hidden word of a form that is opened now."""
    said = f"{int(at.timestamp()):x}.{secrets.token_urlsafe(16)}"
    return f"{said}.{keys.signature(key(request, 'report form'), said)}"


def proof_in(request: Request, sent: SentReport) -> Proof:
    """What a form brought along; a program may bring a key of its own instead, and else has a new one each time."""
    said, _, signature = sent.words.get("csrf", "").rpartition(".")
    if said and is_from_here(request) and keys.is_signature(key(request, "report form"), signature, said):
        opened = dt.datetime.fromtimestamp(int(said.partition(".")[0], 16), dt.UTC)
        return Proof(is_ours=True, opened_at=opened, nonce=said.encode())
    if sent.by_program and not sent.words.get("csrf") and is_from_here(request):
        named = request.headers.get("idempotency-key", "")[:255]
        nonce = b"program " + (named.encode("latin-1", "replace") or secrets.token_bytes(16))
        return Proof(is_ours=True, opened_at=None, nonce=nonce)
    return Proof(is_ours=False, opened_at=None, nonce=b"")


def whence(request: Request) -> str:
    """Where a request comes from, as it is counted: a keyed digest of its block of addresses."""
    return keys.signature(key(request, "reports"), "block", block_of(request.client.host if request.client else None))


class Room:
    """How many forms with pictures are read at once: a few, and of one block of addresses fewer still.

    The others wait: nothing of theirs is read meanwhile, so that they take no memory, and what was typed is not lost.
    """

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()

    @asynccontextmanager
    async def place(self, block: str) -> AsyncIterator[None]:
        """A place for one form; `Busy` where none came free in time."""
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while self._inside.total() >= FORMS_AT_ONCE or self._inside[block] >= FORMS_OF_A_BLOCK:
            if time.monotonic() > until:
                raise Busy(
                    "ขณะนี้มีผู้ส่งภาพพร้อมกันมาก โปรดย้อนกลับแล้วส่งอีกครั้งในครึ่งนาที หรือส่งโดยไม่แนบภาพ",
                    "Many are sending pictures just now: go back and send again in half a minute, or without pictures",
                )
            await asyncio.sleep(0.2)
        self._inside[block] += 1
        try:
            yield
        finally:
            self._inside[block] -= 1
            if not self._inside[block]:
                del self._inside[block]


async def _sent(request: Request) -> AsyncIterator[SentReport]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        words = await small_form(request)
        yield SentReport(words=_known(words), files=(), by_program=kind == "application/json")
        return
    most = MOST_BYTES_OF_A_PHOTO // 1024**2
    too_big = TooBig(
        f"ภาพรวมกันใหญ่เกินไป ส่งได้ {MOST_PHOTOS} ภาพ ภาพละไม่เกิน {most} MB โปรดย้อนกลับแล้วเลือกภาพให้น้อยลง",
        f"The pictures are too large together: at most {MOST_PHOTOS} of {most} MB each. Go back and choose fewer",
    )
    async with AsyncExitStack() as held:
        announced = request.headers.get("content-length", "")
        if not (announced.isascii() and announced.isdigit() and int(announced[:20]) <= SMALL_BYTES):
            block = block_of(request.client.host if request.client else None)
            await held.enter_async_context(request.app.state.report_room.place(block))
        try:
            async with asyncio.timeout(MOST_FORM_SECONDS):
                # One picture too many is told in the form itself, with what was typed.
                reading = sent_form(request, most_bytes=MOST_BYTES, most_files=4 * MOST_PHOTOS, too_big=too_big,
                                    most_field_bytes=SMALL_BYTES)  # fmt: skip
                form = await held.enter_async_context(reading)
        except (TimeoutError, ClientDisconnect):
            raise BadRequest(
                "สัญญาณช้าเกินไป ภาพมาไม่ครบ โปรดส่งใหม่โดยไม่แนบภาพ หรือแนบทีละภาพ",
                "The connection was too slow for the pictures; send it without them, or with one",
            ) from None
        yield _report_in(form)


def _report_in(form: FormData) -> SentReport:
    words: dict[str, str] = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and words.setdefault(name, value) != value:
            raise BadRequest("มีช่องที่ให้มามากกว่าหนึ่งครั้ง", "A field is given more than once")
    files = [one for one in form.getlist("photo") if isinstance(one, UploadFile) and (one.filename or one.size)]
    return SentReport(words=_known(words), files=files, by_program=False)


def _known(words: dict[str, str]) -> dict[str, str]:
    unknown = sorted(name for name in words if name not in FIELDS)
    if unknown:
        raise BadRequest(f"ไม่รู้จักช่อง {', '.join(unknown)[:200]}", f"unknown fields: {', '.join(unknown)[:200]}")
    if any("\x00" in one or any("\ud800" <= letter <= "\udfff" for letter in one) for one in words.values()):
        raise BadRequest("แบบฟอร์มมีอักขระที่ใช้ไม่ได้", "The form holds a character that is none")
    return words


TheReport = Annotated[SentReport, Depends(_sent)]
