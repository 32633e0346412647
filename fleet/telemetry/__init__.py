"""Readings of rooms: kept by a `MetricStore`, asked for by series."""
