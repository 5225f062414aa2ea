"""A small honest detection task that needs no download."""
