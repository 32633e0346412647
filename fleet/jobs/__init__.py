"""Long work that survives the process: durable workflows on DBOS."""

from fleet.jobs.engine import Jobs, Outcome, Stopped

__all__ = ["Jobs", "Outcome", "Stopped"]
