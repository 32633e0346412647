"""Finding rooms, units, devices, agents, courses, lessons and people by the words about them."""
