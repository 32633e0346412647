"""What a room does: one long-running task a file."""
