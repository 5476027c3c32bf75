"""How long to wait after wrong passwords. It slows whoever guesses, and nobody else.

Failures are counted where they came from: the pair of login and address block, and the block as a whole. A device that
the person signed in with before is counted by itself, so that a stranger's guesses never lock its owner out, and a
stolen one cannot guess for ever either. Nothing is counted for a login as a whole: anybody could turn such a lock.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from dataclasses import dataclass

# After so many failures the next attempt waits; each further one twice as long.
FREE_OF_ONE_LOGIN = 5
FREE_OF_A_BLOCK = 30
LONGEST = dt.timedelta(minutes=15)
REMEMBERED = dt.timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Failures:
    """How often it failed within `REMEMBERED`, and when last."""

    count: int = 0
    last: dt.datetime | None = None


def open_at(failures: Failures, *, free: int) -> dt.datetime | None:
    """When the next attempt is heard; None where it is heard at once."""
    if failures.last is None or failures.count < free:
        return None
    seconds = min(2.0 ** min(failures.count - free, 20), LONGEST.total_seconds())
    return failures.last + dt.timedelta(seconds=seconds)


def seconds_to_wait(of_login: Failures, of_block: Failures | None, *, at: dt.datetime) -> int:
    """Whole seconds until this attempt may be made, 0 for now; a known device has no block to answer for."""
    times = [open_at(of_login, free=FREE_OF_ONE_LOGIN)]
    if of_block is not None:
        times.append(open_at(of_block, free=FREE_OF_A_BLOCK))
    wait = max(((time - at).total_seconds() for time in times if time is not None), default=0.0)
    return max(0, -int(-wait // 1))


def block_of(address: str | None) -> str:
    """The block that an address belongs to: what one person can easily have many addresses of."""
    try:
        found = ipaddress.ip_address((address or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if found.version == 6 and found.ipv4_mapped:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 56}", strict=False))
