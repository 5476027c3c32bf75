"""The town's map: every layer, found by being here and checked at start.

`LAYERS` is ordered so that what a row links to comes before the row's own layer: the order of loading and of tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from geo.errors import BadLayer, UnknownLayer
from geo.layer import Layer, history_of

__all__ = ["LAYERS", "MAPS", "layer_named"]


def _found() -> Mapping[str, Layer]:
    layers: dict[str, Layer] = {}
    for module in sorted(iter_modules(__path__), key=lambda module: module.name):
        layer = import_module(f"{__name__}.{module.name}").LAYER
        if layer.id != module.name:
            raise BadLayer(f"layers/{module.name}.py declares {layer.id}")
        layers[layer.id] = layer
        history_of(layer.table.__table__)
    graph = {name: {link.to for link in layer.links.values()} for name, layer in layers.items()}
    unknown = set().union(*graph.values()) - set(layers)
    if unknown:
        raise BadLayer(f"links to layers that do not exist: {sorted(unknown)}")
    return MappingProxyType({name: layers[name] for name in TopologicalSorter(graph).static_order()})


LAYERS: Mapping[str, Layer] = _found()

# Each named map and its layers, bottom to top of the layer switch.
MAPS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        name: tuple(layer.id for layer in LAYERS.values() if name in layer.maps)
        for name in sorted({name for layer in LAYERS.values() for name in layer.maps})
    }
)


def layer_named(name: str) -> Layer:
    """The layer called `name`; `UnknownLayer` when there is none."""
    if name not in LAYERS:
        raise UnknownLayer(f"ไม่มีชั้นข้อมูลชื่อ {name!r}", f"There is no layer called {name!r}")
    return LAYERS[name]
