"""What the forms of our pages have in common: days as people write them, one's own town, and where they lead back."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from api import answers
from api.negotiation import wants_html
from api.people.forms import needed
from api.people.who import SignedIn
from geo.errors import BadRequest, UnknownPerson
from geo.people.grants import BANGKOK
from geo.thai_dates import DateOrder, read_date

PRIVATE = {"Cache-Control": answers.PRIVATE}


def done(request: Request, path: str, *, status: int = 200, **told: Any) -> Response:
    """Back to the page for a browser, a few words for a program."""
    if wants_html(request):
        return RedirectResponse(path, 303, PRIVATE)
    return JSONResponse({"done": True} | told, status, {**PRIVATE, "Location": path} if status == 201 else PRIVATE)


def town_in(form: dict[str, str], me: SignedIn) -> str:
    """A municipality that the steward governs; any other is not found."""
    town = needed(form, "municipality", most=8)
    if town not in me.areas.towns:
        raise UnknownPerson("ไม่พบเทศบาลนี้ในความดูแลของท่าน", "There is no such municipality in your care")
    return town


def day_in(text: str | None, name: str) -> dt.date | None:
    """A day in the Buddhist era or not; None where nothing is written."""
    written = (text or "").strip()
    if not written:
        return None
    found = read_date(written, DateOrder())
    if found.value is None or found.precision != "day" or not 2000 <= found.value.year <= 2200:
        raise BadRequest(
            f"อ่านวันที่ในช่อง {name} ไม่ได้ เขียนเช่น 2569-03-31 หรือ 31/3/2569",
            f"The day in {name} cannot be read; write 2569-03-31, 2026-03-31 or 31/3/2569",
        )
    return found.value


def moment_in(day: str | None, hour: str | None, *, now: dt.datetime) -> dt.datetime:
    """A day and an hour in Bangkok; the present moment where neither is written."""
    found = day_in(day, "known_on")
    written = (hour or "").strip()
    if found is None:
        if written:
            raise BadRequest("ต้องบอกวันด้วย (known_on)", "The day is needed too (known_on)")
        return now
    try:
        time = dt.time.fromisoformat(written.replace(".", ":")) if written else dt.time()
    except ValueError:
        raise BadRequest("เวลาเขียนเช่น 14:30", "The hour is written such as 14:30") from None
    if time.tzinfo is not None:
        raise BadRequest("เวลาเขียนเช่น 14:30", "The hour is written such as 14:30")
    return dt.datetime.combine(found, time, BANGKOK)
