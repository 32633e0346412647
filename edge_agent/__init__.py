"""One classroom: `room` decides, `loops` do, `capture`, `link` and `storage` reach outside."""

__version__ = "0.1.0"
