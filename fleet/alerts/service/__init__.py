"""What others may ask of alarms; the session of a transaction comes first."""

from fleet.alerts.service.checks import run as check
from fleet.alerts.service.evaluate import evaluate

__all__ = ["check", "evaluate"]
