"""The room's touch page: what the instructor sees on the interactive panel, or on a phone."""

from edge_agent.panel.app import build
from edge_agent.panel.server import serve

__all__ = ["build", "serve"]
