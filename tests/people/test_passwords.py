"""Passwords: which are taken, how they are kept, and that a missing person takes as long as a present one."""

from __future__ import annotations

import time

import pytest
from argon2 import PasswordHasher

from geo.people.passwords import LONGEST, hash_of, is_outdated, is_right, objection

pytestmark = pytest.mark.real_hashes


def test_a_hash_is_argon2id_salted_and_knows_its_password() -> None:
    one, two = hash_of("ตลาดกิมหยง 2569"), hash_of("ตลาดกิมหยง 2569")
    assert one.startswith("$argon2id$v=19$m=65536,t=3,")
    assert one != two
    assert is_right("ตลาดกิมหยง 2569", one)
    assert not is_right("ตลาดกิมหยง 2568", one)


def test_a_thai_password_typed_on_another_keyboard_is_the_same() -> None:
    # SARA AM as one character, and as the two that some keyboards send.
    assert is_right("น้\u0e33ท่วมหาดใหญ่", hash_of("น้\u0e4d\u0e32ท่วมหาดใหญ่"))


@pytest.mark.parametrize(
    ("password", "login"),
    [
        ("short1234", "somchai"), ("x" * (LONGEST + 1), "somchai"), ("somchai_wong", "somchai_wong"),
        ("Somchai_Wong2569!", "somchai_wong"), ("password1234", "somchai"), ("1234567890", "somchai"),
        ("aaaaaaaaaaaa", "somchai"), ("PASSWORD1234", "somchai"), ("", "somchai"),
    ],
)  # fmt: skip
def test_what_anybody_would_guess_is_refused_in_both_languages(password: str, login: str) -> None:
    told = objection(password, login=login)
    assert told is not None
    assert told.th
    assert told.en


@pytest.mark.parametrize("password", ["correct horse battery", "ปลากะพงสามตัว", "x1y2z3" * 42])
def test_a_sound_password_is_taken(password: str) -> None:
    assert objection(password, login="somchai") is None


def test_older_parameters_are_seen_and_still_open() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("an older password")
    assert is_right("an older password", weak)
    assert is_outdated(weak)
    assert not is_outdated(hash_of("an older password"))


def test_nobody_takes_as_long_as_somebody() -> None:
    kept = hash_of("a password of somebody")
    assert not is_right("anything", None)
    times = []
    for other in (kept, None):
        started = time.perf_counter()
        for _ in range(4):
            is_right("a wrong password", other)
        times.append(time.perf_counter() - started)
    assert 0.4 < times[1] / times[0] < 2.5


def test_a_damaged_hash_opens_nothing() -> None:
    assert not is_right("anything", "not a hash at all")
