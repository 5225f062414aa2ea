"""One module per trainer: it recognises its log and reads it. See :class:`framelens.training.registry.RunReader`."""
