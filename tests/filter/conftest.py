"""One database for all the filters of a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine

from geo.store.db import writing_engine


@pytest.fixture(scope="module")
def filter_engine(new_database: Callable[[], str]) -> Iterator[Engine]:
    """An engine on a migrated database of the module's own."""
    found = writing_engine(new_database())
    yield found
    found.dispose()
