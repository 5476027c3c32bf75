"""The tables of a town's tax settings, each saving a row that is never altered, and of the simulations it released."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class TaxSetting(Base):
    """One saving of one part of a municipality's settings; the newest of a part holds.

    `part` is `choices`, `prices`, or the name of a table of `data/tax`; `content` holds the choices by name, or under
    `written` the text of the file as it came; an empty one goes back to what comes with the Atlas.
    """

    __tablename__ = "tax_setting"
    __table_args__ = (Index("tax_setting_part_index", "municipality", "part", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality: Mapped[str]
    part: Mapped[str]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    reason: Mapped[str | None]
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TaxScenario(Base):
    """A simulation that somebody released: what was asked, and the rounded and suppressed figures, as they stay."""

    __tablename__ = "tax_scenario"
    __table_args__ = (Index("tax_scenario_municipality_index", "municipality"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    municipality: Mapped[str]
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    title: Mapped[str]
    asked: Mapped[dict[str, Any]] = mapped_column(JSONB)
    told: Mapped[dict[str, Any]] = mapped_column(JSONB)
    withdrawn_at: Mapped[dt.datetime | None]
    withdrawn_by: Mapped[str | None]
