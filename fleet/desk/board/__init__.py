"""How all rooms stand, counted once for everybody who looks."""

from fleet.desk.board.counts import Counts, Snapshot, Unit
from fleet.desk.board.live import Board

__all__ = ["Board", "Counts", "Snapshot", "Unit"]
