"""The vocabulary of PyTorch."""
