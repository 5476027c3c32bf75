"""Rows that a file brings although their people asked to be erased: they are not taken again."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from geo.errors import Text
from geo.intake.check import Checked
from geo.layer import Layer
from geo.store.duties_tables import ErasedRow
from geo.store.erase import erased, key_words

ERASED = Text(
    "ข้อมูลส่วนบุคคลของแถวนี้ถูกลบตามคำขอแล้ว ไม่รับเข้าอีก",
    "the person asked for this row's personal data to be erased; it is not taken again",
)


class ErasedRows:
    """What was erased of a layer; `any` says whether a file's rows have to be compared at all."""

    def __init__(self, session: Session, layer: Layer) -> None:
        self._session = session
        self._layer = layer
        marked = select(ErasedRow.id).where(ErasedRow.layer == layer.id, ErasedRow.mark.is_not(None))
        self.any = session.scalar(marked.limit(1)) is not None

    def left_out(self, checked: Checked, staged: pa.RecordBatch) -> pa.RecordBatch:
        """The batch without the rows that were erased, which are told."""
        if not self.any or not staged.num_rows:
            return staged
        towns = staged.column("municipality").cast(pa.string()).to_pylist()
        gone = np.zeros(staged.num_rows, dtype=bool)
        for key in self._layer.keys:
            if set(key) <= set(staged.schema.names):
                gone |= self._known(key, towns, staged)
        if not gone.any():
            return staged
        checked.seen.tell("erased", ERASED, checked.positions(np.flatnonzero(gone)), level="error")
        return staged.filter(pa.array(~gone))

    def _known(self, key: Sequence[str], towns: list[str | None], staged: pa.RecordBatch) -> NDArray[np.bool_]:
        columns = [staged.column(name).cast(pa.string()).to_pylist() for name in key]
        words = [key_words(key, values) for values in zip(*columns, strict=True)]
        found = np.array(erased(self._session, self._layer, towns, words), dtype=bool)
        named = np.array([bool(value) for value in columns[0]], dtype=bool)
        both: NDArray[np.bool_] = found & named
        return both
