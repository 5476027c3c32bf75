"""Answers with a strong ETag, 304 where the client has the same bytes already, and gzip where it is read."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from api.caching import Kept
from geo.layer import Audience

# Anyone may have a public answer, but must ask whether it is still true: an edit shows within a second (DESIGN §2.11).
PUBLIC = "public, max-age=0, must-revalidate"
PRIVATE = "private, no-store"


def is_private(request: Request) -> bool:
    """Whether this answer is for the asker alone: nobody on the way may keep it, nor the browser's disk."""
    asking = getattr(request.state, "asking", None)
    return asking is not None and asking.audience is not Audience.PUBLIC


def is_personal(request: Request) -> bool:
    """Whether a page is for the asker alone: it says who is signed in, though they look as the public does."""
    return is_private(request) or getattr(request.state, "signed_in", None) is not None


def answer(request: Request, kept: Kept, media_type: str, *, vary: str = "Accept-Encoding", **headers: str) -> Response:
    """`kept` as a response: 304, gzip or plain."""
    gzip = len(kept.body) > 500 and "gzip" in request.headers.get("accept-encoding", "")
    # Two encodings are two representations: each has its own strong tag.
    etag = kept.etag[:-1] + '-g"' if gzip else kept.etag
    private = is_personal(request) if media_type.startswith("text/html") else is_private(request)
    common = {
        "ETag": etag,
        "Cache-Control": PRIVATE if private else PUBLIC,
        "Vary": vary,
        "X-Content-Type-Options": "nosniff",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    if has_already(request, kept.etag):
        return Response(status_code=304, headers=common)
    if gzip:
        common["Content-Encoding"] = "gzip"
    return Response(kept.gzipped() if gzip else kept.body, headers=common, media_type=media_type)


def has_already(request: Request, etag: str) -> bool:
    """Whether If-None-Match names these bytes, in either encoding."""
    named = request.headers.get("if-none-match")
    if not named:
        return False
    tags = {tag.strip().removeprefix("W/").replace('-g"', '"') for tag in named.split(",")}
    return "*" in tags or etag.removeprefix("W/") in tags


def json_answer(request: Request, body: Any, media_type: str = "application/json", **headers: str) -> Response:
    """A JSON document as a response; Thai is written as itself."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return answer(
        request,
        Kept.of(text.encode()),
        media_type,
        vary="Accept, Accept-Language, Accept-Encoding",
        **headers,
    )
