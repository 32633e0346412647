"""What staff see across the nouns: the overview, every room, the wall, reports, search."""
