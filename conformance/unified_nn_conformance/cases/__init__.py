"""The cases, by family; importing a module registers its cases."""
