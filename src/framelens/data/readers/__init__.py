"""One module per format; each lists its readers as ``READERS``."""
