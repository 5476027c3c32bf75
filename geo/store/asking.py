"""Who asks, and what of a layer they get: columns, form of the geometry, and the words for what is not theirs."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from geo.errors import Text, UnknownFeature
from geo.layer import Audience, Cells, Field, Layer, Published
from geo.people.areas import NOWHERE, Areas
from geo.store.wanted import Wanted

COUNT = Field(name="count", label=Text("จำนวน", "Count"), audience=Audience.PUBLIC, python_type=int)
AS_OF = Field(name="as_of", label=Text("เผยแพร่เมื่อ", "Published on"), audience=Audience.PUBLIC, python_type=dt.date)


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Who asks, and where they may look. A person who holds several audiences asks as one of them at a time."""

    audience: Audience = Audience.PUBLIC
    person: str | None = None
    areas: Areas = NOWHERE
    purpose: str | None = None

    @property
    def eyes(self) -> tuple[Audience, Areas]:
        """What decides what is seen: two people with the same eyes get the same answer, and may share a kept one."""
        return self.audience, self.areas

    @property
    def is_low(self) -> bool:
        """Whether it gets the public's rows and forms, if perhaps in more columns."""
        return self.audience in (Audience.PUBLIC, Audience.PARTNER)


def form(layer: Layer, asking: Asking) -> Cells | Published:
    """The form in which this audience gets the geometry."""
    if asking.is_low:
        return layer.shape.public
    return Published.AS_IT_IS


def shown_fields(layer: Layer, asking: Asking) -> dict[str, Field]:
    """The properties this audience gets, by name; for cells that is the count and its day."""
    if isinstance(form(layer, asking), Cells):
        return {"count": COUNT, "as_of": AS_OF}
    return {name: layer.fields[name] for name in layer.fields_for(asking.audience)}


def named_fields(layer: Layer, asking: Asking, wanted: Wanted) -> dict[str, Field]:
    """The properties that are asked for, of those this audience gets, in the layer's order."""
    shown = shown_fields(layer, asking)
    return shown if wanted.names is None else {name: one for name, one in shown.items() if name in wanted.names}


def no_such(layer: Layer, fid: object) -> UnknownFeature:
    """The words for a row that is not there, and for one that this audience may not know of."""
    return UnknownFeature(f"ไม่พบรายการ {layer.id}/{fid}", f"There is no {layer.id}/{fid}")
