"""Alarms of the fleet: rules, what fires, who is told, what was silenced."""
