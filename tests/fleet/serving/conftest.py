"""The application under test."""

from tests.fleet.web.application import application

__all__ = ["application"]
