"""How the fleet answers: the HTTPS server, its outermost layer, health, log lines."""
