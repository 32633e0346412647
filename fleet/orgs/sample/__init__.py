"""Organisations to begin with; where they come from and their licence are in README.md here."""

from importlib import resources

FILES = ("smart_classrooms.csv", "national_centres.csv")
"""The sites of the first deployment, and the national centres of their countries."""


def content(name: str) -> bytes:
    """One of `FILES`, as it would be uploaded."""
    return resources.files(__name__).joinpath(name).read_bytes()
