"""The tables of those who follow a place or a mark: what they follow, where mail reaches them, and what waits to go.

What is to be mailed is written by a trigger on the steps themselves: whatever takes a step, in the same transaction.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import BigInteger, Boolean, ForeignKey, Identity, Index, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from geo.layer import Base


class Follow(Base):
    """Somebody wants to hear of a place or a mark; it ends and stays as a record.

    `kind` is municipality, community, shared_area or mark; `area` the code, the id, or `risk_point/12`.
    """

    __tablename__ = "follow"
    __table_args__ = (
        Index("follow_once", "person_id", "kind", "area", unique=True, postgresql_where=text("ended_at IS NULL")),
        Index("follow_area_index", "kind", "area", postgresql_where=text("ended_at IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    kind: Mapped[str]
    area: Mapped[str]
    by_mail: Mapped[bool] = mapped_column(Boolean)
    made_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]


class PersonAddress(Base):
    """Where mail reaches somebody, once they have shown that it does; told to nobody else."""

    __tablename__ = "person_address"

    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"), primary_key=True)
    address: Mapped[str]
    asked_at: Mapped[dt.datetime]
    confirmed_at: Mapped[dt.datetime | None]
    told_at: Mapped[dt.datetime | None]


class Mail(Base):
    """What waits to be mailed: a step to whoever follows, or the link that confirms an address.

    No address and no words are in here: both are looked up when it goes, as they and the person's rights are then.
    """

    __tablename__ = "mail"
    __table_args__ = (
        Index(
            "mail_waiting_index", "next_try_at",
            postgresql_where=text("sent_at IS NULL AND given_up_at IS NULL"),
        ),
        Index("mail_person_index", "person_id"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("person.id"))
    what: Mapped[str]
    life_step_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("life_step.id"))
    made_at: Mapped[dt.datetime]
    next_try_at: Mapped[dt.datetime]
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    sent_at: Mapped[dt.datetime | None]
    given_up_at: Mapped[dt.datetime | None]
    last_error: Mapped[str | None]


# Whoever takes a step may not read who follows it, and so cannot write to them: the owner's function does.
TELL_FOLLOWERS = """
CREATE FUNCTION atlas_tell_followers() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  shared text[] := '{}';
BEGIN
  IF NOT EXISTS (SELECT 1 FROM public.follow WHERE ended_at IS NULL AND by_mail) THEN
    RETURN NULL;
  END IF;
  IF EXISTS (SELECT 1 FROM public.follow WHERE kind = 'shared_area' AND ended_at IS NULL AND by_mail) THEN
    EXECUTE format(
      'SELECT coalesce(array_agg(s.id::text), ''{}'') FROM public.%I AS r JOIN public.shared_area AS s '
      'ON public.ST_Intersects(r.geom, s.geom) WHERE r.id = $1', NEW.layer
    ) INTO shared USING NEW.row_id;
  END IF;
  INSERT INTO public.mail (person_id, what, life_step_id, made_at, next_try_at)
  SELECT DISTINCT f.person_id, 'step', NEW.id, NEW.made_at, NEW.made_at
  FROM public.follow AS f JOIN public.person AS p ON p.id = f.person_id
  WHERE f.ended_at IS NULL AND f.by_mail AND p.disabled_at IS NULL AND p.login <> NEW.made_by
    AND EXISTS (
      SELECT 1 FROM public.person_address AS a WHERE a.person_id = f.person_id AND a.confirmed_at IS NOT NULL
    )
    AND ((f.kind = 'municipality' AND f.area = NEW.municipality)
      OR (f.kind = 'community' AND f.area = NEW.community_id::text)
      OR (f.kind = 'shared_area' AND f.area = ANY (shared))
      OR (f.kind = 'mark' AND f.area = NEW.layer || '/' || NEW.row_id));
  RETURN NULL;
END $$
"""
ON_EACH_STEP = """
CREATE TRIGGER atlas_tell_followers AFTER INSERT ON life_step
FOR EACH ROW EXECUTE FUNCTION atlas_tell_followers()
"""
