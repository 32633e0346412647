"""Reaches the room's hardware: one file a wire protocol, registered by name in `registry`."""
