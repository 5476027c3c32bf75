"""The demo's towns, laid out once for all of these tests: the whole of scale 1, and what scale 3 adds."""

from __future__ import annotations

import pytest

from data.demo import Town, towns


@pytest.fixture(scope="session")
def laid_out() -> list[Town]:
    """Hat Yai, Songkhla and two further towns, with all their layers."""
    return list(towns(3.0))


@pytest.fixture(scope="session", params=[0, 1, 2, 3], ids=["hat-yai", "songkhla", "further-1", "further-2"])
def town(laid_out: list[Town], request: pytest.FixtureRequest) -> Town:
    """Each town in turn."""
    number: int = request.param
    return laid_out[number]
