"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Request

from fleet.telemetry.ports import MetricStore


def _metrics(request: Request) -> MetricStore:
    found: MetricStore = request.app.state.metrics
    return found


Metrics = Annotated[MetricStore, Depends(_metrics)]
"""Where readings are: `app.state.metrics`."""
