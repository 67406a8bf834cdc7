"""What all vocabularies are made of: rows (`entry`), argument rules (`rules`), the module tree (`tree`)."""
