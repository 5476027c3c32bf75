"""One-time codes: right around their time, once each, and sealed at rest."""

from __future__ import annotations

import datetime as dt

import pyotp
import pytest

from geo.people.keys import sealing_key
from geo.people.totp import PERIOD, address_of, new_secret, opened, sealed, step_of

NOW = dt.datetime(2026, 3, 1, 3, 0, 10, tzinfo=dt.UTC)
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def code(seconds: int = 0) -> str:
    return pyotp.TOTP(SECRET).at(NOW + dt.timedelta(seconds=seconds))


def test_the_vector_of_rfc_6238() -> None:
    # Appendix B, SHA-1, time 59 s: 94287082; six digits are its last.
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    assert step_of(secret, "287082", at=dt.datetime.fromtimestamp(59, dt.UTC), after=None) == 1


@pytest.mark.parametrize(("seconds", "right"), [(0, True), (-PERIOD, True), (PERIOD, True), (-70, False), (70, False)])
def test_clocks_may_differ_by_one_step(seconds: int, right: bool) -> None:
    assert (step_of(SECRET, code(seconds), at=NOW, after=None) is not None) is right


def test_a_code_works_once() -> None:
    step = step_of(SECRET, code(), at=NOW, after=None)
    assert step is not None
    assert step_of(SECRET, code(), at=NOW, after=step) is None


def test_thai_digits_and_a_gap_are_read() -> None:
    written = code().translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    assert step_of(SECRET, f"{written[:3]} {written[3:]}", at=NOW, after=None) is not None


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "²²²²²²", "-12345"])
def test_what_is_no_code_is_wrong(text: str) -> None:
    assert step_of(SECRET, text, at=NOW, after=None) is None


def test_a_secret_is_sealed_and_opens_with_its_own_key_alone() -> None:
    secret, key = new_secret(), sealing_key(b"k" * 32, "totp")
    kept = sealed(secret, key)
    assert secret.encode() not in kept
    assert opened(kept, key) == secret
    assert opened(kept, sealing_key(b"other" * 8, "totp")) is None
    assert opened(b"torn", key) is None


def test_the_address_names_the_service_and_the_login() -> None:
    found = address_of(SECRET, login="somchai")
    assert found == f"otpauth://totp/Chumchon%20Atlas:somchai?secret={SECRET}&issuer=Chumchon%20Atlas"
