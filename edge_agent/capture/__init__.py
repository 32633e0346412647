"""Reaches ffmpeg: one child process for each source, all on the room's monotonic clock."""
