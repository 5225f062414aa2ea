"""The same views in one file, with no kernel and no network."""
