"""Several bytes at once: what a compiler does not see in loops over single ones.

Nothing here looks whether it stays within its array: whoever calls it has.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_LONG, _INT, _SHORT = (ir.IntType(bits) for bits in (64, 32, 16))

_memmove: Any = cgutils.raw_memmove


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    data = context.make_array(kind)(context, builder, array).data
    return builder.gep(data, [at])


def _loaded(word: Any, result: Any, *, swapped: bool) -> Any:
    def typed(_context: Any, buffer: Any, _at: Any) -> Any:
        signature = result(buffer, types.int64)

        def made(context: Any, builder: Any, told: Any, values: Any) -> Any:
            place = _address(context, builder, told.args[0], *values)
            found = builder.load(builder.bitcast(place, word.as_pointer()), align=1)
            return builder.bswap(found) if swapped else found

        return signature, made

    return intrinsic(typed)


long_from_left = _loaded(_LONG, types.uint64, swapped=True)
int_from_left = _loaded(_INT, types.int32, swapped=True)
short_from_left = _loaded(_SHORT, types.int16, swapped=True)
long_from_right = _loaded(_LONG, types.uint64, swapped=False)
int_from_right = _loaded(_INT, types.uint32, swapped=False)


def _stored(_context: Any, out: Any, _at: Any, _bits: Any) -> Any:
    """Eight bytes, the least significant one first."""

    def made(context: Any, builder: Any, told: Any, values: Any) -> Any:
        place = _address(context, builder, told.args[0], *values[:2])
        builder.store(values[2], builder.bitcast(place, _LONG.as_pointer()), align=1)
        return context.get_dummy_value()

    return types.void(out, types.int64, types.uint64), made


def _moved(_context: Any, out: Any, _at: Any, buffer: Any, _start: Any, _length: Any) -> Any:
    """Bytes from one array to another, or within one."""

    def made(context: Any, builder: Any, told: Any, values: Any) -> Any:
        to = _address(context, builder, told.args[0], *values[:2])
        source = _address(context, builder, told.args[2], *values[2:4])
        _memmove(builder, to, source, values[4], 1)
        return context.get_dummy_value()

    return types.void(out, types.int64, buffer, types.int64, types.int64), made


store_long: Any = intrinsic(_stored)
move: Any = intrinsic(_moved)
