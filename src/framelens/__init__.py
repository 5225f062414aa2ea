"""See what your object detector gets wrong, in the notebook you already have open."""

__version__ = "0.1.0.dev0"
