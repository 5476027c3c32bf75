"""The measures by which communities are ranked, mapped and laid side by side: each declared once.

A number of people, risks or lots says little where communities differ in size: a measure that is a count is also told
by 100 of the registered and by 100 of those really there, and each of these says whose number it divides by.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from api.reading.looking import Looking
from api.reading.numbers import HOMES, NOT_KNOWN, SURVEYED, WITHHELD, Figure, Known, Numbers, figure
from geo.errors import BadRequest, Text
from geo.layer import Audience
from geo.shapes.small_counts import told
from layers import LAYERS

SQUARE_KILOMETRE = 1e6
SMALLEST_TOLD = 5  # households; the public gets squares of as many (DOMAIN 7.3)
HUNDRED = 100


class Direction(StrEnum):
    """Whether more of it is worse, better, or neither."""

    WORSE = "worse"
    BETTER = "better"
    NEITHER = "neither"


@dataclass(frozen=True, kw_only=True)
class Per:
    """What a count is divided by."""

    id: str
    title: Text
    unit: Text
    divisor: Callable[[Numbers], float | None] | None


@dataclass(frozen=True, kw_only=True)
class Measure:
    """One measure: its words, how it is counted, which layers it needs, and who may know it."""

    id: str
    title: Text
    unit: Text
    theme: Text
    how: Text
    value: Callable[[Numbers], Figure]
    needs: tuple[str, ...] = ()
    direction: Direction = Direction.NEITHER
    is_count: bool = True
    digits: int = 0
    audience: Audience = Audience.PUBLIC

    @property
    def per(self) -> tuple[Per, ...]:
        """In which ways it is told: a rate as it is, people by land, any other count also by people."""
        if not self.is_count:
            return (PER["count"],)
        return (PER["km2"], PER["count"]) if self.theme is PEOPLE else tuple(PER.values())

    def told(self, numbers: Numbers, per: str = "count") -> Figure:
        """The number of one community, divided by what `per` names."""
        found, by = self.value(numbers), PER[per]
        if found.value is None or by.divisor is None:
            return found
        divisor = by.divisor(numbers)
        return Figure(value=found.value / divisor, is_about=found.is_about) if divisor else NOT_KNOWN

    def digits_of(self, per: str) -> int:
        """How many decimals its number is told with."""
        return self.digits if per == "count" else 1


def _hundreds(name: str) -> Callable[[Numbers], float | None]:
    def divisor(numbers: Numbers) -> float | None:
        people = numbers.word(name)
        return None if people is None else people / HUNDRED

    return divisor


def _square_kilometres(numbers: Numbers) -> float | None:
    area = numbers.community.square_metres
    return None if area is None else area / SQUARE_KILOMETRE


PER: Mapping[str, Per] = {
    one.id: one
    for one in (
        Per(id="registered", title=Text("ต่อคนตามทะเบียน 100 คน", "per 100 registered people"),
            unit=Text("ต่อ 100 คนตามทะเบียน", "per 100 registered"), divisor=_hundreds("registered_people")),
        Per(id="present", title=Text("ต่อคนที่อยู่จริง 100 คน", "per 100 people really there"),
            unit=Text("ต่อ 100 คนที่อยู่จริง", "per 100 really there"), divisor=_hundreds("present_people")),
        Per(id="km2", title=Text("ต่อตารางกิโลเมตร", "per km²"), unit=Text("ต่อ ตร.กม.", "per km²"),
            divisor=_square_kilometres),
        Per(id="count", title=Text("จำนวน", "Number"), unit=Text("", ""), divisor=None),
    )
}  # fmt: skip

PEOPLE, RISK = Text("ประชากร", "People"), Text("ความเสี่ยง", "Risks")
STRENGTH, LAND = Text("ศักยภาพ", "Potentials"), Text("ที่ดินและโรงเรือน", "Land and buildings")
HOUSING = Text("ที่อยู่อาศัย", "Housing")
_PERSONS, _PERCENT = Text("คน", "people"), Text("ร้อยละ", "%")


def _word(name: str) -> Callable[[Numbers], Figure]:
    return lambda numbers: figure(numbers.word(name))


def _people(name: str, th: str, en: str) -> Measure:
    words = LAYERS["community"].fields[name]
    return Measure(
        id=name.replace("_", "-"), title=words.label, unit=Text(th, en), theme=PEOPLE, value=_word(name),
        how=Text("ตามที่ชุมชนบันทึกไว้ พร้อมวันที่และที่มา", "as recorded of the community, with its day and source"),
    )  # fmt: skip


def _ratio(numbers: Numbers) -> Figure:
    there, registered = numbers.word("present_people"), numbers.word("registered_people")
    return NOT_KNOWN if there is None or not registered else Figure(value=there / registered * HUNDRED)


def _high(layer: str) -> Callable[[Numbers], Figure]:
    codes = LAYERS[layer].fields["band"].codes
    # The upper half of the list, which goes from low to very high.
    upper = {code.code for code in codes.codes[len(codes.codes) // 2 :]} if codes else set()
    return lambda numbers: numbers.count(layer, lambda words: words["band"] in upper)


def _shelter(numbers: Numbers) -> Figure:
    if "asset" not in numbers.recorded:
        return NOT_KNOWN
    return Figure(value=numbers.total("asset", lambda words: words["open_in_flood"] is True))


def _surveyed(numbers: Numbers) -> Figure:
    found = numbers.surveyed
    if found is None or found.count is None:
        return WITHHELD
    return Figure(value=found.count, is_about=found.is_about)


def _counted(layer_id: str, theme: Text, direction: Direction = Direction.NEITHER) -> Measure:
    layer = LAYERS[layer_id]
    return Measure(
        id=layer_id.replace("_", "-"), title=layer.title, unit=_UNITS[layer_id], theme=theme, needs=(layer_id,),
        direction=direction, how=Text(f"นับจากชั้น {layer.title.th} · {layer.source.th}",
                                      f"counted from {layer.title.en} · {layer.source.en}"),
        value=lambda numbers: numbers.count(layer_id),
    )  # fmt: skip


_UNITS = {
    "risk_point": Text("จุด", "points"), "risk_zone": Text("พื้นที่", "zones"), "asset": Text("แห่ง", "places"),
    "parcel": Text("แปลง", "lots"), "building": Text("หลัง", "buildings"),
}  # fmt: skip


def _uses() -> Iterator[Measure]:
    codes = LAYERS["parcel"].fields["land_use"].codes
    for code in codes.codes if codes else ():
        yield Measure(
            id=f"land-{code.code}", title=Text(f"เนื้อที่แปลง: {code.label.th}", f"Land of lots: {code.label.en}"),
            unit=_PERCENT, theme=LAND, needs=("parcel",), is_count=False, digits=1, value=_use_share(code.code),
            how=Text("ร้อยละของเนื้อที่แปลงที่ดินทั้งหมดในชุมชน วัดจากรูปแปลง",
                     "share of the measured area of all lots in the community"),
        )  # fmt: skip


def _use_share(code: str) -> Callable[[Numbers], Figure]:
    def value(numbers: Numbers) -> Figure:
        if "parcel" not in numbers.recorded:
            return NOT_KNOWN
        whole = numbers.total("parcel")
        part = numbers.total("parcel", lambda words: words["land_use"] == code)
        return Figure(value=part / whole * HUNDRED) if whole else NOT_KNOWN

    return value


def _homes(column: str) -> Iterator[Measure]:
    words = LAYERS[HOMES].fields[column]
    for code in words.codes.codes if words.codes else ():
        yield Measure(
            id=f"{column}-{code.code}",
            title=Text(f"{words.label.th}: {code.label.th}", f"{words.label.en}: {code.label.en}"),
            unit=_PERCENT, theme=HOUSING, needs=(HOMES,), is_count=False, digits=1, audience=words.audience,
            value=_home_share(column, code.code),
            how=Text(f"ร้อยละของครัวเรือนที่สำรวจและระบุไว้ ไม่บอกจำนวนที่น้อยกว่า {SMALLEST_TOLD}",
                     f"share of surveyed households that say so; counts below {SMALLEST_TOLD} are not told"),
        )  # fmt: skip


def _home_share(column: str, code: str) -> Callable[[Numbers], Figure]:
    def value(numbers: Numbers) -> Figure:
        if HOMES not in numbers.groups:
            return WITHHELD
        counts = homes_by(numbers, column)
        total = sum(count or 0 for _, count, _ in counts)
        if not counts:
            return NOT_KNOWN
        found = next((count for name, count, _ in counts if name == code), 0)
        # With a part hidden the whole is not known from what is shown, and a share would tell it.
        if found is None or any(count is None for _, count, _ in counts):
            return WITHHELD
        return Figure(value=found / total * HUNDRED) if total else NOT_KNOWN

    return value


def homes_by(numbers: Numbers, column: str) -> list[tuple[str | None, int | None, float]]:
    """Surveyed households by a column: value, how many (None: not told), and their members; empty: nothing surveyed.

    Small counts are not told, nor what would give them away (`geo/shapes/small_counts.py`).
    """
    found = numbers.folded(HOMES, column)
    shown = told([group.count for group in found.values()], SMALLEST_TOLD)
    return [(name, count, group.sums[0]) for (name, group), count in zip(found.items(), shown, strict=True)]


MEASURES: Mapping[str, Measure] = {
    one.id: one
    for one in (
        _counted("risk_point", RISK, Direction.WORSE),
        Measure(
            id="high-risk", title=Text("จุดเสี่ยงระดับสูงขึ้นไป", "Risk points, high and above"), unit=_UNITS["risk_point"],
            theme=RISK, needs=("risk_point",), direction=Direction.WORSE, value=_high("risk_point"),
            how=Text("จุดเสี่ยงในครึ่งบนของระดับความเสี่ยง (โอกาส × ความรุนแรง)",
                     "risk points in the upper half of the levels (likelihood × severity)"),
        ),
        _counted("risk_zone", RISK, Direction.WORSE),
        _people("registered_people", "คน", "people"),
        _people("present_people", "คน", "people"),
        Measure(
            id="present-ratio", title=Text("คนที่อยู่จริงต่อคนตามทะเบียน 100 คน", "People really there per 100 registered"),
            unit=Text("ต่อ 100 คนตามทะเบียน", "per 100 registered"), theme=PEOPLE, is_count=False, digits=1, value=_ratio,
            how=Text("คนที่อยู่จริงหารด้วยคนตามทะเบียน คูณ 100 สองจำนวนนี้ไม่นำมาเฉลี่ยกัน",
                     "people really there by registered people, times 100; the two are never averaged"),
        ),
        _people("registered_households", "ครัวเรือน", "households"),
        Measure(
            id=SURVEYED, title=Text("ครัวเรือนที่สำรวจ", "Households surveyed"), unit=Text("ครัวเรือน", "households"),
            theme=PEOPLE, needs=(SURVEYED,), value=_surveyed,
            how=Text(f"สาธารณะได้ผลรวมของช่องบนแผนที่ ไม่บอกจำนวนที่น้อยกว่า {SMALLEST_TOLD}",
                     f"for the public the sum of the map's squares; numbers below {SMALLEST_TOLD} are not told"),
        ),
        _counted("asset", STRENGTH, Direction.BETTER),
        Measure(
            id="flood-places", title=Text("ที่รองรับคนเมื่อน้ำท่วม", "Room for people in a flood"), unit=_PERSONS,
            theme=STRENGTH, needs=("asset",), direction=Direction.BETTER, value=_shelter,
            how=Text("ผลรวมความจุของศักยภาพที่เปิดใช้เมื่อน้ำท่วม", "capacity of the assets that open in a flood, added up"),
        ),
        _counted("parcel", LAND), _counted("building", LAND), *_uses(), *_homes("tenure"), *_homes("programme"),
    )
}  # fmt: skip
DEFAULT = "risk-point"


def measures_for(looking: Looking) -> list[Measure]:
    """Those that these eyes may see."""
    return [one for one in MEASURES.values() if one.needs != (HOMES,) or looking.knows_homes]


def measure_named(looking: Looking, name: str) -> Measure:
    """The measure of that id; a hidden one is refused in the words of one that does not exist."""
    found = next((one for one in measures_for(looking) if one.id == name), None)
    if found is None:
        raise BadRequest(f"ไม่รู้จักตัวชี้วัด {name[:60]!r}", f"There is no measure {name[:60]!r}")
    return found


def per_named(measure: Measure, name: str | None) -> Per:
    """What its number is divided by; when nothing is said the first way, which for a count is never the bare number."""
    ways = {one.id: one for one in measure.per}
    if name is None:
        return measure.per[0]
    if name not in ways:
        raise BadRequest(f"ตัวชี้วัดนี้ไม่มีการเทียบแบบ {name[:40]!r}", f"This measure is not told {name[:40]!r}")
    return ways[name]


def number(value: float | None, digits: int) -> str:
    """A number as people read it, with thousands and so many decimals."""
    return "–" if value is None else f"{round(value, digits):,.{digits}f}"


STATES: Mapping[Known, Text] = {
    Known.NOT_KNOWN: Text("ยังไม่มีข้อมูล", "not known"),
    Known.WITHHELD: Text("ไม่เผยแพร่", "not published"),
}


def said(found: Figure, digits: int) -> Any:
    """A figure in words, for a page: the number, or why there is none."""
    if found.value is None:
        return STATES[found.known]
    told = number(found.value, digits)
    return Text(f"ราว {told}", f"about {told}") if found.is_about else Text(told, told)
