"""Recognisable secrets in every column that is not public, and where they are looked for: in answers and in the log."""

from __future__ import annotations

import datetime as dt
import io
import json
import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import mapbox_vector_tile
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from geo.errors import Text
from geo.intake.load import LoadOptions
from geo.intake.make import Said, make_layer
from geo.layer import Audience, Layer
from geo.photos.checked import Picture, picture_of
from geo.photos.keeping import Keeping
from geo.store import photos, registers
from geo.store.life_tables import LifeStep, MarkComment, MarkDuty
from geo.store.photo_tables import Photo
from geo.store.write import Act, amend
from layers import LAYERS
from tests.makers import HAT_YAI, make_rows, release_all, rewrite
from tests.photos.pictures import drawn, jpeg

# Held from January to June 2026; the leak test also asks in between.
LONG_AGO, SINCE = dt.datetime(2026, 1, 5, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def plant(engine: Engine) -> dict[str, list[int]]:
    """Eight rows of every layer in 9098; the versions before these held secrets of their own. Gives their ids."""
    with Session(engine) as session, session.begin():
        made = {}
        for name in LAYERS:
            was = secrets_of(name, more=" as it was")
            made[name] = make_rows(session, name, count=8, step=0.00001, changed_at=LONG_AGO, **was)
            rewrite(session, name, made[name], SINCE, **secrets_of(name))
        release_all(session)
        write_registers(session, "9098", "secret-register")
        plant_photos(session, made, "secret-photo")
        plant_lives(session, made, "secret-mark", "reported")
    made[TOWN_LAYER] = plant_town_layer(engine, TOWN_LAYER, "9098", "secret")
    return made


def plant_elsewhere(engine: Engine) -> dict[str, list[int]]:
    """Rows of another town with secrets of its own: two that were always there, one that came and one that left."""
    with Session(engine) as session, session.begin():
        made = {}
        for name, layer in LAYERS.items():
            words: dict[str, Any] = {column: f"elsewhere-{name}-{column}" for column in text_columns(layer)}
            made[name] = make_rows(session, name, count=2, municipality="9099", **words)
            came, left = make_rows(session, name, count=2, municipality="9099", changed_at=LONG_AGO, **words)
            rewrite(session, name, [came], SINCE, municipality="9098", **secrets_of(name))
            rewrite(session, name, [left], SINCE, municipality="9098", **secrets_of(name))
            rewrite(session, name, [left], SINCE + dt.timedelta(days=1), municipality="9099", **words)
            made[name] += [came, left]
        release_all(session)
        write_registers(session, "9099", "elsewhere-register")
        plant_photos(session, made, "elsewhere-photo")
        # What was said of a mark goes with it: of those that went to the other town nothing was said.
        plant_lives(session, {name: ids[:2] for name, ids in made.items()}, "elsewhere-mark", "verified")
    made[ELSEWHERE] = plant_town_layer(engine, ELSEWHERE, "9099", "elsewhere")
    return made


def plant_lives(session: Session, made: dict[str, list[int]], secret: str, was: str) -> None:
    """Comments, duties and steps with reasons beside each mark, for the members of its area alone."""
    for name, ids in made.items():
        for fid in ids if LAYERS[name].life else ():
            words: dict[str, Any] = {"layer": name, "row_id": fid, "made_at": SINCE}
            session.add(MarkComment(**words, made_by=f"{secret}-login", words=f"{secret}-comment"))
            session.add(MarkDuty(**words, made_by=f"{secret}-login", person=f"{secret}-duty", ended_at=None))
            session.add(LifeStep(
                **words, version=1, step="verify", was=was, became="verified", reason=f"{secret}-reason",
                made_by=f"{secret}-login", detail=None, municipality=None, community_id=None,
            ))  # fmt: skip


def write_registers(session: Session, town: str, secret: str) -> None:
    """A request and an incident of a town, full of what only its stewards may read."""
    asked = registers.open_request(session, town, kind="access", subject=f"{secret}-subject",
                                   reached_by=f"{secret}-reached", asked=f"{secret}-asked", received_on=SINCE.date(),
                                   by="a steward", at=SINCE)  # fmt: skip
    what = registers.open_incident(session, town, known_at=SINCE, what=f"{secret}-what", data=f"{secret}-data",
                                   people=3, is_high_risk=True, by="a steward", at=SINCE)  # fmt: skip
    for register, entry in ((registers.REQUEST, asked.id), (registers.INCIDENT, what.id)):
        registers.add_note(session, register, entry, f"{secret}-note", by="a steward", at=SINCE)


# Where somebody stood with a camera, as no other number on any page is written.
STOOD_AT = (100.4712345, 7.0198765)


@cache
def planted_picture(words: str) -> Picture:
    """A picture of its own for each of these words."""
    return picture_of(jpeg(drawn(300, 200, seed=len(words))))


def plant_photos(session: Session, made: dict[str, list[int]], words: str) -> None:
    """A photograph on a row of each layer that takes them, at which nobody has looked yet; of assets a cleared one."""
    for name, ids in made.items():
        layer = LAYERS.get(name)
        if layer is not None and layer.photographed:
            _plant_photo(session, layer, ids[0], words)
    shown = _plant_photo(session, LAYERS["asset"], made["asset"][-1], f"{words} shown")
    shown.caption = "ภาพที่ตรวจแล้ว"
    photos.clear(session, shown, no_faces=True, no_plates=True, by=f"{words}-clearer", at=SINCE)


def _plant_photo(session: Session, layer: Layer, fid: int, words: str) -> Photo:
    picture, row = planted_picture(words), photos.SeenRow(id=fid, municipality=None, is_inside=True)
    new = photos.NewPhoto(sha256=picture.sha256, width=picture.width, height=picture.height, bytes=len(picture.jpeg),
                          lon=STOOD_AT[0], lat=STOOD_AT[1], taken_at=SINCE, caption=f"{words}-caption")  # fmt: skip
    return photos.add(session, layer, row, new, by=f"{words}-maker", at=SINCE)


def keep_planted(home: Path) -> None:
    """Put the pictures where the service looks for them."""
    for words in ("secret-photo", "secret-photo shown", "elsewhere-photo", "elsewhere-photo shown"):
        Keeping(home, None).keep(planted_picture(words))


def secrets_of_photos(audience: Audience) -> set[str]:
    """What is told of photographs to their rows' own people alone, and where they stood to fewer still."""
    hidden = {"secret-photo", planted_picture("secret-photo").sha256} if audience in _OUTSIDE else set()
    known = (Audience.STAFF, Audience.COMMUNITY, Audience.CARE)
    return hidden | (set() if audience in known else {str(number) for number in STOOD_AT})


_OUTSIDE = (Audience.PUBLIC, Audience.PARTNER)

# A town layer in each of two towns: who may see what of them was chosen without code.
TOWN_LAYER, ELSEWHERE = "town_made", "elsewhere_made"
HIDDEN_OF_A_TOWN = ("told_inside", "told_to_committees")


def plant_town_layer(engine: Engine, name: str, town: str, words: str) -> list[int]:
    """Rows of a layer that a town made, with secrets in the columns that it does not publish. Gives their ids."""
    columns = {"told_to_all": "ทุกคน", **{column: f"{words}-{name}-{column}" for column in HIDDEN_OF_A_TOWN}}
    features = [
        {"type": "Feature", "properties": columns | {"nth": place},
         "geometry": {"type": "Point", "coordinates": [HAT_YAI[0] + place * 0.00001, HAT_YAI[1]]}}
        for place in range(3)
    ]  # fmt: skip
    audiences = {"told_inside": Audience.STAFF, "told_to_committees": Audience.COMMUNITY}
    said = Said(id=name, town=town, public=True, audiences=audiences, title=Text("ของเมือง", "The town's own"))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), "utf-8")
        layer, _ = make_layer(engine, path, said, LoadOptions(), coded=LAYERS, by="a steward", origin="test",
                              at=LONG_AGO)  # fmt: skip
    with Session(engine) as session, session.begin():
        ids = list(session.scalars(select(layer.table.id).order_by(layer.table.id)))
        for fid in ids[:1]:
            amend(session, layer, fid, {"told_to_all": "แก้"}, act=Act(by="a tester", origin="test", at=SINCE))
    return ids


def secrets_of(name: str, more: str = "") -> dict[str, Any]:
    """What is planted in a layer's hidden columns."""
    return {column: f"secret-{name}-{column}{more}" for column in text_columns(LAYERS[name])}


def text_columns(layer: Layer) -> list[str]:
    """The hidden columns that can hold a word of ours."""
    return [
        name for name, words in layer.fields.items()
        if words.audience is not Audience.PUBLIC and words.imported and not words.codes and words.python_type is str
    ]  # fmt: skip


def secrets(audience: Audience = Audience.PUBLIC) -> set[str]:
    """The secrets that an audience must not see."""
    registered = set() if audience is Audience.STEWARD else {"secret-register"}
    if audience in (Audience.PUBLIC, Audience.PARTNER):
        registered |= {f"secret-mark-{name}" for name in ("comment", "duty", "reason", "login")}
    own = {Audience.PUBLIC: 0, Audience.PARTNER: 0, Audience.COMMUNITY: 1}.get(audience, 2)
    registered |= {f"secret-{TOWN_LAYER}-{name}" for name in HIDDEN_OF_A_TOWN[: 2 - own]}
    registered |= secrets_of_photos(audience)
    return registered | {
        f"secret-{layer.id}-{name}" for layer in LAYERS.values() for name in text_columns(layer)
        if layer.fields[name].audience not in audience.sees
    }  # fmt: skip


def readable(body: bytes, kind: str) -> str:
    """An answer as text; a tile's words are packed otherwise."""
    if "vector-tile" in kind and body:
        return json.dumps(mapbox_vector_tile.decode(body), ensure_ascii=False, default=str)
    return body.decode("utf-8", "replace")


@contextmanager
def all_that_is_logged(*leave_out: str) -> Iterator[io.StringIO]:
    """Everything that is logged meanwhile, down to the last detail; without loggers whose names begin so."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(lambda record: not record.name.startswith(leave_out))
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(before)
    root.removeHandler(handler)
