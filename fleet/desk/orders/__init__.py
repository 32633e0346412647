"""Orders on the desk: rooms chosen, orders given, followed, tried again and ended."""
