"""JSON of readings."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, Field

from fleet.telemetry import levels
from fleet.telemetry.ports import Point
from fleet.telemetry.service import Chart


class ReadingOut(BaseModel):
    """The newest reading of a series."""

    device: str
    point: str
    at: datetime
    value: float
    unit: str

    @classmethod
    def of(cls, point: Point) -> "ReadingOut":
        """As it is told."""
        return cls(
            device=point.device, point=point.point, at=point.at, value=point.value, unit=point.unit
        )


class SeriesOut(BaseModel):
    """A measuring point of a device that there are readings of."""

    device: str
    point: str
    unit: str
    last_at: datetime

    @classmethod
    def of(cls, point: Point) -> "SeriesOut":
        """Of its newest reading."""
        return cls(device=point.device, point=point.point, unit=point.unit, last_at=point.at)


class LineOut(BaseModel):
    """One line of a chart: a value for each time, null where there was no reading."""

    name: Annotated[str, Field(description="device/point, or the id of a unit")]
    unit: str
    values: list[float | None]


class ChartOut(BaseModel):
    """Lines over the same times."""

    step: Annotated[int, Field(description="seconds")]
    times: Annotated[list[int], Field(description="begin of each step, seconds since 1970")]
    lines: list[LineOut]

    @classmethod
    def of(cls, chart: Chart) -> "ChartOut":
        """As it is told."""
        # Thousands of numbers of our own: nothing to be checked.
        return cls.model_construct(
            step=chart.step,
            times=[levels.seconds(at) for at in chart.times],
            lines=[
                LineOut.model_construct(
                    name=key, unit=chart.units.get(key, ""), values=list(values)
                )
                for key, values in chart.lines.items()
            ],
        )


class ErrorDetail(BaseModel):
    """One input that is wrong."""

    field: str
    message: str


class ErrorText(BaseModel):
    """What went wrong, for a person."""

    message: str
    fields: list[ErrorDetail] = []


class ErrorOut(BaseModel):
    """The answer to a request that is not answered."""

    error: ErrorText
