"""From complete takes to published media."""

from fleet.publishing.compose import PublishingOptions, compose
from fleet.publishing.workflow import Publishing

__all__ = ["Publishing", "PublishingOptions", "compose"]
