"""What an institution makes of its rooms in a month: lessons, hours, devices, energy."""
