"""The organisation from the desk: planned, changed, imported, as pages, JSON and files."""
