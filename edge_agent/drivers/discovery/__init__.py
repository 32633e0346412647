"""Looks for devices on the room's network, and proposes what to write into `room.toml`."""
