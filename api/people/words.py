"""What people write about accounts, read; and what they are called in both languages."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping

from geo.errors import BadRequest, Text
from geo.layer import Audience
from geo.people.areas import AreaKind
from geo.people.grants import GRANTED, end_of
from geo.thai_dates import DateOrder, read_date

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@+-]{2,63}")

AUDIENCES: Mapping[str, Text] = {
    "public": Text("ประชาชนทั่วไป", "Public"), "partner": Text("ภาคี", "Partner"),
    "community": Text("กรรมการชุมชน", "Community committee"), "staff": Text("เจ้าหน้าที่เทศบาล", "Municipal staff"),
    "care": Text("ทีมดูแล (ข้อมูลบุคคลและสุขภาพ)", "Care team (persons, health)"),
    "tax": Text("งานภาษี (เจ้าของและมูลค่า)", "Tax office (owners, values)"),
    "steward": Text("ผู้ดูแล (คนและสิทธิ์)", "Steward (people and grants)"),
}  # fmt: skip
KINDS: Mapping[str, Text] = {
    "municipality": Text("เทศบาล", "Municipality"), "community": Text("ชุมชน", "Community"),
    "shared_area": Text("พื้นที่ร่วม", "Shared area"),
}  # fmt: skip
STATES: Mapping[str, Text] = {
    "active": Text("ใช้งานอยู่", "Active"), "invited": Text("เชิญแล้ว ยังไม่ตั้งรหัสผ่าน", "Invited, no password yet"),
    "disabled": Text("ปิดบัญชี", "Disabled"),
}  # fmt: skip
EVENTS: Mapping[str, Text] = {
    "person added": Text("เพิ่มบัญชี", "Account made"), "account disabled": Text("ปิดบัญชี", "Account closed"),
    "account enabled": Text("เปิดบัญชีอีกครั้ง", "Account opened again"),
    "password changed": Text("เปลี่ยนรหัสผ่าน", "Password changed"),
    "password reset": Text("ออกลิงก์ตั้งรหัสผ่านใหม่", "Password reset"),
    "invited": Text("ออกลิงก์เชิญ", "Invited"), "grant added": Text("ให้สิทธิ์", "Grant added"),
    "grant ended": Text("ถอนสิทธิ์", "Grant ended"), "signed in": Text("เข้าสู่ระบบ", "Signed in"),
    "speaks for": Text("เปลี่ยนบทบาท", "Switched audience"), "token made": Text("สร้างโทเคน", "Token made"),
    "token ended": Text("ยกเลิกโทเคน", "Token ended"),
    "refresh token used twice": Text("มีผู้ใช้โทเคนต่ออายุซ้ำ จึงยกเลิกทั้งชุด", "A refresh token came twice; its family ended"),
    "one-time codes set up": Text("ตั้งค่ารหัสจากแอป", "One-time codes set up"),
    "one-time codes ended": Text("ยกเลิกรหัสจากแอป", "One-time codes ended"),
}  # fmt: skip


def login_in(text: str) -> str:
    """A login name as it is kept."""
    login = text.strip().casefold()
    if not _LOGIN.fullmatch(login):
        raise BadRequest(
            "ชื่อเข้าระบบใช้ a–z 0–9 . _ @ + - ยาว 3–64 ตัวอักษร เริ่มด้วยอักษรหรือตัวเลข",
            "A login has 3 to 64 of a–z 0–9 . _ @ + - and begins with a letter or a digit",
        )
    return login


def audience_in(text: str) -> Audience:
    """An audience that can be granted."""
    found = next((one for one in GRANTED if one.value == text.strip().lower()), None)
    if found is None:
        raise BadRequest(f"บทบาทต้องเป็น {', '.join(GRANTED)}", f"The audience is one of {', '.join(GRANTED)}")
    return found


def check_fits(audience: Audience, kind: AreaKind) -> None:
    """Refuse a grant that would mean nothing: a steward governs a town, never a part of one."""
    if audience is Audience.STEWARD and kind is not AreaKind.MUNICIPALITY:
        raise BadRequest("steward ให้ได้ทั้งเทศบาลเท่านั้น", "`steward` is granted in a municipality only")


def until_in(text: str | None) -> dt.datetime | None:
    """The end of a grant from its last day, in the Buddhist era or not: 2569-03-31 is 2026-03-31."""
    written = (text or "").strip()
    if not written:
        return None
    found = read_date(written, DateOrder())
    if found.value is None or found.precision != "day" or not 2000 <= found.value.year <= 2200:
        raise BadRequest(
            "อ่านวันสุดท้ายไม่ได้ เขียนเช่น 2569-03-31 หรือ 31/3/2569",
            "The last day cannot be read; write 2569-03-31, 2026-03-31 or 31/3/2569",
        )
    return end_of(found.value)
