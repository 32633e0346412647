"""What reaches out of the fleet: the broker, files, metric stores."""
