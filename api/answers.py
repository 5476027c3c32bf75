"""Answers with a strong ETag, 304 where the client has the same bytes already, packed in the way that it reads best."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.kept import CODINGS, Kept, bare_tag, coding_for
from geo.layer import Audience

# Anyone may have a public answer, but must ask whether it is still true: an edit shows within a second (DESIGN §2.11).
PUBLIC = "public, max-age=0, must-revalidate"
PRIVATE = "private, no-store"
# What one asks with decides what one gets: whoever keeps answers on the way must tell askers apart by it.
IDENTITY = "Authorization, Cookie"


def is_private(request: Request) -> bool:
    """Whether this answer is for the asker alone: nobody on the way may keep it, nor the browser's disk."""
    asking = getattr(request.state, "asking", None)
    return asking is not None and asking.audience is not Audience.PUBLIC


def is_personal(request: Request) -> bool:
    """Whether a page is for the asker alone: it says who is signed in, though they look as the public does."""
    return is_private(request) or getattr(request.state, "signed_in", None) is not None


def reads_gzip(request: Request) -> bool:
    """Whether the client reads gzip."""
    return "gzip" in request.headers.get("accept-encoding", "")


def answer(request: Request, kept: Kept, media_type: str, *, vary: str = "Accept-Encoding", **headers: str) -> Response:
    """`kept` as a response: 304, packed or plain; 204 where there is nothing in it."""
    return in_form(request, kept, media_type, _common(request, media_type, vary, headers))


def with_headers(request: Request, kept: Kept, media_type: str, *, vary: str, **headers: str) -> Kept:
    """`kept`, which nobody has seen yet, with what its answer says besides whichever form a client reads."""
    kept.media_type, kept.headers = media_type, tuple(_common(request, media_type, vary, headers).items())
    return kept


def form_of(kept: Kept, accepts: str) -> tuple[str | None, str]:
    """How `kept` is packed for a client that reads this (Accept-Encoding), and the tag of that form."""
    coding = _coding_for(accepts) if len(kept.body) > kept.least else None
    return coding, kept.etag(coding)


_coding_for = lru_cache(maxsize=256)(coding_for)


def _common(request: Request, media_type: str, vary: str, headers: Mapping[str, str]) -> dict[str, str]:
    private = is_personal(request) if media_type.startswith("text/html") else is_private(request)
    return {**_of_all(vary, private=private), **{name.replace("_", "-"): value for name, value in headers.items()}}


@lru_cache
def _of_all(vary: str, *, private: bool) -> dict[str, str]:
    return {
        "Cache-Control": PRIVATE if private else PUBLIC,
        "Vary": f"{vary}, {IDENTITY}",
        "X-Content-Type-Options": "nosniff",
    }


def told_again(request: Request, kept: Kept) -> Response:
    """`kept` as its route told it the first time, in the form that this client reads best."""
    return in_form(request, kept, kept.media_type, dict(kept.headers))


def in_form(request: Request, kept: Kept, media_type: str, headers: Mapping[str, str]) -> Response:
    """`kept` with these headers, in the form that the client reads best and has not got yet."""
    coding, tag = form_of(kept, request.headers.get("accept-encoding", ""))
    had = tag_had(request, kept, coding)
    tagged = {**headers, "ETag": had or tag}
    if had or not kept.body:
        return Response(status_code=304 if had else 204, headers=tagged)
    if coding:
        tagged["Content-Encoding"] = coding
    return Response(kept.packed(coding), headers=tagged, media_type=media_type)


def tag_had(request: Request, kept: Kept, coding: str | None) -> str | None:
    """The tag by which If-None-Match names these bytes, in whichever form the client has them."""
    named = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if "*" in named:
        return kept.etag(coding)
    forms = map(kept.etag, (coding, None, *CODINGS))
    return next((tag for tag in forms if tag.removeprefix("W/") in named), None)


def json_answer(
    request: Request, body: Any, media_type: str = "application/json", *, etag: str | None = None, **headers: str
) -> Response:
    """A JSON document as a response; Thai is written as itself.

    `etag` says what is known of it without looking at the bytes (`conditions.item_tag`); whether it is packed must then
    not depend on how long it came out either.
    """
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    kept = Kept.of(text) if etag is None else Kept(text, bare_tag(etag), least=0)
    return answer(request, kept, media_type, vary="Accept, Accept-Language, Accept-Encoding", **headers)
