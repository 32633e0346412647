"""One room, in sections with addresses of their own."""
