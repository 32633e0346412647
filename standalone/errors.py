"""What can go wrong when everything runs on one machine."""


class Failed(Exception):
    """It cannot go on; the text says why and what to do next."""
