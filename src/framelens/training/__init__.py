"""Training logs become one tidy history."""

from framelens.training.history import METRIC_SERIES, History
from framelens.training.registry import RunReader, read_run, run_readers
from framelens.training.summary import run_summary

__all__ = ["METRIC_SERIES", "History", "RunReader", "read_run", "run_readers", "run_summary"]
