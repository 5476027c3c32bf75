"""Why personal data is held, and for how long: the words of the Personal Data Protection Act B.E. 2562.

A layer with personal columns says them once (`Processing`); the register of processing, the books of imports, one
person's export and the retention job are worked out from that. Sections are those of the Act (DOMAIN §7.1). Which
basis holds for a town is for its own officer to decide: an import may name another than the layer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from geo.errors import BadRequest, Text


class Nature(StrEnum):
    """What a personal column is: of a person (section 24), or sensitive (section 26: health, disability, …)."""

    PERSON = "person"
    SENSITIVE = "sensitive"


class Basis(StrEnum):
    """The lawful bases of section 24."""

    CONSENT = "consent"
    RESEARCH = "research"
    VITAL_INTEREST = "vital-interest"
    CONTRACT = "contract"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTEREST = "legitimate-interest"
    LEGAL_DUTY = "legal-duty"


class SensitiveBasis(StrEnum):
    """The bases of section 26, without which sensitive data is not taken."""

    EXPLICIT_CONSENT = "explicit-consent"
    VITAL_INTEREST = "vital-interest"
    MEMBERS = "members"
    ALREADY_PUBLIC = "already-public"
    LEGAL_CLAIMS = "legal-claims"
    HEALTH_AND_SOCIAL_CARE = "health-and-social-care"
    PUBLIC_HEALTH = "public-health"
    RESEARCH = "research"
    PUBLIC_INTEREST = "public-interest"


BASES: Mapping[Basis, Text] = {
    Basis.CONSENT: Text("ความยินยอม (ม.24)", "Consent (s.24)"),
    Basis.RESEARCH: Text("จดหมายเหตุ วิจัย สถิติ (ม.24(1))", "Archives, research, statistics (s.24(1))"),
    Basis.VITAL_INTEREST: Text("ป้องกันอันตรายต่อชีวิต (ม.24(2))", "Danger to life or health (s.24(2))"),
    Basis.CONTRACT: Text("สัญญา (ม.24(3))", "Contract (s.24(3))"),
    Basis.PUBLIC_TASK: Text("ภารกิจของรัฐ (ม.24(4))", "Public task (s.24(4))"),
    Basis.LEGITIMATE_INTEREST: Text("ประโยชน์โดยชอบด้วยกฎหมาย (ม.24(5))", "Legitimate interest (s.24(5))"),
    Basis.LEGAL_DUTY: Text("ปฏิบัติตามกฎหมาย (ม.24(6))", "Legal duty (s.24(6))"),
}
SENSITIVE_BASES: Mapping[SensitiveBasis, Text] = {
    SensitiveBasis.EXPLICIT_CONSENT: Text("ความยินยอมโดยชัดแจ้ง (ม.26)", "Explicit consent (s.26)"),
    SensitiveBasis.VITAL_INTEREST: Text("ป้องกันอันตรายต่อชีวิต (ม.26(1))", "Danger to life (s.26(1))"),
    SensitiveBasis.MEMBERS: Text("สมาชิกขององค์กรไม่แสวงกำไร (ม.26(2))", "Members of a non-profit body (s.26(2))"),
    SensitiveBasis.ALREADY_PUBLIC: Text("เปิดเผยโดยเจ้าของข้อมูลแล้ว (ม.26(3))", "Made public by the person (s.26(3))"),
    SensitiveBasis.LEGAL_CLAIMS: Text("สิทธิเรียกร้องตามกฎหมาย (ม.26(4))", "Legal claims (s.26(4))"),
    SensitiveBasis.HEALTH_AND_SOCIAL_CARE: Text("บริการสุขภาพและสังคม (ม.26(5)ก)", "Health or social care (s.26(5)a)"),
    SensitiveBasis.PUBLIC_HEALTH: Text("สาธารณสุข (ม.26(5)ข)", "Public health (s.26(5)b)"),
    SensitiveBasis.RESEARCH: Text("วิจัยและสถิติ (ม.26(5)ง)", "Research and statistics (s.26(5)d)"),
    SensitiveBasis.PUBLIC_INTEREST: Text("ประโยชน์สาธารณะที่สำคัญ (ม.26(5)จ)", "Substantial public interest (s.26(5)e)"),
}


@dataclass(frozen=True, kw_only=True)
class Kept:
    """How long personal values stay, in years; None is for as long as the row is the present one.

    Counted from `since` (a day that the row carries) or from the day when the row last came in or was changed,
    whichever is later. When the time is over the values go and the row stays, so that no count changes.
    `past_years` is for closed versions, from the day when they were closed.
    """

    years: int | None
    past_years: int
    sensitive_years: int | None = None
    since: str | None = None


@dataclass(frozen=True, kw_only=True)
class Processing:
    """What the register of processing (section 39) says of a layer.

    `data` names the kinds of data in words for everybody, and no column.
    """

    subjects: Text
    data: Text
    purpose: Text
    basis: Basis
    recipients: Text
    kept: Kept
    sensitive_basis: SensitiveBasis | None = None


def basis_in(written: str) -> Basis:
    """A basis of section 24 by its name."""
    if written not in list(Basis):
        raise BadRequest(
            f"ฐานทางกฎหมาย (ม.24) ต้องเป็น {', '.join(Basis)}", f"the lawful basis (s.24) is one of {', '.join(Basis)}"
        )
    return Basis(written)


def sensitive_basis_in(written: str) -> SensitiveBasis:
    """A basis of section 26 by its name."""
    if written not in list(SensitiveBasis):
        raise BadRequest(
            f"ฐานของข้อมูลอ่อนไหว (ม.26) ต้องเป็น {', '.join(SensitiveBasis)}",
            f"the basis for sensitive data (s.26) is one of {', '.join(SensitiveBasis)}",
        )
    return SensitiveBasis(written)
