"""What is wanted of rooms: of one, and of many at once, looked at first and taken back after."""
