"""The first page of the staff."""
