"""One agent a data directory: a second would mend segments that the first is still writing."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent.errors import Refused

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


@contextmanager
def alone(data: Path) -> Iterator[None]:
    """Hold a data directory; the system lets go of it when the process dies, however it dies.

    Raises:
        Refused: another agent holds it.
    """
    descriptor = os.open(data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except OSError as error:
            raise Refused(
                f"{data} is in use by another agent, perhaps the service of this PC; stop it first"
            ) from error
        yield
    finally:
        os.close(descriptor)
