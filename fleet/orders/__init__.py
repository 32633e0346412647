"""Orders to rooms and what became of them; what was changed of their configuration."""
