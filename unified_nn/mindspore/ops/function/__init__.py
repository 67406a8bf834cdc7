"""The functions, by subject."""
