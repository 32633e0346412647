"""Pretend hardware of a classroom. Imports nothing of ours."""
