"""The vocabulary of MindSpore."""
