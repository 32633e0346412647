"""What the room decides. Pure: no asyncio, no I/O, no clock."""
