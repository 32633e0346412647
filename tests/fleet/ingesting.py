"""The fleet's processes as an operator starts them."""

import sys
from collections.abc import Mapping

from fleet.settings import FleetSettings
from tests.servers.child import Child, Children


def environment(settings: FleetSettings) -> dict[str, str]:
    """The variables that give a child these settings."""
    given = settings.model_dump(include=settings.model_fields_set, mode="json")
    return {f"LECTERN_{key.upper()}": str(value) for key, value in given.items()}


def start_ingest(
    children: Children, settings: FleetSettings, env: Mapping[str, str] | None = None
) -> Child:
    """`fleet ingest`, connected to the broker."""
    return start(children, settings, "ingest", "connected to the broker", env)


def start(
    children: Children,
    settings: FleetSettings,
    role: str,
    said: str,
    env: Mapping[str, str] | None = None,
) -> Child:
    """`fleet ROLE`, once its log says `said`."""
    child = children.start([sys.executable, "-m", "fleet", role], env=env or environment(settings))
    child.wait_for(said, 60)
    return child
