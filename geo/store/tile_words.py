"""What the features of a tile say: its properties with their words, the same in every description of a tileset."""

from __future__ import annotations

from geo.errors import Text
from geo.layer import Audience, Cells, Field, Layer, Published
from geo.store.asking import COUNT, Asking, form, shown_fields
from geo.store.tiles import tile_fields

GENERALISED = Field(
    name="generalised", label=Text("ภาพรวม", "Overview: a square with a count"), audience=Audience.PUBLIC,
    python_type=bool,
)  # fmt: skip


def carried(layer: Layer, asking: Asking) -> dict[str, Field]:
    """The properties of a layer's features in its tiles, with those of the squares that far zooms draw."""
    shown = shown_fields(layer, asking)
    found = {name: shown[name] for name in tile_fields(layer, asking)}
    if layer.generalise and form(layer, asking) is Published.AS_IT_IS:
        found |= {"count": COUNT, "generalised": GENERALISED}
    return found


def dimension(layer: Layer, asking: Asking) -> int:
    """0 for points, 1 for lines, 2 for areas: as this audience gets them, so that squares are areas."""
    return 2 if isinstance(form(layer, asking), Cells) else layer.shape.dimension
