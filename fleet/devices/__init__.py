"""What the hardware of a room is set to: the shadow."""
