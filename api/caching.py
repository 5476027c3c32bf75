"""What is remembered between requests, and forgotten when an edit touches it (DESIGN §2.11).

A trigger tells every worker which layer changed and where. A worker uses what it remembers only while it has proof,
less than a second old, that it hears: so that no kept answer is ever older than that, whatever became of the network.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from api.kept import Kept
from api.squares import Squares
from geo.shapes.whereabouts import Box

MOST_BYTES = 24 * 2**20
PROOF_SECONDS = 0.9  # an answer may be as old as the proof that nothing was told in between
ROUNDING_DEGREES = 0.0001  # ten metres: what transforming there and back may move an outline
EDITS_REMEMBERED = 4096
_SMALL = 1024  # what is no `Kept`: who somebody is, a rectangle
_BESIDES = 2200  # key, place and index of one answer, measured


@dataclass(frozen=True)
class Mark:
    """A moment in what a worker has heard, to be taken before the database is asked."""

    hearing: int
    edits: int


@dataclass(slots=True)
class _Entry:
    value: Any
    layers: tuple[str, ...]
    box: Box | None
    inside: Box | None
    size: int


@dataclass(slots=True)
class _Heard:
    """The edits of one layer, the last of them one by one, and the answers that rest on it."""

    edits: deque[tuple[int, Box | None]] = field(default_factory=lambda: deque(maxlen=EDITS_REMEMBERED))
    dropped: int = 0
    kept: Squares = field(default_factory=Squares)

    def note(self, number: int, box: Box | None) -> None:
        if len(self.edits) == EDITS_REMEMBERED:
            self.dropped = self.edits[0][0]
        self.edits.append((number, box))

    def touched_since(self, number: int, box: Box | None) -> bool:
        """Whether an edit after that one reaches into a rectangle; of edits long past that is taken for granted."""
        if self.dropped > number:
            return True
        for edit, place in reversed(self.edits):
            if edit <= number:
                return False
            if box is None or (place is not None and box.meets(place)):
                return True
        return False


class EditCache:
    """Answers by key, each belonging to layers and a rectangle; those used longest ago go when it is full."""

    def __init__(self, most_bytes: int = MOST_BYTES, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._kept: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._layers: dict[str, _Heard] = {}
        self._lock = threading.RLock()
        self._most, self._bytes, self._clock = most_bytes, 0, clock
        self._hearing, self._began, self._edits = False, 0, 0
        self._proved = self._doubted = float("-inf")

    def kept(self, key: Hashable) -> Any | None:
        """What is remembered under `key`, or None, also while there is no fresh proof that edits are heard."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            if not self._is_proved():
                # What is made anew now may be newer; once it was told, this must never be told again.
                self._drop(key)
                return None
            self._kept.move_to_end(key)
            return found.value

    @property
    def bytes_held(self) -> int:
        """What is remembered, in bytes, with its compressed forms."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def edits(self, layers: tuple[str, ...]) -> Mark:
        """A mark to be taken before asking the database, so that an answer overtaken by an edit is not kept."""
        with self._lock:
            return Mark(self._began, self._edits)

    def stands(self, layers: tuple[str, ...], box: Box | None, since: Mark) -> bool:
        """Whether an answer begun at `since` is still true: edits were heard all the time, and none touched it."""
        with self._lock:
            if not self._is_proved() or since.hearing != self._began:
                return False
            heard = (self._layers[name] for name in layers if name in self._layers)
            return not any(one.touched_since(since.edits, box) for one in heard)

    def keep(
        self, key: Hashable, value: Any, *, layers: tuple[str, ...], box: Box | None, since: Mark,
        inside: Box | None = None,
    ) -> None:  # fmt: skip
        """Remember an answer unless an edit touched it since `since` was taken.

        What has no `box` is touched by every edit of its layers, save those that lie wholly within `inside`.
        """
        size = (value.size if isinstance(value, Kept) else _SMALL) + _BESIDES
        with self._lock:
            if size > self._most // 8 or not self.stands(layers, box, since):
                return
            self._drop(key)
            self._kept[key] = _Entry(value, layers, box, inside, size)
            for name in layers:
                self._layers.setdefault(name, _Heard()).kept.add(key, box)
            self._bytes += size
            if isinstance(value, Kept):
                value.grows(lambda: self._weigh(key, value))
            self._make_room()

    def edited(self, layer: str, box: Box | None) -> None:
        """Forget what an edit touches; `box` is None where what was edited lies nowhere."""
        wide = _widened(box) if box else None
        with self._lock:
            self._edits += 1
            heard = self._layers.setdefault(layer, _Heard())
            heard.note(self._edits, wide)
            gone = [key for key in heard.kept.nowhere if not _is_within(wide, self._kept[key].inside)]
            if wide is not None:
                gone += [key for key in heard.kept.near(wide) if _meet(self._kept[key].box, wide)]
            for key in gone:
                self._drop(key)

    def hearing(self, yes: bool) -> None:
        """Whether edits are being heard; while they are not, nothing is remembered."""
        with self._lock:
            self._hearing, self._began = yes, self._began + 1
            self._proved = self._clock() if yes else float("-inf")
            self._kept.clear()
            self._layers.clear()
            self._bytes = 0

    def proved(self, at: float) -> None:
        """All that was told before `at` (of this cache's clock) has been heard."""
        with self._lock:
            if at > self._doubted:
                self._proved = max(self._proved, at)

    def doubt(self) -> None:
        """Something was changed just now: nothing that is kept is used until all that was told by now was heard."""
        with self._lock:
            self._doubted = self._clock()
            self._proved = float("-inf")

    def _is_proved(self) -> bool:
        return self._hearing and self._clock() - self._proved < PROOF_SECONDS

    def _weigh(self, key: Hashable, value: Kept) -> None:
        with self._lock:
            entry = self._kept.get(key)
            if entry is None or entry.value is not value:
                return
            now = value.size + _BESIDES
            self._bytes, entry.size = self._bytes + now - entry.size, now
            self._make_room()

    def _make_room(self) -> None:
        while self._bytes > self._most:
            self._drop(next(iter(self._kept)))

    def _drop(self, key: Hashable) -> None:
        entry = self._kept.pop(key, None)
        if entry is None:
            return
        self._bytes -= entry.size
        for name in entry.layers:
            self._layers[name].kept.remove(key, entry.box)


def _widened(box: Box) -> Box:
    return Box(
        west=box.west - ROUNDING_DEGREES, south=box.south - ROUNDING_DEGREES,
        east=box.east + ROUNDING_DEGREES, north=box.north + ROUNDING_DEGREES,
    )  # fmt: skip


def _meet(box: Box | None, edit: Box) -> bool:
    return box is None or box.meets(edit)


def _is_within(edit: Box | None, around: Box | None) -> bool:
    """Whether an edit leaves a rectangle's edges alone: what lies inside of it neither makes it larger nor smaller."""
    if edit is None or around is None:
        return False
    across = around.west < edit.west and edit.east < around.east
    return across and around.south < edit.south and edit.north < around.north
