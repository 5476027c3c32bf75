"""What the buildings of one parcel are worth for the tax, or what is missing to say it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from geo.codes import CodeList
from geo.errors import Text
from geo.tax.base import Appraised, Building
from geo.tax.kinds import TaxClass
from geo.tax.town import TownRules

FARM, HOME, OTHER, VACANT = "farm", "home", "other", "vacant"
# The house of a main home on somebody else's land, which is taxed apart from the land.
HOUSE_ALONE = "house"
# A building of one of these serves that use alone; any other is shared by area as the land is.
GROUP_OF_BUILDING: Mapping[str, str] = MappingProxyType({
    "residential": HOME, "commercial": OTHER, "industry": OTHER, "government": OTHER, "education": OTHER,
    "religion": OTHER, "health": OTHER,
})  # fmt: skip
# Areas and prices are taken to four decimals, areas of uses to two: finer than any paper, and the same for a town.
_FINE, HUNDREDTH = Decimal("0.0001"), Decimal("0.01")


@dataclass
class Told:
    """What is said on the way: on what a figure rests, what is missing, what nobody confirms."""

    bases: list[Text] = field(default_factory=list)
    asked: list[Text] = field(default_factory=list)
    doubts: list[Text] = field(default_factory=list)

    def once(self, texts: Sequence[Text]) -> tuple[Text, ...]:
        """Each once, in their order."""
        return tuple(dict.fromkeys(texts))

    def ask(self, th: str, en: str) -> None:
        """Something is missing."""
        self.asked.append(Text(th, en))

    def base(self, th: str, en: str) -> None:
        """Something was taken from somewhere."""
        self.bases.append(Text(th, en))


@dataclass(frozen=True, kw_only=True)
class House:
    """A building as the register has it; square metres, Gregorian years, baht."""

    name: str
    floor_square_metres: Decimal | None = None
    footprint_square_metres: float | None = None
    storeys: int | None = None
    baht_per_square_metre: Decimal | None = None
    appraised_baht: Decimal | None = None
    building_type: str | None = None
    structure: str | None = None
    year_built: int | None = None
    use: str | None = None


def fine(number: Decimal) -> Decimal:
    """Four decimals, without noughts at the end."""
    return number.quantize(_FINE, ROUND_HALF_UP).normalize()


def worth_of_house(
    house: House, kinds: Mapping[str, TaxClass], year: int, town: TownRules, told: Told, *, alone: bool
) -> Building | Appraised | None:
    """A building for `estimate`; None where it is not counted, or where something is missing that `told` asks for.

    `kinds` are the classes of the parcel's uses; `alone` says that it has one use.
    """
    if house.year_built is not None and house.year_built > year:
        told.base(f"{house.name}: สร้างหลังปีภาษี ไม่นับ", f"{house.name}: built after the tax year, not counted")
        return None
    kind, said = _kind_of(house, kinds, alone=alone), Told()
    price, area = _price(house, year, town, said), _floor(house, said)
    if price is not None and area is not None and house.structure is not None and house.year_built is not None:
        age = year - house.year_built
        said.base(f"{house.name}: อายุ {age} ปี = ปีภาษีลบปีที่สร้าง",
                  f"{house.name}: {age} years, the tax year less the year built")  # fmt: skip
        told.bases += said.bases
        return Building(area_square_metres=area, baht_per_square_metre=price, structure=house.structure,
                        age_years=age, kind=kind)  # fmt: skip
    if house.appraised_baht is not None:
        whole = Text(f"{house.name}: ราคาประเมินทั้งหลังในทะเบียน ใช้ตามนั้นโดยไม่หักค่าเสื่อมอีก",
                     f"{house.name}: appraised as a whole in the register, taken as it is")  # fmt: skip
        told.bases.append(whole)
        return Appraised(told=whole, baht=house.appraised_baht.quantize(HUNDREDTH, ROUND_HALF_UP), kind=kind)
    _ask_for(house, told, has_price=price is not None, has_area=area is not None)
    return None


def _kind_of(house: House, kinds: Mapping[str, TaxClass], *, alone: bool) -> TaxClass | None:
    """The one class that a building serves, where the parcel is used so; None where it is shared by area."""
    group = GROUP_OF_BUILDING.get(house.use or "")
    if HOUSE_ALONE in kinds and (alone or group == HOME):
        return kinds[HOUSE_ALONE]
    return kinds.get(group) if group is not None else None


def _price(house: House, year: int, town: TownRules, told: Told) -> Decimal | None:
    if house.baht_per_square_metre is not None:
        told.base(f"{house.name}: ราคาต่อ ตร.ม. ของอาคารในทะเบียน", f"{house.name}: price per m² from its own row")
        return fine(house.baht_per_square_metre)
    if house.building_type is None or (found := town.prices.of(house.building_type, year)) is None:
        return None
    label = CodeList.read("building_type").label(house.building_type)
    told.base(f"{house.name}: ราคาของประเภท {house.building_type} {label.th} จากตารางของเทศบาล",
              f"{house.name}: price of type {house.building_type} {label.en} from the town's table")  # fmt: skip
    return fine(found.baht)


def _floor(house: House, told: Told) -> Decimal | None:
    if house.floor_square_metres is not None and house.floor_square_metres > 0:
        return fine(house.floor_square_metres)
    footprint = house.footprint_square_metres
    if footprint is None or footprint <= 0 or not house.storeys:
        return None
    # With as many digits as the database turns such a number into.
    area = fine(Decimal(f"{footprint:.15g}") * house.storeys)
    told.base(f"{house.name}: พื้นที่ = พื้นที่ในผัง × {house.storeys} ชั้น = {area:,f} ตร.ม. เพราะไม่มีพื้นที่ใช้สอย",
              f"{house.name}: area = footprint × {house.storeys} storeys = {area:,f} m² (no floor area)")  # fmt: skip
    return area


def _ask_for(house: House, told: Told, *, has_price: bool, has_area: bool) -> None:
    if not has_area:
        told.ask(f"{house.name}: พื้นที่ใช้สอย (ตร.ม.) หรือจำนวนชั้น",
                 f"{house.name}: its floor area, or how many storeys?")  # fmt: skip
    if not has_price and house.building_type is None:
        told.ask(f"{house.name}: ประเภทสิ่งปลูกสร้าง (กรมธนารักษ์) หรือราคาต่อ ตร.ม.",
                 f"{house.name}: its Treasury building type, or a price per m²")  # fmt: skip
    elif not has_price:
        code = house.building_type or ""
        label = CodeList.read("building_type").label(code)
        told.ask(f"{house.name}: ตารางราคาของเทศบาลไม่มีราคาของประเภท {code} {label.th} ในปีนี้",
                 f"{house.name}: the town's table has no price of type {code} {label.en} for this year")  # fmt: skip
    if house.structure is None:
        told.ask(f"{house.name}: ลักษณะ (ตึก ครึ่งตึกครึ่งไม้ ไม้)", f"{house.name}: what is its structure?")
    if house.year_built is None:
        told.ask(f"{house.name}: สร้างปีใด", f"{house.name}: when was it built?")
