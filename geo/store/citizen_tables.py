"""The tables of what citizens report: the digest of a receipt and its mark, and how often something was tried.

Nothing here says who: a report stands beside no address and no block of addresses, and what was tried beside no report.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Identity, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class CitizenReport(Base):
    """A mark that a citizen reported; whoever has the receipt is told how far it has come."""

    __tablename__ = "citizen_report"
    __table_args__ = (Index("citizen_report_mark_index", "layer", "row_id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    receipt_sha256: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    layer: Mapped[str]
    row_id: Mapped[int] = mapped_column(BigInteger)
    municipality: Mapped[str]
    made_at: Mapped[dt.datetime]


class CitizenTry(Base):
    """How often something was tried from a block of addresses (a keyed digest), or in a town, within ten minutes."""

    __tablename__ = "citizen_try"

    kind: Mapped[str] = mapped_column(primary_key=True)
    whence: Mapped[str] = mapped_column(primary_key=True)
    began_at: Mapped[dt.datetime] = mapped_column(primary_key=True, index=True)
    times: Mapped[int] = mapped_column(Integer)
