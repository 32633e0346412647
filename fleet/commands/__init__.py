"""Commands of `fleet`, one file a subject."""
