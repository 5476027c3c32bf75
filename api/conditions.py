"""What a request expects of a feature's version, and the tag by which it is named (RFC 9110, sections 8.8 and 13).

A member's tag begins with the version: whatever the format, the language of the links or the packing, a tag of the
present version is recognised and one of an older version is not. The public's tags say nothing of versions, because
what nobody sees may change them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable
from email.utils import format_datetime, parsedate_to_datetime

from sqlalchemy.orm import Session
from starlette.requests import Request

from api.kept import coding_for, with_coding
from api.links import base_of
from api.negotiation import language_of
from geo.errors import BadRequest
from geo.layer import Audience, Layer
from geo.store.db import session_of
from geo.store.present import Condition, validators
from geo.store.read import Asking

_OURS = re.compile(r'"([1-9][0-9]{0,8})(?:-[0-9a-f]{16}(?:-[gz])?)?"')
_TAG = re.compile(r'\s*((?:W/)?"[\x21\x23-\x7e\x80-\xff]*")\s*(?:,|$)')
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def is_bootstrap(request: Request) -> bool:
    """Whether this is the token of a town that has no steward yet: it reads as the public does, and writes anywhere."""
    return bool(getattr(request.state, "bootstrap", False))


def known_version(
    request: Request, session: Session, layer: Layer, asking: Asking, fid: int, *, at: dt.datetime | None = None
) -> tuple[int, dt.datetime] | None:
    """The version of a row and since when it holds, for whoever may look into its past; None for anybody else."""
    if is_bootstrap(request):
        # It reads with the public's role, which may not ask this; of squares there are no versions.
        if layer.shape.cells is not None:
            return None
        with session_of(request.app.state.writing) as owners:
            return validators(owners, layer, None, fid, at=at)
    return None if asking.is_low else validators(session, layer, asking.areas, fid, at=at)


def item_tag(request: Request, version: int, path: str, query: str = "", kind: str = "geojson") -> str:
    """The strong tag of a feature's version at an address, for this asker; before it is packed."""
    asking = getattr(request.state, "asking", None)
    eyes = "all" if is_bootstrap(request) else asking.audience if asking is not None else Audience.PUBLIC
    said = "|".join((str(eyes), base_of(request), path, query, kind, language_of(request)))
    return f'"{version}-{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def tag_of_written(request: Request, version: int, path: str) -> str:
    """The tag that whoever wrote a feature gets when they read it the same way."""
    tag = item_tag(request, version, path)
    return with_coding(tag, coding_for(request.headers.get("accept-encoding", "")))


def http_date(at: dt.datetime) -> str:
    """An instant as HTTP writes it, to the second."""
    return format_datetime(at.astimezone(dt.UTC).replace(microsecond=0), usegmt=True)


def condition_of(request: Request) -> Condition:
    """What the headers of a request expect; `BadRequest` where they cannot be read."""
    return condition_in(
        if_match=_said(request, "if-match"), if_none_match=_said(request, "if-none-match"),
        if_unmodified_since=_said(request, "if-unmodified-since"),
    )  # fmt: skip


def _said(request: Request, name: str) -> str | None:
    # An empty one is there too, and says something that cannot be read.
    found = request.headers.getlist(name)
    return ", ".join(found) if found else None


def condition_in(
    *, if_match: str | None = None, if_none_match: str | None = None, if_unmodified_since: str | None = None
) -> Condition:
    """The same from their values, as an action of a batch has them."""
    versions: frozenset[int] | None = None
    if if_match is not None and if_match.strip() != "*":
        # RFC 9110, 13.1.1: a weak tag never matches here.
        versions = _versions(tag for tag in _tags("If-Match", if_match) if not tag.startswith("W/"))
    unwanted: frozenset[int] = frozenset()
    if if_none_match is not None and if_none_match.strip() != "*":
        unwanted = _versions(tag.removeprefix("W/") for tag in _tags("If-None-Match", if_none_match))
    return Condition(
        versions=versions, present=if_match is not None and versions is None, not_versions=unwanted,
        absent=if_none_match is not None and if_none_match.strip() == "*",
        # 13.2.2: where If-Match is there, it alone decides.
        unmodified_since=None if if_match is not None or if_unmodified_since is None else _second(if_unmodified_since),
    )  # fmt: skip


def _versions(tags: Iterable[str]) -> frozenset[int]:
    found = (_OURS.fullmatch(tag) for tag in tags)
    return frozenset(int(one.group(1)) for one in found if one is not None)


def _tags(name: str, header: str) -> list[str]:
    found, place = [], 0
    while place < len(header):
        one = _TAG.match(header, place)
        if one is None:
            break
        found.append(one.group(1))
        place = one.end()
    if place < len(header) or not found:
        raise BadRequest(
            f'{name} ต้องเป็น ETag ในเครื่องหมายคำพูด เช่น "3" หรือ *', f'{name} must be quoted tags, such as "3", or *'
        )
    return found


def _second(header: str) -> dt.datetime:
    try:
        found = parsedate_to_datetime(header.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        found = None
    if found is None or header.strip()[:3] not in _DAYS:
        raise BadRequest(
            "If-Unmodified-Since ต้องเป็นวันเวลาแบบ HTTP เช่น Mon, 02 Mar 2026 03:00:00 GMT",
            "If-Unmodified-Since must be a date as HTTP writes it, such as Mon, 02 Mar 2026 03:00:00 GMT",
        )
    return found if found.tzinfo is not None else found.replace(tzinfo=dt.UTC)
