"""One answer as it is kept: its bytes, packed once for each way in which clients read them, and a tag for each."""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field

from geo.shapes.whereabouts import Box

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

SMALLEST_PACKED = 500  # what fits into one packet arrives no sooner for being packed
CODINGS = ("zstd", "gzip")
_TAG_ENDS = {"zstd": "-z", "gzip": "-g"}


@dataclass(slots=True, eq=False)
class Kept:
    """An answer's bytes with their strong tag; packed forms are made when first asked for.

    A weak tag is for bytes that differ without meaning anything else. `headers` and `media_type` are those of an
    answer that is told again as its route told it. It is packed where it is longer than `least`. `box` is where what
    it tells of lies, where its maker knows that.
    """

    body: bytes
    tag: str
    headers: tuple[tuple[str, str], ...] = ()
    media_type: str = ""
    is_weak: bool = False
    least: int = SMALLEST_PACKED
    box: Box | None = None
    _packed: dict[str, bytes] = field(default_factory=dict)
    _grown: Callable[[], None] | None = None

    @classmethod
    def of(cls, body: bytes) -> Kept:
        """The answer `body` with its tag."""
        return cls(body, hashlib.sha256(body).hexdigest()[:24])

    @classmethod
    def weakly(cls, body: bytes, *same: bytes) -> Kept:
        """The answer `body` with the tag of the parts that are the same in all answers that mean the same."""
        tag = hashlib.sha256()
        for part in same:
            tag.update(part)
        return cls(body, tag.hexdigest()[:24], is_weak=True)

    @property
    def size(self) -> int:
        """All its bytes, the packed forms too."""
        return len(self.body) + sum(map(len, self._packed.values()))

    def grows(self, told: Callable[[], None]) -> None:
        """Have somebody told when a packed form is added."""
        self._grown = told

    def etag(self, coding: str | None) -> str:
        """The tag of one of its forms: each way of packing is a representation of its own."""
        return f'{"W/" if self.is_weak else ""}"{self.tag}{_TAG_ENDS[coding] if coding else ""}"'

    def packed(self, coding: str | None) -> bytes:
        """Its bytes as they are, or packed; the same each time."""
        if coding is None:
            return self.body
        found = self._packed.get(coding)
        if found is None:
            found = self._packed[coding] = _gzip(self.body) if coding == "gzip" else zstd.compress(self.body, 6)
            if self._grown is not None:
                self._grown()
        return found


def with_coding(etag: str, coding: str | None) -> str:
    """A strong tag as that of a packed form."""
    return f'{etag[:-1]}{_TAG_ENDS[coding]}"' if coding else etag


def bare_tag(etag: str) -> str:
    """What all forms of an answer have in common of their tags, as If-Match needs it."""
    tag = etag.strip().removeprefix("W/").strip('"')
    return next((tag.removesuffix(end) for end in _TAG_ENDS.values() if tag.endswith(end)), tag)


def _gzip(body: bytes) -> bytes:
    # Without a name and a time, which would make it other bytes at each start.
    packer = zlib.compressobj(5, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()


def coding_for(accepts: str) -> str | None:
    """The way of packing that Accept-Encoding likes best; of two liked alike the one that packs tighter."""
    weights = dict(_weighed(part) for part in accepts.lower().split(",") if part.strip())
    liked = {name: weights.get(name, weights.get("*", 0.0)) for name in CODINGS}
    best = max(CODINGS, key=lambda name: liked[name])
    return best if liked[best] > 0 and liked[best] >= weights.get("identity", 0.0) else None


def reads_gzip(accepts: str) -> bool:
    """Whether Accept-Encoding takes gzip: by its name, or by a star."""
    weights = dict(_weighed(part) for part in accepts.lower().split(",") if part.strip())
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weighed(part: str) -> tuple[str, float]:
    name, *parameters = (piece.strip() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            try:
                return name, min(1.0, max(0.0, float(value)))
            except ValueError:
                return name, 0.0
    return name, 1.0
