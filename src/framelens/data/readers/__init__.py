"""One module per format, one registered interface."""
