"""What the loops need from outside, as Protocols of a few methods."""
