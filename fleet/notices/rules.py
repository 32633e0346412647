"""When a notice is tried again, and when it is given up. Pure."""

from datetime import datetime, timedelta

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=6)
LEASE = timedelta(minutes=2)
"""As long as nobody else sends what a worker has taken. Longer than any channel takes."""


def pause(tries: int, dice: float) -> timedelta:
    """How long to wait after so many tries; `dice` in [0, 1) spreads those that failed together.

    Never less than half of the step, never more than `LONGEST_PAUSE`.
    """
    step = min(LONGEST_PAUSE, FIRST_PAUSE * 4.0 ** min(max(tries - 1, 0), 10))
    return step * (0.5 + dice / 2)


def given_up(made_at: datetime, now: datetime, days: float) -> bool:
    """Whether it has been tried for long enough."""
    return now - made_at >= timedelta(days=days)
