"""The hardware of rooms: what it is set to, how it stands, and what is wrong with it."""
