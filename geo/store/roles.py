"""The roles that PostgreSQL itself tells apart, and how a pool signs in as one (DESIGN §2.5)."""

from __future__ import annotations

import hashlib
import hmac
from enum import StrEnum

from sqlalchemy import make_url

from geo.layer import Audience


class Role(StrEnum):
    """Who a connection is. `OWNER` has the tables; the others get what `locks.py` gives them."""

    PUBLIC = "atlas_public"
    MEMBER = "atlas_member"
    CARE = "atlas_care"
    TAX = "atlas_tax"
    WRITER = "atlas_writer"
    OWNER = "atlas_owner"


# The audience whose columns a reading role may select. A member's own audience may be lower: the read door sees to
# that, and the policies to which of its rows there are.
READERS = {
    Role.PUBLIC: Audience.PUBLIC,
    Role.MEMBER: Audience.STAFF,
    Role.CARE: Audience.CARE,
    Role.TAX: Audience.TAX,
}

# Those who came with a signed area.
MEMBERS = tuple(role for role in READERS if role is not Role.PUBLIC)

# Tiles carry nothing personal, so that case workers and the tax office get those of the municipality.
TILE_READERS = (Role.PUBLIC, Role.MEMBER)


def role_for(audience: Audience) -> Role:
    """The role that reads for an audience."""
    named = {Audience.PUBLIC: Role.PUBLIC, Audience.CARE: Role.CARE, Audience.TAX: Role.TAX}
    return named.get(audience, Role.MEMBER)


def signed_in_as(url: str, role: Role) -> str:
    """The same database, signed in as a role.

    Our own server takes the system's word for who we are. Any other is shown a password, worked out from the owner's
    own so that every process knows it and none has to keep it.
    """
    owner = make_url(url)
    password = role_password(owner.password, role) if owner.password else None
    return owner.set(username=str(role), password=password).render_as_string(hide_password=False)


def role_password(owners: str, role: Role) -> str:
    """The password of a role on a server where the owner signs in with one."""
    return hmac.new(owners.encode(), f"chumchon atlas {role}".encode(), hashlib.sha256).hexdigest()
