"""Who may do what, how long a session lives, what a password must be. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

Permission = Literal[
    "staff.see",
    "rooms.change",
    "rooms.order",
    "rooms.look",
    "alarms.change",
    "courses.change",
    "recordings.change",
    "people.change",
    "units.change",
    "webhooks.change",
    "audit.see",
]
Role = Literal["secretariat", "national-centre", "institution-it", "instructor", "viewer"]

PERMISSIONS: frozenset[str] = frozenset(get_args(Permission))
ROLES: dict[str, frozenset[str]] = {
    "secretariat": PERMISSIONS,
    "national-centre": PERMISSIONS,
    "institution-it": PERMISSIONS - {"units.change"},
    "instructor": frozenset({"staff.see", "courses.change", "recordings.change"}),
    "viewer": frozenset({"staff.see"}),
}
"""What each role may do where it is granted, and below. A role that is not here may do nothing."""

SHARED = "*"
"""The place of what belongs to no unit: all staff see it, who is trusted everywhere changes it."""


@dataclass(frozen=True, slots=True)
class Granted:
    """What may be done in the subtree of a path; see `fleet.db.paths`."""

    permissions: frozenset[str]
    path: str


def allows(grants: Iterable[Granted], permission: str, path: str) -> bool:
    """Whether something may be done at a place. The one place that decides."""
    if path == SHARED:
        wanted = [one for one in grants if permission in one.permissions]
        return any(permission == "staff.see" or one.path == "" for one in wanted)
    return any(permission in one.permissions and path.startswith(one.path) for one in grants)


def narrowed(
    grants: Iterable[Granted], permissions: frozenset[str], path: str
) -> tuple[Granted, ...]:
    """What is left of grants when only some permissions, and only in one subtree, count."""
    found = []
    for one in grants:
        kept = one.permissions & permissions
        if kept and one.path.startswith(path):
            found.append(Granted(kept, one.path))
        elif kept and path.startswith(one.path):
            found.append(Granted(kept, path))
    return tuple(found)


def covers(grants: Iterable[Granted], wanted: Iterable[Granted]) -> bool:
    """Whether whoever has `grants` may do all of `wanted`: nobody hands out more than they have."""
    grants = tuple(grants)
    return all(allows(grants, each, one.path) for one in wanted for each in one.permissions)


def reach(grants: Iterable[Granted], permission: str) -> tuple[str, ...]:
    """The subtrees in which something may be done; none lies within another."""
    paths = sorted({one.path for one in grants if permission in one.permissions})
    kept: list[str] = []
    for path in paths:
        if not any(path.startswith(known) for known in kept):
            kept.append(path)
    return tuple(kept)


SESSION_IDLE = timedelta(hours=12)
SESSION_LONGEST = timedelta(days=7)
LINK_LIFETIME = timedelta(hours=24)

OUTSIDE_LIFETIME = timedelta(minutes=10)
"""How long a sign-in may be away at the OpenID provider."""
TOKEN_LONGEST = timedelta(days=366)

THROTTLE_WINDOW = timedelta(minutes=15)
TRIES_PER_PERSON_AND_ADDRESS = 5
TRIES_PER_ADDRESS = 50
TRIES_PER_PERSON = 50
"""A class behind one address, or an attacker with many, hits the larger limits."""

PASSWORD_SHORTEST = 12
PASSWORD_LONGEST = 256


def session_alive(created_at: datetime, seen_at: datetime, now: datetime) -> bool:
    """Whether a session is neither too old nor left alone for too long."""
    return now - created_at < SESSION_LONGEST and now - seen_at < SESSION_IDLE


def throttled(pair: int, address: int, person: int) -> bool:
    """Whether another try must wait, given the tries within the window."""
    return (
        pair >= TRIES_PER_PERSON_AND_ADDRESS
        or address >= TRIES_PER_ADDRESS
        or person >= TRIES_PER_PERSON
    )
