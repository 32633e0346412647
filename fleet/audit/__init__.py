"""Who did what, where and when: append-only rows, each holding the digest of the one before."""
