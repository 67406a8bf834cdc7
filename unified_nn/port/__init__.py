"""Port weights and source code between vocabularies."""
