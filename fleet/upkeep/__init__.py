"""What the fleet does for itself as time passes: revocations, sweeps, starting again."""
