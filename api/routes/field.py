"""The field page: an installable page that works without a network, and what it asks about whoever holds the phone.

Everything here but `/field/me` is the same for everybody, so that a browser may keep it: no name and no row is in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from api.answers import PRIVATE, json_answer
from api.definition import JSON_ONLY, PAGE, answers
from api.deps import Known, MaybeSignedIn, Now
from api.layers import layers_of
from api.marking import MARKERS
from api.pages import GUARDS, STRICT, is_made_up, page
from api.people import cookies
from api.people.who import SignedIn
from geo.errors import SetupMissing
from geo.people.grants import BANGKOK
from geo.render.folium_map import Ways, layer_words
from geo.render.popup import code_lists, popup_fields
from geo.render.style import height
from geo.store.read import Asking

router = APIRouter(tags=["field"], dependencies=[Known])

SCOPE = "/field"
WORKER = Path(__file__).parent.parent / "static" / "field-worker.js"
MANIFEST_TYPE, SCRIPT = "application/manifest+json", "text/javascript"
POLICY = (
    STRICT.replace("img-src 'self' data:", "img-src 'self' data: blob:") + "; worker-src 'self'; manifest-src 'self'"
)
# A worker inherits no policy of the page: it may ask this server, and load nothing.
WORKER_POLICY = "default-src 'none'; connect-src 'self'"
# What lies under a report on the phone's map; the public's rows of them, whoever holds the phone.
GROUND = ("community", "parcel", "building", "risk_zone", "risk_point", "asset")
# The page and its parts are asked about again each time, and are nobody's own.
_OF_ALL = {"Cache-Control": "no-cache", "Vary": "Accept-Language"}
PUBLIC = Asking()


@router.get("/field", response_model=None, responses=PAGE)
def get_field_page(request: Request) -> Response:
    """The page for work outside: it marks, keeps and sends; the same bytes for everybody, for the phone to keep."""
    return page(request, "field.html", policy=POLICY, headers=_OF_ALL)


@router.get("/field/manifest.webmanifest", response_model=None, responses=answers(MANIFEST_TYPE))
def get_field_manifest() -> Response:
    """What makes the page an app that a phone installs."""
    sizes = (("field-192.png", "192x192", "any"), ("field-512.png", "512x512", "any"),
             ("field-maskable-512.png", "512x512", "maskable"), ("field.svg", "any", "any"))  # fmt: skip
    body: dict[str, Any] = {
        "id": SCOPE, "start_url": SCOPE, "scope": SCOPE, "display": "standalone", "lang": "th", "dir": "ltr",
        "name": "ชุมชนแอตลาส ภาคสนาม · Chumchon Atlas field work", "short_name": "ภาคสนาม · Field",
        "description": "บันทึกจุดเสี่ยงและศักยภาพโดยไม่ต้องมีสัญญาณ ส่งเมื่อมีสัญญาณ · "
                       "Mark risks and potentials without a network; they are sent when there is one",
        "background_color": "#00527f", "theme_color": "#00527f", "categories": ["government", "utilities"],
        "icons": [{"src": f"/static/{name}", "sizes": size, "purpose": purpose,
                   "type": "image/svg+xml" if name.endswith("svg") else "image/png"} for name, size, purpose in sizes],
    }  # fmt: skip
    return JSONResponse(body, headers={**GUARDS, **_OF_ALL}, media_type=MANIFEST_TYPE)


@router.get("/field/worker.js", response_model=None, responses=answers(SCRIPT))
def get_field_worker() -> Response:
    """The service worker of the page; it keeps the page, its parts and the public's tiles, and no answer to a member.

    `SetupMissing` before the web build.
    """
    if not WORKER.is_file():
        raise SetupMissing(
            "ยังไม่ได้สร้างไฟล์หน้าเว็บ (npm run build ใน api/web)", "The web build is missing (npm run build in api/web)"
        )
    headers = {**GUARDS, **_OF_ALL, "Service-Worker-Allowed": SCOPE, "Content-Security-Policy": WORKER_POLICY}
    return Response(WORKER.read_bytes(), headers=headers, media_type=SCRIPT)


@router.get("/field/me", response_model=None, responses=JSON_ONLY)
def get_field_person(request: Request, me: MaybeSignedIn, now: Now) -> JSONResponse:
    """Who is signed in on this phone, whether they mark, and the server's time; for them alone."""
    body = {
        "atlas": "field", "now": now.astimezone(BANGKOK).isoformat(timespec="seconds"),
        "person": _told(me) if me else None,
        "csrf": cookies.session_csrf(request) if me is not None and me.in_browser else None,
    }  # fmt: skip
    return JSONResponse(body, headers={"Cache-Control": PRIVATE})


def _told(me: SignedIn) -> dict[str, Any]:
    return {
        "login": me.login, "name": me.name, "audience": me.audience.value,
        "may_mark": me.audience in MARKERS and me.may_write,
        "towns": sorted(me.areas.towns), "communities": sorted(me.areas.communities),
    }  # fmt: skip


@router.get("/field/layers", response_model=None, responses=JSON_ONLY)
def get_field_layers(request: Request) -> Response:
    """How the layers of the phone's map are drawn, with their code lists, as the public has them."""
    here = layers_of(request).here
    layers = sorted((here[name] for name in GROUND if name in here), key=height)
    fields = [words for layer in layers for words in popup_fields(layer, PUBLIC)]
    body = {
        "demo": is_made_up(request),
        "layers": [layer_words(layer, PUBLIC, Ways(), all_shown=True) for layer in layers],
        "codes": code_lists(fields),
    }
    return json_answer(request, body)
