"""One measured figure and its goal."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Result:
    """A figure. `against` names the peer or the limit that it is measured against."""

    name: str
    value: float
    unit: str
    goal: float
    better: Literal["lower", "higher"]
    against: str

    @property
    def met(self) -> bool:
        """Whether the value reaches the goal."""
        return self.value <= self.goal if self.better == "lower" else self.value >= self.goal
