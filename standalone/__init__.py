"""The embedded default: broker, fleet and a simulated classroom on one machine, one command."""
