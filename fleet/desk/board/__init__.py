"""How all rooms stand, counted once for everybody who looks."""
