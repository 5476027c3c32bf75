"""One parcel of the register as the tax sees it: what its row says, what had to be taken instead, what is missing.

Nothing is guessed in silence. Each figure says what it rests on; what is not there is asked for in words, and until it
is answered there is no figure. The same steps are worked out for a whole town in `geo/store/simulation.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from geo.codes import CodeList
from geo.errors import AtlasError, Text
from geo.tax.base import Appraised, Building, Land
from geo.tax.estimate import Estimate, Property, estimate
from geo.tax.houses import FARM, HOME, HOUSE_ALONE, HUNDREDTH, OTHER, VACANT, House, Told, fine, worth_of_house
from geo.tax.kinds import TaxClass
from geo.tax.of_class import Use
from geo.tax.town import TownRules

# What a use of the register is taken for where nobody has said which areas are used how. A guess, and told as one.
GROUP_OF_USE: Mapping[str, str] = MappingProxyType({
    "residential": HOME, "commercial": OTHER, "agriculture": FARM, "vacant": VACANT, "industry": OTHER,
    "government": OTHER, "education": OTHER, "religion": OTHER, "open": OTHER, "transport": OTHER,
})  # fmt: skip
EXEMPT_OWNERS = ("state", "religious")
EXEMPT_AGENCIES = ("treasury", "railway", "municipality", "temple", "mosque", "lands", "other_state")
EXEMPT_DOCUMENTS = ("RP", "SRT", "WAT", "MASJID", "PUB")
PUBLIC_PROPERTY = "public_property"
# Of an area on paper and on the map, in percent: beyond it the page points at the difference.
NOTABLE_PERCENT = 5


@dataclass(frozen=True, kw_only=True)
class Lot:
    """A parcel as the register has it; square wah, square metres, Gregorian years, baht."""

    rai: int | None = None
    ngan: int | None = None
    wah: Decimal | None = None
    map_square_metres: float | None = None
    baht_per_wah: Decimal | None = None
    appraised_baht: Decimal | None = None
    land_use: str | None = None
    wah_of: Mapping[str, Decimal | None] = field(default_factory=dict)
    vacant_since: int | None = None
    owner_kind: str | None = None
    main_home: str | None = None
    agency: str | None = None
    document: str | None = None
    houses: tuple[House, ...] = ()

    @property
    def paper_wah(self) -> Decimal | None:
        """The area on paper in square wah; None where it says nothing, as 0-0-0 does."""
        found = fine(Decimal((self.rai or 0) * 400 + (self.ngan or 0) * 100) + (self.wah or Decimal(0)))
        return found if found > 0 else None

    @property
    def map_wah(self) -> Decimal | None:
        """The area of the shape in square wah."""
        metres = self.map_square_metres
        # With as many digits as the database turns such a number into.
        found = fine(Decimal(f"{metres / 4:.15g}")) if metres is not None and metres > 0 else Decimal(0)
        return found if found > 0 else None

    @property
    def may_be_exempt(self) -> bool:
        """Whether it may be property that is not taxed where nobody gains by it (DOMAIN §3.4, from memory)."""
        return self.owner_kind in EXEMPT_OWNERS or self.agency in EXEMPT_AGENCIES or self.document in EXEMPT_DOCUMENTS


@dataclass(frozen=True, kw_only=True)
class Reckoned:
    """The estimate of a lot, or what is missing for one.

    `bases` say what was taken from where; `asked` what nobody has said; `unconfirmed` what was taken without a source.
    `exempt` is the same as exempt property, where it may be that.
    """

    estimate: Estimate | None
    exempt: Estimate | None
    asked: tuple[Text, ...]
    bases: tuple[Text, ...]
    unconfirmed: tuple[Text, ...]


def reckoned(lot: Lot, year: int, town: TownRules) -> Reckoned:
    """The tax of a lot in a Gregorian year by a town's rules; BadRequest for a year without rules."""
    told = Told()
    uses = _uses(lot, year, told)
    groups = _groups(lot)
    land = _land(lot, told)
    kinds = {name: use.kind for name, use in uses.items()}
    worth = [worth_of_house(one, kinds, year, town, told, alone=len(groups) < 2) for one in lot.houses]
    if told.asked or not uses or not (land or any(worth)):
        return Reckoned(estimate=None, exempt=None, asked=told.once(told.asked), bases=told.once(told.bases),
                        unconfirmed=told.once(told.doubts))  # fmt: skip
    of = Property(
        uses=tuple(uses.values()), land=land if isinstance(land, Land) else None,
        buildings=tuple(one for one in worth if isinstance(one, Building)),
        appraised=tuple(one for one in (land, *worth) if isinstance(one, Appraised)),
    )  # fmt: skip
    try:
        found = estimate(of, year, town=town.town, rules=town.rules)
        exempt = _as_exempt(of, year, town) if lot.may_be_exempt else None
    except AtlasError as error:
        # What is too large for any real parcel is a mistake in the row, and is told as one.
        return Reckoned(estimate=None, exempt=None, asked=(error.told,), bases=told.once(told.bases), unconfirmed=())
    if exempt is not None:
        told.doubts.append(_MAY_BE_EXEMPT)
    doubts = told.once((*told.doubts, *found.unconfirmed))
    return Reckoned(estimate=found, exempt=exempt, asked=(), bases=told.once(told.bases), unconfirmed=doubts)


_MAY_BE_EXEMPT = Text(
    "อาจได้รับยกเว้น (ยังไม่ยืนยัน): ทรัพย์สินของรัฐ วัด มัสยิด หรือที่สาธารณประโยชน์ที่ไม่ได้ใช้หาผลประโยชน์ จึงแสดงไว้ทั้งสองทาง",
    "May be exempt (unconfirmed): land of the state, a temple, a mosque or the public without gain; both ways shown",
)


def _land(lot: Lot, told: Told) -> Land | Appraised | None:
    paper, on_map, price = lot.paper_wah, lot.map_wah, lot.baht_per_wah
    if price is not None:
        area = paper or on_map
        if area is None:
            told.ask(
                "ยังไม่มีเนื้อที่ของแปลง ทั้งจากเอกสารและจากแผนที่", "The parcel has no area, neither on paper nor on the map"
            )
            return None
        if paper is None:
            told.base(f"เนื้อที่จากแผนที่ {area:,f} ตร.ว. เพราะไม่มีเนื้อที่ตามเอกสาร",
                      f"Area from the map, {area:,f} square wah: there is none on paper")  # fmt: skip
        else:
            told.base(f"เนื้อที่ตามเอกสาร {area:,f} ตร.ว.", f"Area on paper, {area:,f} square wah")
        return Land(area_square_wah=area, baht_per_square_wah=fine(price))
    if lot.appraised_baht is not None:
        said = Text("ราคาประเมินที่ดินทั้งแปลงในทะเบียน เพราะไม่มีราคาต่อ ตร.ว.",
                    "Appraised value of the whole land in the register: there is no price per square wah")  # fmt: skip
        told.bases.append(said)
        return Appraised(told=said, baht=lot.appraised_baht.quantize(HUNDREDTH, ROUND_HALF_UP))
    told.ask("ราคาประเมินต่อ ตร.ว. ยังไม่มี (และไม่มีราคาประเมินทั้งแปลง)",
             "There is no appraised price per square wah, nor of the whole parcel")  # fmt: skip
    return None


def _groups(lot: Lot) -> dict[str, Decimal]:
    """The areas of the uses that the register names, in square wah."""
    found = {}
    for group in (FARM, HOME, OTHER, VACANT):
        area = lot.wah_of.get(group)
        if area is not None and (rounded := area.quantize(HUNDREDTH, ROUND_HALF_UP)) > 0:
            found[group] = rounded
    return found


def _uses(lot: Lot, year: int, told: Told) -> dict[str, Use]:
    """A use for each group of the parcel; what its class depends on is asked for where it is not known."""
    areas = _groups(lot)
    if areas:
        said = " + ".join(f"{_CALLED[group].th} {area:,f}" for group, area in areas.items())
        en = " + ".join(f"{_CALLED[group].en} {area:,f}" for group, area in areas.items())
        told.base(f"การใช้ตามพื้นที่ในทะเบียน (ตร.ว.): {said}", f"Uses by the register's areas (square wah): {en}")
    else:
        group = GROUP_OF_USE.get(lot.land_use or "")
        if group is None:
            told.ask("ยังไม่ทราบว่าแต่ละส่วนของแปลงใช้ทำอะไร (พื้นที่ตามการใช้ ตร.ว.)",
                     "It is not known what the parts of the parcel are used for (areas by use)")  # fmt: skip
            return {}
        label = CodeList.read("land_use").label(lot.land_use or "")
        told.base(f"การใช้เดาจากทะเบียน “{label.th}” → {_CALLED[group].th} ทั้งแปลง เพราะไม่มีพื้นที่ตามการใช้",
                  f"Use guessed from the register: “{label.en}” → {_CALLED[group].en}, all of it")  # fmt: skip
        areas = {group: Decimal(1)}
    found: dict[str, Use] = {}
    for group, area in areas.items():
        kind = _class(group, lot, told)
        if kind is None:
            continue
        years = _vacant_years(lot, year, told) if kind is TaxClass.VACANT else None
        if kind is not TaxClass.VACANT or years is not None:
            found[group] = Use(kind=kind, area=area, vacant_years=years)
    if lot.main_home == "house_only" and HOME in found and lot.houses:
        found[HOUSE_ALONE] = Use(kind=TaxClass.MAIN_HOME_HOUSE_ONLY, area=0)
    return found


_CALLED = {
    FARM: Text("เกษตรกรรม", "farming"), HOME: Text("อยู่อาศัย", "homes"), OTHER: Text("อื่น ๆ", "other use"),
    VACANT: Text("ว่างเปล่า", "vacant"),
}  # fmt: skip


def _class(group: str, lot: Lot, told: Told) -> TaxClass | None:
    if group == OTHER:
        return TaxClass.OTHER_USE
    if group == VACANT:
        return TaxClass.VACANT
    if group == FARM:
        if lot.owner_kind == "person":
            return TaxClass.AGRICULTURE_PERSON
        if lot.owner_kind in ("juristic", "state", "religious"):
            return TaxClass.AGRICULTURE_JURISTIC
        told.ask("เกษตรกรรม: เจ้าของเป็นบุคคลธรรมดาหรือนิติบุคคล", "Farming: is the owner a natural or a juristic person?")
        return None
    if lot.main_home == "land_and_house":
        return TaxClass.MAIN_HOME
    if lot.main_home == "house_only":
        told.doubts.append(_OTHERS_LAND)
        return TaxClass.OTHER_RESIDENCE
    if lot.main_home == "not_main":
        return TaxClass.OTHER_RESIDENCE
    if lot.owner_kind in ("juristic", "state", "religious"):
        told.base("เจ้าของไม่ใช่บุคคลธรรมดา จึงไม่เป็นบ้านหลังหลัก", "The owner is no natural person, so it is no main home")
        return TaxClass.OTHER_RESIDENCE
    told.ask(
        "อยู่อาศัย: เป็นบ้านหลังหลัก (มีชื่อในทะเบียนบ้าน) หรือไม่", "Homes: is it the owner's main home (in the house register)?"
    )
    return None


_OTHERS_LAND = Text(
    "บ้านหลังหลักที่เป็นเจ้าของเฉพาะบ้าน: ที่ดินของผู้อื่นคิดเป็นที่อยู่อาศัยอื่น (ยังไม่ยืนยัน)",
    "A main home on somebody else's land: the land is taken as another residence (unconfirmed)",
)


def _vacant_years(lot: Lot, year: int, told: Told) -> int | None:
    if lot.vacant_since is None:
        told.ask("ว่างเปล่าติดต่อกันตั้งแต่ปีภาษีใด", "Since which tax year has it been vacant?")
        return None
    if lot.vacant_since > year:
        told.ask(f"ว่างเปล่าตั้งแต่ปี {lot.vacant_since + 543} ซึ่งอยู่หลังปีภาษีที่เลือก โปรดตรวจ",
                 f"It is vacant since {lot.vacant_since}, after the tax year; please check")  # fmt: skip
        return None
    years = year - lot.vacant_since + 1
    told.base(f"ว่างเปล่าตั้งแต่ปีภาษี {lot.vacant_since + 543}: ปีนี้เป็นปีที่ {years}",
              f"Vacant since tax year {lot.vacant_since}: this is year {years}")  # fmt: skip
    return years


def _as_exempt(of: Property, year: int, town: TownRules) -> Estimate:
    uses = tuple(replace(one, relief=PUBLIC_PROPERTY) for one in of.uses)
    return estimate(replace(of, uses=uses), year, town=town.town, rules=town.rules)
