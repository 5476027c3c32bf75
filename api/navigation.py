"""What the head of every page leads to: a declared list, of which a page shows what this app really has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route

from geo.errors import Text


@dataclass(frozen=True, kw_only=True)
class Way:
    """One entry: the path of its route, its words, what stands after the path, and whether one must be signed in."""

    path: str
    label: Text
    query: str = ""
    is_for_members: bool = False

    @property
    def href(self) -> str:
        """Where the link leads."""
        return f"{self.path}{self.query}"

    def holds(self, path: str) -> bool:
        """Whether a page at `path` is this one or stands below it."""
        return path == self.path or path.startswith(f"{self.path}/")


WAYS = (
    Way(path="/map", label=Text("แผนที่", "Map")),
    Way(path="/communities/compare", label=Text("ชุมชน", "Communities")),
    Way(path="/shared-areas", label=Text("พื้นที่ร่วม", "Shared areas")),
    Way(path="/collections", query="?f=html", label=Text("ชั้นข้อมูล", "Layers")),
    Way(path="/report", label=Text("แจ้งความเสี่ยง", "Report a risk")),
    Way(path="/tax", label=Text("แผนที่ภาษี", "Tax map"), is_for_members=True),
    Way(path="/queue", label=Text("งานที่รอท่าน", "Waits for you"), is_for_members=True),
    Way(path="/field", label=Text("ภาคสนาม", "Field work"), is_for_members=True),
)
# In the foot of every page.
BELOW = (
    Way(path="/processing", label=Text("ข้อมูลส่วนบุคคลและสิทธิของท่าน", "Personal data and your rights")),
    Way(path="/api.html", label=Text("สำหรับนักพัฒนาโปรแกรม (API)", "For programs (API)")),
)


def ways(request: Request, ways: tuple[Way, ...] = WAYS, *, is_member: bool) -> list[tuple[Way, bool]]:
    """The entries that this app has and that are for whoever looks, each with whether one is there already."""
    here, path = paths_of(request.app), request.url.path
    return [(way, way.holds(path)) for way in ways if way.path in here and (is_member or not way.is_for_members)]


def paths_of(app: Starlette) -> frozenset[str]:
    """The paths at which something can be read; the routes of an app stay the same."""
    found: frozenset[str] | None = getattr(app.state, "paths", None)
    if found is None:
        found = app.state.paths = frozenset(route.path for route in routes_of(app) if "GET" in (route.methods or ()))
    return found


def routes_of(app: Starlette) -> Iterator[Route]:
    """Every route of an app, those of its routers too."""
    for part in app.routes:
        for route in getattr(getattr(part, "original_router", None), "routes", (part,)):
            if isinstance(route, Route):
                yield route


def methods_at(app: Starlette, path: str) -> set[str]:
    """What the routes of an address take between them; each alone would name its own."""
    found = {one for route in routes_of(app) if route.path_regex.match(path) for one in route.methods or ()}
    return found | {"HEAD"} if "GET" in found else found
