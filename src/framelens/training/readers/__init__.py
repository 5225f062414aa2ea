"""One module per trainer, one registered interface."""
