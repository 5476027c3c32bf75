"""The front door: a page for people, an OGC landing document for programs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api.answers import json_answer
from api.definition import JSON_ONLY, JSON_OR_PAGE, OPENAPI, PAGE, answers
from api.deps import Asking, Known, ReadSession
from api.layers import layers_of
from api.links import link
from api.negotiation import format_of, language_of
from api.pages import page
from api.routes import schemas
from api.tileset_documents import CONFORMS_TO as TILES_CONFORM_TO
from api.tileset_documents import TILESETS, TILING_SCHEMES
from geo.render.written import JSON_FG
from geo.store.read import Wanted, features
from layers import LAYERS

router = APIRouter(tags=["landing"], dependencies=[Known])

TITLE = "ชุมชนแอตลาส · Chumchon Atlas"
ABOUT = "ผังชุมชน แผนที่ภาษี และแผนที่ความเสี่ยงที่เมืองดูแลเอง · The community map, tax map and risk atlas a town runs itself"
_FEATURES = "http://www.opengis.net/spec/ogcapi-features"
CONFORMS_TO = (
    *(f"http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/{name}" for name in ("core", "json", "html", "oas30")),
    *(f"http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/{name}" for name in ("collections",)),
    *(f"{_FEATURES}-1/1.0/conf/{name}" for name in ("core", "geojson", "html", "oas30")),
    f"{_FEATURES}-2/1.0/conf/crs",
    *(f"{_FEATURES}-3/1.0/conf/{name}" for name in ("filter", "features-filter")),
    *schemas.CONFORMS_TO,
    *(f"http://www.opengis.net/spec/ogcapi-common-5/1.0/conf/{name}" for name in (
        "create-replace-delete", "update", "optimistic-locking-etags", "optimistic-locking-timestamps",
        "return-resource-representation-in-response", "handling",
    )),
    f"{_FEATURES}-4/1.0/conf/features",
    *TILES_CONFORM_TO,
    JSON_FG,
)  # fmt: skip


@router.get("/", response_model=None, responses=JSON_OR_PAGE)
def landing(request: Request, session: ReadSession, asking: Asking) -> Response:
    """What is here and where it goes on."""
    if format_of(request) == "html":
        towns = features(session, LAYERS["municipality"], asking, Wanted(limit=50)).features
        return page(request, "landing.html", layers=layers_of(request).shown_to(asking), towns=towns)
    return json_answer(request, {"title": TITLE, "description": ABOUT, "links": _links(request)})


@router.get("/conformance", response_model=None, responses=JSON_ONLY)
def conformance(request: Request) -> Response:
    """The parts of the OGC standards that hold here."""
    format_of(request)
    return json_answer(request, {"conformsTo": list(CONFORMS_TO)})


@router.get("/api", response_model=None, responses=answers(OPENAPI))
def api_definition(request: Request) -> Response:
    """The definition of this API in OpenAPI 3.0; `/openapi.json` is the same in 3.1."""
    return json_answer(request, request.app.openapi_30, f"{OPENAPI};version=3.0")


@router.get("/api.html", response_model=None, responses=PAGE)
def api_page(request: Request, asking: Asking) -> Response:
    """The definition of this API, for people."""
    return page(request, "api.html", paths=request.app.openapi()["paths"])


def _links(request: Request) -> list[dict[str, Any]]:
    language = language_of(request)
    json, html = "application/json", "text/html"
    return [
        link(request, "/", "self", json, "This document", hreflang=language),
        link(request, "/", "alternate", html, "หน้าแรก · The front page"),
        link(
            request,
            "/api",
            "service-desc",
            f"{OPENAPI};version=3.0",
            "OpenAPI 3.0",
        ),
        link(request, "/api.html", "service-doc", html, "API"),
        link(request, "/conformance", "conformance", json, "Conformance"),
        link(request, "/collections", "data", json, "ชั้นข้อมูล · Collections"),
        link(request, "/tiles", TILESETS, json, "ชุดไทล์ · Tilesets"),
        link(request, "/tileMatrixSets", TILING_SCHEMES, json, "ตารางไทล์ · Tile grids"),
        link(request, "/map", "preview", html, "แผนที่เมือง · The town map"),
    ]
