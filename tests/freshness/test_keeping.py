"""What is kept, how precisely it is forgotten, and that nothing is used without proof that edits are heard."""

from __future__ import annotations

import math
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.caching import EDITS_REMEMBERED, PROOF_SECONDS, EditCache
from api.kept import Kept
from api.squares import Squares
from geo.shapes.grids import Tile
from geo.shapes.whereabouts import Box

HERE = Box(west=100.47, south=7.01, east=100.48, north=7.02)
ELSEWHERE = Box(west=100.6, south=7.2, east=100.61, north=7.21)


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> EditCache:
    found = EditCache(clock=clock)
    found.hearing(True)
    return found


def keep(cache: EditCache, key: str, box: Box | None = HERE, body: bytes = b"x", inside: Box | None = None) -> None:
    cache.keep(key, Kept.of(body), layers=("asset",), box=box, since=cache.edits(("asset",)), inside=inside)


def test_an_edit_forgets_what_it_touches_and_nothing_else(cache: EditCache) -> None:
    for key, box in (("here", HERE), ("elsewhere", ELSEWHERE), ("a list", None)):
        keep(cache, key, box)
    cache.keep("another layer", Kept.of(b"x"), layers=("parcel",), box=HERE, since=cache.edits(("parcel",)))
    cache.edited("asset", Box(west=100.475, south=7.015, east=100.475, north=7.015))
    assert [key for key in ("here", "elsewhere", "a list", "another layer") if cache.kept(key)] == [
        "elsewhere", "another layer",
    ]  # fmt: skip


def test_what_was_edited_without_a_shape_is_in_no_tile(cache: EditCache) -> None:
    keep(cache, "a tile")
    keep(cache, "a list", None)
    cache.edited("asset", None)
    assert cache.kept("a tile") is not None
    assert cache.kept("a list") is None


def test_an_edit_within_an_extent_leaves_it_and_one_at_its_edge_does_not(cache: EditCache) -> None:
    keep(cache, "extent", None, inside=HERE)
    cache.edited("asset", Box(west=100.474, south=7.014, east=100.475, north=7.015))
    assert cache.kept("extent") is not None
    cache.edited("asset", Box(west=100.47, south=7.014, east=100.475, north=7.015))
    assert cache.kept("extent") is None


def test_an_answer_begun_before_an_edit_is_not_kept_and_one_begun_after_is(cache: EditCache) -> None:
    before = cache.edits(("asset",))
    cache.edited("asset", ELSEWHERE)
    cache.keep("untouched", Kept.of(b"x"), layers=("asset",), box=HERE, since=before)
    cache.edited("asset", HERE)
    cache.keep("overtaken", Kept.of(b"x"), layers=("asset",), box=HERE, since=before)
    cache.keep("after", Kept.of(b"x"), layers=("asset",), box=HERE, since=cache.edits(("asset",)))
    assert [key for key in ("untouched", "overtaken", "after") if cache.kept(key)] == ["after"]


def test_an_answer_begun_long_ago_is_taken_for_overtaken(cache: EditCache) -> None:
    before = cache.edits(("asset",))
    for _ in range(EDITS_REMEMBERED + 1):
        cache.edited("asset", ELSEWHERE)
    assert not cache.stands(("asset",), HERE, before)
    assert cache.stands(("asset",), HERE, cache.edits(("asset",)))


def test_an_answer_begun_while_nothing_was_heard_is_not_kept_when_it_is(cache: EditCache) -> None:
    # It was read before anybody listened: an edit in between was told to nobody.
    cache.hearing(False)
    deaf = cache.edits(("asset",))
    cache.hearing(True)
    cache.keep("old", Kept.of(b"x"), layers=("asset",), box=HERE, since=deaf)
    assert cache.kept("old") is None


def test_a_lost_connection_forgets_everything(cache: EditCache) -> None:
    keep(cache, "here")
    cache.hearing(False)
    keep(cache, "while deaf")
    cache.hearing(True)
    assert cache.kept("here") is cache.kept("while deaf") is None
    assert (len(cache), cache.bytes_held) == (0, 0)


def test_nothing_is_used_without_fresh_proof_of_hearing(cache: EditCache, clock: Clock) -> None:
    keep(cache, "here")
    keep(cache, "never asked for meanwhile")
    clock.now += PROOF_SECONDS + 0.001
    assert cache.kept("here") is None
    assert not cache.stands(("asset",), HERE, cache.edits(("asset",)))
    cache.proved(clock.now)
    # Whoever asked in between may have been told something newer.
    assert cache.kept("here") is None
    assert cache.kept("never asked for meanwhile") is not None


def test_an_older_proof_does_not_undo_a_newer_one(cache: EditCache, clock: Clock) -> None:
    keep(cache, "here")
    cache.proved(clock.now + 10)
    cache.proved(clock.now)
    clock.now += 10
    assert cache.kept("here") is not None


def tiles_of_a_town(z: int = 18) -> list[Tile]:
    across = math.isqrt(50_000)
    return [Tile(z, 204_000 + n % across, 125_900 + n // across) for n in range(50_000)]


def test_an_edit_among_fifty_thousand_tiles_looks_at_a_few() -> None:
    squares = Squares()
    for tile in tiles_of_a_town():
        west, south, east, north = tile.degrees()
        squares.add(tile, Box(west=west, south=south, east=east, north=north))
    west, south, east, north = tiles_of_a_town()[25_000].degrees()
    lon, lat = (west + east) / 2, (south + north) / 2
    near = squares.near(Box(west=lon, south=lat, east=lon, north=lat))
    assert tiles_of_a_town()[25_000] in near
    assert len(near) <= 16


lons, lats = st.floats(-179, 179), st.floats(-84, 84)
sides = st.one_of(st.just(0.0), st.floats(1e-6, 1), st.floats(1, 90))


@st.composite
def boxes(draw: Callable[..., float]) -> Box:
    west, south = draw(lons), draw(lats)
    return Box(west=west, south=south, east=west + draw(sides), north=south + draw(sides))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(boxes(), max_size=12), boxes())
def test_whatever_meets_an_edit_is_found(places: list[Box], edit: Box) -> None:
    squares = Squares()
    for number, box in enumerate(places):
        squares.add(number, box)
    assert {number for number, box in enumerate(places) if box.meets(edit)} <= squares.near(edit)
    for number, box in enumerate(places):
        squares.remove(number, box)
    assert squares.near(edit) == squares.near(Box(west=-180, south=-90, east=180, north=90)) == set()


def test_a_load_over_the_whole_town_empties_its_layer(cache: EditCache) -> None:
    for number, tile in enumerate(tiles_of_a_town()[:5000]):
        west, south, east, north = tile.degrees()
        keep(cache, f"{number}", Box(west=west, south=south, east=east, north=north))
    assert len(cache) == 5000
    cache.edited("asset", Box(west=99, south=5, east=102, north=8))
    assert (len(cache), cache.bytes_held) == (0, 0)


def test_packed_forms_count_and_those_used_longest_ago_go() -> None:
    cache = EditCache(most_bytes=200_000, clock=Clock())
    cache.hearing(True)
    bodies = {f"{n}": (f"{n}" * 20_000).encode()[:20_000] for n in range(8)}
    for key, body in bodies.items():
        keep(cache, key, body=body)
    held = cache.bytes_held
    kept = cache.kept("0")
    assert kept is not None
    for coding in ("gzip", "zstd"):
        kept.packed(coding)
    assert cache.bytes_held == held + len(kept.packed("gzip")) + len(kept.packed("zstd"))
    for n in range(8, 30):
        keep(cache, f"{n}", body=bytes([n]) * 20_000)
        assert cache.bytes_held <= 200_000
        assert cache.kept("0") is not None, "used all the time"
    assert cache.kept("1") is None
    keep(cache, "too large for one", body=b"x" * 30_000)
    assert cache.kept("too large for one") is None


def test_the_bytes_that_are_told_are_those_that_are_held() -> None:
    cache = EditCache(clock=Clock())
    cache.hearing(True)
    tracemalloc.start()
    for number, tile in enumerate(tiles_of_a_town()[:2000]):
        west, south, east, north = tile.degrees()
        key = ("tile", ("asset", "parcel"), "grid", tile.z, tile.x, tile.y, "mvt", (f"{number}",), None)
        box = Box(west=west, south=south, east=east, north=north)
        kept = Kept.of(bytes(500) + b"%d" % number)
        cache.keep(key, kept, layers=("asset", "parcel"), box=box, since=cache.edits(()))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert cache.bytes_held / 2 <= held <= cache.bytes_held * 1.2
