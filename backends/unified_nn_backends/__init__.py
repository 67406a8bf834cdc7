"""The backends that come with unified_nn, one package each; only the chosen one is imported."""
