"""What is on the way while features are changed: what was asked, by whom, and what each row is to become."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.errors import Problem
from geo.intake.written import Draft, Handling
from geo.layer import Layer
from geo.people.areas import Areas
from geo.shapes.served import CRS84, Served
from geo.store.present import ANYTHING, Condition, Present

TownsOf = Callable[[NDArray[np.object_]], list[str | None]]
Do = Literal["create", "replace", "update", "delete"]
MOST_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Action:
    """One thing to do: `geometry` is absent where the shape stays as it is, None where there is to be none."""

    do: Do
    fid: int | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    geometry: Mapping[str, Any] | None = None
    has_geometry: bool = False
    condition: Condition = ANYTHING
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Editor:
    """Who writes: the columns they see, where (None is everywhere), and whether they see a row that is not theirs.

    Whoever `draws_by_hand` is told where a shape crosses itself or is too large: it is not mended for them.
    `towns_of` tells the towns of points (WGS 84) from all there are: whoever writes sees their own alone, and must not
    take another's ground for nobody's.
    """

    shown: frozenset[str]
    areas: Areas | None
    sees: Callable[[int], bool]
    handling: Handling = None
    crs: Served = CRS84
    towns_of: TownsOf | None = None
    draws_by_hand: bool = False


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of a row; of one that ended its last version."""

    id: int
    version: int
    changed_at: dt.datetime


@dataclass(kw_only=True)
class Work:
    """One action on its way: the row as it is, what it is to become, and what was found for it."""

    action: Action
    row: Present | None
    draft: Draft
    links: frozenset[str] = frozenset()
    shape: BaseGeometry | None = None
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def forgotten(self) -> frozenset[str]:
        """The links that a replacement does not speak of."""
        return frozenset(name for name in self.links if name not in self.action.properties)

    @property
    def stands(self) -> BaseGeometry | None:
        """The shape that the row will have."""
        return self.row.shape if self.row and not self.action.has_geometry else self.shape

    def community_of(self, layer: Layer) -> int | None:
        """The community that the row will be of; a community is of itself."""
        if layer.id == "community":
            return self.row.id if self.row else None
        was = self.row.values.get("community_id") if self.row else None
        found: int | None = {"community_id": was, **self.found, **self.draft.links}["community_id"]
        return found
