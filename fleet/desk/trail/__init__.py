"""The audit trail, for people: with names for ids, looked through and taken away as a table."""
