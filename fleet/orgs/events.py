"""What the tree announces, on the bus, in the transaction in which it became true."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnitChanged:
    """A unit is new, or has another name or code."""

    unit_id: str


@dataclass(frozen=True, slots=True)
class UnitRemoved:
    """A unit is about to go; whoever keeps something about it lets go of it now."""

    unit_id: str
