"""Many rooms at a glance: a live picture and the sound level of each, while somebody looks."""
