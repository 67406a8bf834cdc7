"""The vocabulary of MXNet."""
