"""Misuses: what a real framework refuses is refused as the same class, with the facts; what it computes is computed."""
