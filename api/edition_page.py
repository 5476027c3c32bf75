"""The words of the pages about editions: what the doctor found, what changes, and the maps beside them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from api.answers import PRIVATE
from api.edition_choices import choices_of
from api.edition_columns import columns_of, fields_of
from api.edition_desk import LAND_OFFICE_TITLE, EditionDesk
from api.edition_words import COLORS, COUNTED, KINDS, LEVELS, OVER, STATES
from api.pages import STRICT, page
from api.people import cookies
from api.report_map import policy_for
from geo.errors import Text
from geo.intake.editions.work import from_json
from geo.layer import Layer
from geo.render.folium_map import Ways, layer_words
from geo.render.popup import code_lists, popup_fields
from geo.shapes.measure import SQUARE_METRES_OF_A_WAH, rai_ngan_wah
from geo.shapes.whereabouts import THAI_CRS
from geo.store.asking import Asking
from geo.store.editions_books import ChangeLine, counts_of, standing, undecided
from geo.store.editions_shown import carried, extent, names_of_towns
from geo.store.editions_tables import Edition
from geo.store.known import boundary_of
from geo.store.tiles import for_tiles
from layers import LAYERS

# Beneath the changes: what an officer knows the place by.
_SHOWN = ("tax_block", "parcel", "building")
Box = tuple[float, float, float, float]


@dataclass(frozen=True, kw_only=True)
class KindCount:
    """How many changes of a kind there are, and how many of them wait."""

    kind: str
    label: Text
    color: str
    count: int
    open: int


@dataclass(frozen=True, kw_only=True)
class Row:
    """One change as a line of the table."""

    line: ChangeLine
    columns: list[dict[str, str]]
    box: Box | None

    @property
    def label(self) -> Text:
        """What kind it is."""
        return KINDS[self.line.kind]

    @property
    def color(self) -> str:
        """The colour of its kind."""
        return COLORS[self.line.kind]

    @property
    def area_before(self) -> str:
        """Of what was: on paper, else on the map."""
        return _area(self.line.wah_before, self.line.areas_before)

    @property
    def area_after(self) -> str:
        """Of what will be."""
        return _area(self.line.wah_after, self.line.areas_after)


def kinds_of(session: Session, number: int) -> list[KindCount]:
    """The kinds of an edition's changes, in the order of their numbers."""
    found = counts_of(session, number)
    return [
        KindCount(kind=kind, label=label, color=COLORS[kind], count=sum(found[kind].values()),
                  open=found[kind].get("open", 0))
        for kind, label in KINDS.items() if kind in found
    ]  # fmt: skip


def rows_of(lines: Iterable[ChangeLine], layer: Layer | None, boxes: Mapping[int, Box]) -> list[Row]:
    """The changes as lines of the table: columns by their labels."""
    return [
        Row(line=line, box=boxes.get(line.number),
            columns=[_label(layer, name) for name in line.columns])
        for line in lines
    ]  # fmt: skip


def _label(layer: Layer | None, name: str) -> dict[str, str]:
    words = None if layer is None else layer.fields.get(name)
    return {"th": words.label.th, "en": words.label.en} if words else {"th": name, "en": name}


def _area(wah: Sequence[float | None], metres: Sequence[float | None]) -> str:
    """Rai-ngan-wah of the papers where they say it of all, else of the shapes."""
    on_paper = [one for one in wah if one is not None]
    if wah and len(on_paper) == len(wah):
        return str(rai_ngan_wah(round(sum(on_paper) * SQUARE_METRES_OF_A_WAH, 2)))
    measured = [one for one in metres if one is not None]
    return f"≈ {rai_ngan_wah(round(sum(measured), 0))}" if measured and len(measured) == len(metres) else ""


def map_words(request: Request, asking: Asking, box: Box | None) -> str:
    """What a page's map is drawn from, as JSON: the town's layers as this person sees them; "" without a place."""
    if box is None:
        return ""
    seen = for_tiles(asking)
    layers = [LAYERS[name] for name in _SHOWN]
    words: dict[str, Any] = {
        "layers": [layer_words(layer, seen, Ways(), all_shown=True) for layer in layers],
        "codes": code_lists([field for layer in layers for field in popup_fields(layer, seen)]),
        "basemap": request.app.state.settings.basemap, "box": box,
    }  # fmt: skip
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def edition_page(desk: EditionDesk, session: Session, edition: Edition, asking: Asking) -> Response:
    """The page of a file: what was found, which column is which, and what it would change."""
    request, number = desk.request, edition.id
    layer = desk.layers.get(edition.layer)
    where = extent(session, number)
    town = box_of_town(session, edition.municipality, desk.layers)
    state = standing(edition, desk.now).value
    is_whole = layer is not None and layer.yearly is None
    kinds = kinds_of(session, number)
    return page(
        request, "edition.html", headers={"Cache-Control": PRIVATE}, policy=policy_for(request, STRICT),
        csrf=cookies.session_csrf(request), edition=edition, state=state, states=STATES, levels=LEVELS, counted=COUNTED,
        title=layer.title if layer else LAND_OFFICE_TITLE,
        town=names_of_towns(session, [edition.municipality])[edition.municipality],
        is_running=state not in OVER, has_file=desk.files.path(number) is not None, kinds=kinds,
        map_words=map_words(request, asking, box_of_findings(edition.doctor) or where or town),
        change_map_words=map_words(request, asking, where) if where else "",
        same=edition.counts.get("SAME", 0), missing=edition.counts.get("MISSING", 0),
        shifted=edition.counts.get("SHIFTED_CM", 0) / 100,
        open_count=sum(one.open for one in kinds if one.kind != "MISSING"), undecided=undecided(session, number),
        choices=choices_of((edition.told or {}).get("choices") or (edition.doctor or {}).get("choices") or ()),
        options=from_json(edition.options), systems=list(THAI_CRS.items()),
        columns=columns_of(edition), fields=fields_of(layer) if layer else [],
        acts=carried(session, number), is_loaded_whole=is_whole and state == "compared",
    )  # fmt: skip


def change_map_words(desk: EditionDesk, session: Session, number: int, asking: Asking) -> str:
    """What the map of an edition's changes is drawn from; empty where none of them has a place."""
    return map_words(desk.request, asking, extent(session, number))


def box_of_findings(doctor: Mapping[str, Any] | None) -> Box | None:
    """The box around the places of everything that was found."""
    boxes = [one["box"] for one in (doctor or {}).get("findings", ()) if one.get("box")]
    if not boxes:
        return None
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def box_of_town(session: Session, town: str, layers: Mapping[str, Layer]) -> Box | None:
    """The box around a town's outline, where it has one."""
    outline = boundary_of(session, town, layers)
    return None if outline is None else outline.bounds


def shapes_as_geojson(
    features: Iterable[Mapping[str, Any]], told: Mapping[int, Text], page: str
) -> list[dict[str, Any]]:
    """The shapes before and after with what a map's card says of them."""
    return [
        {**one, "properties": {
            **one["properties"], "color": COLORS[one["properties"]["kind"]],
            "th": told[one["properties"]["number"]].th, "en": told[one["properties"]["number"]].en,
            "page": f"{page}?from={one['properties']['number']}#change-{one['properties']['number']}",
        }}
        for one in features
    ]  # fmt: skip
