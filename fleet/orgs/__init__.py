"""The tree of organisations: region → country (national centre) → institution; rooms hang on it."""
