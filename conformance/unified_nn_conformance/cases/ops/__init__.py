"""Cases of neutral ops, by family."""
