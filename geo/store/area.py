"""Where somebody may look, told to PostgreSQL for one transaction and signed, so that its policies can rely on it.

A connection may set any setting it likes; so the policies believe only one that carries the signature of a key which
no reading role can read. It is set for the transaction and gone with it, and says nothing a minute later.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from geo.people.areas import Areas
from geo.store.db import told_when_away

SETTING = "atlas.area"
SECONDS = 60
_BLOCK = 64  # of SHA-256, for the HMAC that the function below works out by hand

# RFC 2104 with SHA-256; the key table holds the key as it is padded there, inside and outside.
AREA_FUNCTIONS = (
    """
CREATE FUNCTION atlas_area() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL SAFE
SET search_path = pg_catalog, public AS $$
DECLARE
  said text := current_setting('atlas.area', true);
  body bytea;
  kept public.area_key;
BEGIN
  IF coalesce(said, '') !~ '^[0-9a-f]{64}\\{' THEN
    RETURN NULL;
  END IF;
  SELECT * INTO kept FROM public.area_key;
  body := convert_to(substr(said, 65), 'UTF8');
  IF encode(sha256(kept.outside || sha256(kept.inside || body)), 'hex') <> left(said, 64) THEN
    RETURN NULL;
  END IF;
  IF (substr(said, 65)::jsonb ->> 'until')::float8 < extract(epoch FROM statement_timestamp()) THEN
    RETURN NULL;
  END IF;
  RETURN substr(said, 65)::jsonb;
END $$
""",
    """
CREATE FUNCTION atlas_audience() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
RETURN atlas_area() ->> 'audience'
""",
    """
CREATE FUNCTION atlas_everywhere() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((atlas_area() ->> 'everywhere')::boolean, false)
""",
    """
CREATE FUNCTION atlas_towns() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN ARRAY(SELECT jsonb_array_elements_text(atlas_area() -> 'towns'))
""",
    """
CREATE FUNCTION atlas_communities() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN ARRAY(SELECT jsonb_array_elements_text(atlas_area() -> 'communities')::bigint)
""",
    """
CREATE FUNCTION atlas_shared() RETURNS bigint[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN ARRAY(SELECT jsonb_array_elements_text(atlas_area() -> 'shared')::bigint)
""",
    # Shared areas are public, so that their union may be worked out for whoever asks.
    """
CREATE FUNCTION atlas_shared_shape() RETURNS geometry LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT public.ST_Union(geom) FROM public.shared_area WHERE id = ANY (public.atlas_shared())
$$
""",
    """
CREATE FUNCTION atlas_holds_made_up() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM public.change WHERE made_by = 'demo')
$$
""",
)
AREA_FUNCTION_DROPS = (
    "DROP FUNCTION atlas_holds_made_up()",
    "DROP FUNCTION atlas_shared_shape()",
    "DROP FUNCTION atlas_shared()",
    "DROP FUNCTION atlas_communities()",
    "DROP FUNCTION atlas_towns()",
    "DROP FUNCTION atlas_everywhere()",
    "DROP FUNCTION atlas_audience()",
    "DROP FUNCTION atlas_area()",
)


@dataclass(frozen=True)
class Key:
    """The signing key, padded as RFC 2104 has it."""

    inside: bytes
    outside: bytes

    @classmethod
    def of(cls, secret: bytes) -> Key:
        """The key of 32 random bytes."""
        padded = secret.ljust(_BLOCK, b"\x00")
        return cls(bytes(one ^ 0x36 for one in padded), bytes(one ^ 0x5C for one in padded))

    def signature(self, body: str) -> str:
        """The HMAC-SHA-256 of a text."""
        secret = bytes(one ^ 0x36 for one in self.inside)
        return hmac.new(secret, body.encode(), hashlib.sha256).hexdigest()


def known_key(owner: Engine) -> Key:
    """The key of this database, read as its owner."""
    with told_when_away(), owner.connect() as connection:
        row = connection.execute(text("SELECT inside, outside FROM area_key")).one()
    return Key(bytes(row.inside), bytes(row.outside))


def signed(
    key: Key, audience: str, areas: Areas, *, everywhere: bool = False, now: Callable[[], float] = time.time
) -> str:
    """The setting's value: signature, then what it signs."""
    body = json.dumps(
        {
            "audience": audience, "everywhere": everywhere, "towns": sorted(areas.towns),
            "communities": sorted(areas.communities), "shared": sorted(areas.shared), "until": now() + SECONDS,
        }
    )  # fmt: skip
    return key.signature(body) + body


def enter(session: Session, value: str) -> None:
    """Set it for the rest of this transaction."""
    session.execute(text("SELECT set_config(:name, :value, true)"), {"name": SETTING, "value": value})
