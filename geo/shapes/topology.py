"""How the polygons of a tax map lie to each other: overlaps, duplicates, gaps, slivers.

The rules and their tolerances stand beside each finding: topology_overlaps, topology_voids, topology_relations. All
take longitude and latitude (WGS 84) or a Plan, which lays them flat once for several questions; rows without a shape
or with one beyond mending are passed over.
"""

from __future__ import annotations

from dataclasses import dataclass

from geo.shapes.topology_overlaps import Duplicates, Overlaps, overlaps
from geo.shapes.topology_plan import Geometries, Places, Plan, Progress, plan_of, quiet
from geo.shapes.topology_relations import Across, Outside, across, outside
from geo.shapes.topology_voids import Gaps, Slivers, gaps, slivers

__all__ = [
    "Across", "Duplicates", "Gaps", "Outside", "Overlaps", "Places", "Plan", "Progress", "Slivers", "Topology",
    "across", "gaps", "outside", "overlaps", "plan_of", "slivers", "topology",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Topology:
    """All that is found among the polygons of one layer; `plan.left_out` are the rows that were not looked at."""

    plan: Plan
    overlaps: Overlaps
    gaps: Gaps
    slivers: Slivers

    @property
    def duplicates(self) -> Duplicates:
        """Rows that have the same shape."""
        return self.overlaps.duplicates


def topology(shapes: Geometries | Plan, *, progress: Progress = quiet) -> Topology:
    """Everything at once, at the usual tolerances."""
    plan = plan_of(shapes)
    return Topology(
        plan=plan, overlaps=overlaps(plan, progress=progress), gaps=gaps(plan, progress=progress), slivers=slivers(plan)
    )
