"""Accounts, their roles, their tokens: looked after by the staff of each unit."""
