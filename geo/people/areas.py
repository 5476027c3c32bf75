"""Where somebody may see and change things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AreaKind(StrEnum):
    """What a grant can be about; the value is the layer's id."""

    MUNICIPALITY = "municipality"
    COMMUNITY = "community"
    SHARED_AREA = "shared_area"


@dataclass(frozen=True, kw_only=True)
class Areas:
    """The places of one audience: municipality codes, and ids of communities and shared areas. Empty is nowhere."""

    towns: frozenset[str] = frozenset()
    communities: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.towns or self.communities or self.shared)


NOWHERE = Areas()
