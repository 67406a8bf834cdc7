"""Proof that the shim computes what the real frameworks compute: cases, oracles, comparison, report."""
