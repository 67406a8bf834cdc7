"""Cases of neutral layers, by family."""
