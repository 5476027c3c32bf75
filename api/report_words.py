"""What the citizens' form asks, in the words of people who report, and what is told of a report afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from geo.codes import CodeList
from geo.errors import Text

LAYER = "risk_point"
MOST_WORDS = 2_000
MOST_PHOTOS = 5
MOST_BYTES_OF_A_PHOTO = 12 * 1024**2
# Whom to call when lives are in danger: a form is read in the morning.
CALLS = (
    ("1784", Text("ภัยพิบัติ (ปภ.)", "disasters (DDPM)")),
    ("1669", Text("เจ็บป่วยฉุกเฉิน", "medical emergency")),
    ("199", Text("ไฟไหม้", "fire")),
)


@dataclass(frozen=True, kw_only=True)
class Group:
    """Kinds of risk that people name in one breath."""

    title: Text
    kinds: tuple[tuple[str, Text], ...]


_KINDS = CodeList.read("risk_type")


def _group(th: str, en: str, *codes: str) -> Group:
    return Group(title=Text(th, en), kinds=tuple((code, _KINDS.by_code[code].label) for code in codes))


# All of the code list but what nobody sees happen: the sea rises in decades.
GROUPS = (
    _group("น้ำท่วม น้ำกัดเซาะ", "Flood and erosion", "FLD-SURF", "FLD-FLUV", "FLD-FLASH", "FLD-POND", "FLD-COAST",
           "RIV-EROS", "CST-EROS"),
    _group("ไฟ ไฟฟ้า ก๊าซ", "Fire, electricity and gas", "ELEC", "FIRE", "FIRE-ACC", "FIRE-HYD", "GAS"),
    _group("ถนน อาคาร ดินถล่ม", "Roads, buildings and landslides", "ROAD", "RAIL", "BUILD", "LANDSL"),
    _group("ขยะ น้ำเสีย อากาศ น้ำใช้", "Waste, dirty water, air, water supply", "WASTE", "WASTEWTR", "AIR", "WATER",
           "DEBRIS"),
    _group("โรคและสัตว์", "Disease and animals", "DENGUE", "RABIES", "LEPTO", "DIARR", "INFECT", "SNAKE"),
    _group("ลม ฟ้า ความร้อน", "Wind, lightning and heat", "STORM", "LIGHTN", "HEAT"),
    _group("ความปลอดภัยและที่อยู่", "Safety and housing", "CRIME", "EVICT"),
)  # fmt: skip
# Better an officer finds the word than that somebody gives up for want of it.
OTHER = "other"
OTHER_LABEL = Text("อื่น ๆ หรือไม่แน่ใจ", "Something else, or not sure")
SEVERITIES = (
    ("1", Text("รำคาญ แต่ยังใช้ชีวิตได้ตามปกติ", "A nuisance; life goes on as usual")),
    ("2", Text("ของเสียหายเล็กน้อย", "Some things were damaged a little")),
    ("3", Text("เสียหายมาก หรือต้องหยุดงาน หยุดเรียน", "Much was damaged, or people could not go to work or school")),
    ("4", Text("มีคนบาดเจ็บ หรือต้องย้ายออกจากบ้าน", "People were hurt, or had to leave their homes")),
    ("5", Text("อาจถึงชีวิต หรือบ้านพังหลายหลัง", "Lives are at risk, or several houses were lost")),
)
LIKELIHOODS = (
    ("5", Text("ทุกปี หรือบ่อยกว่า", "Every year, or more often")),
    ("4", Text("ทุก 2 ปี", "Every two years")),
    ("3", Text("ทุก 3 ปี", "Every three years")),
    ("2", Text("ทุก 4 ปี", "Every four years")),
    ("1", Text("ทุก 5 ปี หรือนานกว่า หรือครั้งแรก", "Every five years or less, or the first time")),
)
# What a reporter is told of each state: where it is, and what comes next.
TOLD = {
    "draft": Text("ได้รับแล้ว", "Received"),
    "reported": Text("ได้รับเรื่องแล้ว รอเจ้าหน้าที่ลงพื้นที่ดู", "Received; an officer will go and look"),
    "inspected": Text("เจ้าหน้าที่ไปดูแล้ว รอเจ้าหน้าที่อีกคนยืนยัน", "An officer has looked; another one has to confirm it"),
    "verified": Text("ยืนยันแล้ว และอยู่บนแผนที่สาธารณะ", "Confirmed, and on the public map"),
    "in_action": Text("เทศบาลกำลังแก้ไข", "The municipality is putting it right"),
    "reinspected": Text("เจ้าหน้าที่ไปดูซ้ำแล้ว", "An officer has looked again"),
    "closed": Text("ปิดเรื่องแล้ว", "Closed"),
    "expired": Text("ถึงกำหนดที่เจ้าหน้าที่ต้องไปดูซ้ำ", "It is time for an officer to look again"),
    "rejected": Text("ไม่รับเรื่องนี้", "Not taken up"),
    "duplicate": Text(
        "มีผู้แจ้งจุดเดียวกันไว้แล้ว เทศบาลติดตามในเรื่องนั้น", "The same place was reported before; it is followed there"
    ),
    "gone": Text("เรื่องนี้ถูกนำออกจากรายการแล้ว", "This has been taken off the list"),
}  # fmt: skip
# What a reporter can do where a report came to an end that they did not wish for.
NEXT = {
    "rejected": Text(
        "ถ้ายังเห็นปัญหาอยู่ แจ้งใหม่ได้ โดยบอกสถานที่ให้ชัดขึ้นหรือแนบภาพ หรือติดต่อเทศบาลโดยตรงพร้อมเลขที่ใบรับ",
        "If the problem is still there, report it again and say more exactly where, or add a picture; or ask the "
        "municipality with this receipt number",
    ),
    "closed": Text("ถ้าเกิดขึ้นอีก แจ้งใหม่ได้", "If it happens again, report it again"),
    "gone": Text(
        "ติดต่อเทศบาลพร้อมเลขที่ใบรับ หรือแจ้งใหม่", "Ask the municipality with this receipt number, or report it again"
    ),
}
