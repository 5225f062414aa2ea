"""Training logs become one tidy history."""
