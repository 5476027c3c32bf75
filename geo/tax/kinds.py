"""The classes of the Act, and what it lets nobody exceed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType

from geo.errors import Text


class TaxClass(StrEnum):
    """How land and buildings are taxed, by use and owner; the order is that of the columns of `many_taxes`."""

    AGRICULTURE_PERSON = "agriculture_person"
    AGRICULTURE_JURISTIC = "agriculture_juristic"
    MAIN_HOME = "main_home"
    MAIN_HOME_HOUSE_ONLY = "main_home_house_only"
    OTHER_RESIDENCE = "other_residence"
    OTHER_USE = "other_use"
    VACANT = "vacant"

    @property
    def label(self) -> Text:
        """What people call it."""
        return _LABELS[self]

    @property
    def ceiling_percent(self) -> Decimal:
        """The highest rate that the Act lets a decree set, in percent; escalation of vacant land has its own cap."""
        return _CEILINGS[self]


class SignKind(StrEnum):
    """What is written on a sign."""

    THAI_ONLY = "thai_only"
    THAI_WITH_OTHER = "thai_with_other"
    NO_THAI_OR_BELOW = "no_thai_or_below"

    @property
    def label(self) -> Text:
        """What people call it."""
        return _SIGNS[self]


_LABELS: Mapping[TaxClass, Text] = MappingProxyType({
    TaxClass.AGRICULTURE_PERSON: Text("เกษตรกรรม (บุคคลธรรมดา)", "Agriculture (natural person)"),
    TaxClass.AGRICULTURE_JURISTIC: Text("เกษตรกรรม (นิติบุคคล)", "Agriculture (juristic person)"),
    TaxClass.MAIN_HOME: Text("บ้านหลังหลัก (เจ้าของที่ดินและบ้าน)", "Main home (owner of land and house)"),
    TaxClass.MAIN_HOME_HOUSE_ONLY: Text("บ้านหลังหลัก (เจ้าของเฉพาะบ้าน)", "Main home (owner of the house only)"),
    TaxClass.OTHER_RESIDENCE: Text("ที่อยู่อาศัยอื่น", "Other residence"),
    TaxClass.OTHER_USE: Text("ใช้ประโยชน์อื่น ๆ", "Other use"),
    TaxClass.VACANT: Text("ว่างเปล่า/ไม่ทำประโยชน์", "Vacant or unused"),
})  # fmt: skip
_SIGNS: Mapping[SignKind, Text] = MappingProxyType({
    SignKind.THAI_ONLY: Text("อักษรไทยล้วน", "Thai only"),
    SignKind.THAI_WITH_OTHER: Text("อักษรไทยปนอักษรอื่น ภาพ หรือเครื่องหมาย", "Thai with other text, a picture or a mark"),
    SignKind.NO_THAI_OR_BELOW: Text("ไม่มีอักษรไทย หรืออักษรไทยอยู่ต่ำกว่า", "No Thai, or Thai below other text"),
})  # fmt: skip

# Ceilings of the Act, percent (DOMAIN 3.2: 0.15, 0.3, 1.2 and 1.2). They are the Act's, so no table may move them.
_AGRICULTURE, _RESIDENCE, _OTHER = Decimal("0.15"), Decimal("0.3"), Decimal("1.2")
_CEILINGS: Mapping[TaxClass, Decimal] = MappingProxyType({
    TaxClass.AGRICULTURE_PERSON: _AGRICULTURE,
    TaxClass.AGRICULTURE_JURISTIC: _AGRICULTURE,
    TaxClass.MAIN_HOME: _RESIDENCE,
    TaxClass.MAIN_HOME_HOUSE_ONLY: _RESIDENCE,
    TaxClass.OTHER_RESIDENCE: _RESIDENCE,
    TaxClass.OTHER_USE: _OTHER,
    TaxClass.VACANT: _OTHER,
})  # fmt: skip
# Section 43: escalation ends here, percent.
VACANT_CAP_PERCENT = Decimal(3)
EXEMPTED = (TaxClass.AGRICULTURE_PERSON, TaxClass.MAIN_HOME, TaxClass.MAIN_HOME_HOUSE_ONLY)
