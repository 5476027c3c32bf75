"""A feed (Atom, RFC 4287) of what became of marks, for whoever follows a place with a feed reader."""

from __future__ import annotations

import datetime as dt
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from email.utils import parsedate_to_datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.answers import answer
from api.conditions import http_date
from api.definition import answers
from api.deps import Known, PeopleSession
from api.kept import Kept
from api.layers import layers_of
from api.links import base_of, with_query
from api.mark_words import kind_of, level_of, moment_words, state_words, title_of
from api.marking import living
from geo.errors import Text
from geo.life import life_of
from geo.store.following import Told, told_to_all

router = APIRouter(tags=["marks"], dependencies=[Known])

ATOM = "application/atom+xml"
MOST = 50
_SPACE = "http://www.w3.org/2005/Atom"
# What a feed says that has no entry yet: it never changes by itself.
_NEVER = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_TITLE = Text("ชุมชนแอตลาส: ความเสี่ยงและศักยภาพที่ตรวจสอบแล้ว", "Chumchon Atlas: risks and potentials, verified")
_KEY = Query(ge=1, le=2**63 - 1)


@router.get("/feed.atom", response_model=None, responses=answers(ATOM))
def get_feed(
    request: Request, people: PeopleSession,
    municipality: Annotated[str | None, Query(max_length=8, description="marks of one town, by its code")] = None,
    community: Annotated[int | None, _KEY] = None,
    shared_area: Annotated[int | None, _KEY] = None,
    layer: Annotated[str | None, Query(max_length=63, description="marks of one layer")] = None,
) -> Response:  # fmt: skip
    """What became of marks, newest first, as everybody may know it: no name of a person, and no reason."""
    known = layers_of(request)
    layers = [known.named(layer)] if layer else [one for one in known.here.values() if life_of(one)]
    for one in layers:
        living(one)
    told = [entry for one in layers
            for entry in told_to_all(people, one, municipality=municipality, community=community,
                                     shared_area=shared_area, most=MOST)]  # fmt: skip
    told = sorted(told, key=lambda one: (one.at, one.layer.id, one.id), reverse=True)[:MOST]
    newest = told[0].at if told else _NEVER
    path = with_query(
        "/feed.atom", municipality=municipality, community=community, shared_area=shared_area, layer=layer
    )
    if _has_it(request, newest):
        return Response(status_code=304, headers={"Last-Modified": http_date(newest)})
    body = _document(base_of(request), path, told, newest)
    return answer(request, Kept.of(body), ATOM, Last_Modified=http_date(newest))


def _has_it(request: Request, newest: dt.datetime) -> bool:
    """If-Modified-Since, which counts where no tag is named (RFC 9110, 13.1.3)."""
    since = request.headers.get("if-modified-since")
    if since is None or "if-none-match" in request.headers:
        return False
    try:
        found = parsedate_to_datetime(since)
    except (ValueError, TypeError, IndexError):
        return False
    found = found if found.tzinfo else found.replace(tzinfo=dt.UTC)
    return newest.replace(microsecond=0) <= found


def _document(base: str, path: str, told: Sequence[Told], newest: dt.datetime) -> bytes:
    feed = ET.Element("feed", {"xmlns": _SPACE, "xml:lang": "th"})
    _said(feed, "id", base + path)
    _said(feed, "title", str(_TITLE))
    _said(feed, "updated", _moment(newest))
    ET.SubElement(feed, "link", {"rel": "self", "type": ATOM, "href": base + path})
    ET.SubElement(feed, "link", {"rel": "alternate", "type": "text/html", "href": f"{base}/map"})
    _said(ET.SubElement(feed, "author"), "name", "ชุมชนแอตลาส · Chumchon Atlas")
    for one in told:
        _entry(feed, base, one)
    body: bytes = ET.tostring(feed, encoding="utf-8", xml_declaration=True)
    return body


def _entry(feed: ET.Element, base: str, one: Told) -> None:
    entry = ET.SubElement(feed, "entry")
    page = f"{base}/marks/{one.layer.id}/{one.id}"
    state, title = state_words(one.layer, one.became), title_of(one.layer, one.words)
    # A number of its own would count the steps that nobody is told of.
    _said(entry, "id", f"{page}#{one.became}-{one.at.astimezone(dt.UTC):%Y%m%dT%H%M%S.%fZ}")
    _said(entry, "title", f"{state.th}: {title.th}")
    _said(entry, "updated", _moment(one.at))
    ET.SubElement(entry, "link", {"rel": "alternate", "type": "text/html", "href": page})
    for term, label in (("layer", one.layer.title), ("kind", kind_of(one.layer, one.words)), ("state", state)):
        if label is not None:
            ET.SubElement(entry, "category", {"scheme": f"{base}/marks#{term}", "term": label.en, "label": label.th})
    _said(entry, "summary", _summary(one, state, title))


def _summary(one: Told, state: Text, title: Text) -> str:
    kind, level, when = kind_of(one.layer, one.words), level_of(one.layer, one.words), moment_words(one.at)
    th = [title.th, kind.th if kind else one.layer.title.th, state.th, when.th]
    en = [title.en, kind.en if kind else one.layer.title.en, state.en, when.en]
    if level is not None:
        th.insert(2, f"ระดับ {level.score} {level.words.th}")
        en.insert(2, f"level {level.score} {level.words.en}")
    return f"{' · '.join(th)} — {' · '.join(en)}"


def _said(parent: ET.Element, name: str, words: str) -> None:
    ET.SubElement(parent, name).text = "".join(one if _is_written(one) else " " for one in words)


def _is_written(letter: str) -> bool:
    """Whether XML 1.0 has the character at all."""
    return letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff")


def _moment(at: dt.datetime) -> str:
    return at.astimezone(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
