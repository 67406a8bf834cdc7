"""Random configurations: drawn arguments and shapes, valid and invalid, against the real frameworks.

A *family* (one table a vocabulary, `configurations/<vocabulary>/`) draws cases; `judge.py` asks both sides and compares with
the checks of the fixed cases. An error must be of the same class on both sides. `python -m
unified_nn_conformance.configurations torch` draws without stopping at the first disagreement and groups what it finds.
"""
