"""The tables of the layers that towns made: what each of them is, and everything that was done to it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, Identity
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class TownLayer(Base):
    """One layer made without code, as it is now; its rows are in a table of its own name.

    One that is closed is nowhere to be seen and can be brought back: its rows lie where they are.
    """

    __tablename__ = "town_layer"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]
    municipality: Mapped[str | None] = mapped_column(index=True)
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[dt.datetime]
    made_by: Mapped[str]
    closed_at: Mapped[dt.datetime | None]
    closed_by: Mapped[str | None]


class TownLayerAct(Base):
    """One act upon a town layer: who, when, what, and the definition that held from then on."""

    __tablename__ = "town_layer_act"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    layer: Mapped[str] = mapped_column(index=True)
    municipality: Mapped[str | None]
    at: Mapped[dt.datetime]
    by: Mapped[str]
    did: Mapped[str]
    reason: Mapped[str | None]
    definition: Mapped[dict[str, Any]] = mapped_column(JSONB)
