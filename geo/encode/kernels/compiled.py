"""Python functions compiled to machine code by numba, and kept (`geo.encode.kept`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

from geo.encode.kept import folder

Function = TypeVar("Function", bound=Callable[..., Any])

if folder() is not None:
    numba.config.CACHE_DIR = str(folder())  # type: ignore[attr-defined]  # made from the environment at import


def compiled(*signature: str) -> Callable[[Function], Function]:
    """Compile a function: now and for these types, or with whoever calls it where no types are given.

    The interpreter is free for others while it runs. Dividing by nothing gives an infinity and stops nothing.
    """
    # Helpers become part of what calls them, so that they need not be kept by themselves.
    kept = folder() is not None and bool(signature)
    made: Any = numba.njit(list(signature) or None, nogil=True, error_model="numpy", cache=kept)
    return cast(Callable[[Function], Function], made)
