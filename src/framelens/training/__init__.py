"""Training logs become one tidy history."""

from framelens.training.follow import Follower
from framelens.training.history import METRIC_SERIES, History
from framelens.training.registry import RunReader, read_run, run_readers
from framelens.training.summary import run_summary
from framelens.training.watching import RunWatch

__all__ = ["METRIC_SERIES", "Follower", "History", "RunReader", "RunWatch", "read_run", "run_readers", "run_summary"]
