"""Label and prediction files become validated columns."""
