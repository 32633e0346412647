"""From the broker into the database: every message once, and only then acknowledged."""
