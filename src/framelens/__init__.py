"""See what your object detector gets wrong, in the notebook you already have open.

>>> import framelens
>>> ev = framelens.evaluate("annotations.json", "results.json", frames="images/")  # doctest: +SKIP
>>> ev  # cards, confusion matrix, frames behind every cell, epoch charts  # doctest: +SKIP

Names are loaded when they are first used, so that ``import framelens`` stays quick.
"""

from __future__ import annotations

from importlib import import_module
from types import FunctionType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from framelens.comparison import Comparison, compare
    from framelens.errors import DataError, FramelensError, MissingExtraError, OptionError
    from framelens.evaluation import Evaluation, evaluate
    from framelens.inspecting import formats, inspect
    from framelens.report.state import strip_widget_state
    from framelens.settings import options
    from framelens.training import History, read_run
    from framelens.widgets.live import epoch_charts, watch

__version__ = "0.1.0.dev0"

__all__ = [
    "Comparison",
    "DataError",
    "Evaluation",
    "FramelensError",
    "History",
    "MissingExtraError",
    "OptionError",
    "compare",
    "epoch_charts",
    "evaluate",
    "formats",
    "inspect",
    "options",
    "read_run",
    "strip_widget_state",
    "watch",
]

_HOME = {
    "Comparison": "framelens.comparison",
    "DataError": "framelens.errors",
    "Evaluation": "framelens.evaluation",
    "FramelensError": "framelens.errors",
    "History": "framelens.training",
    "MissingExtraError": "framelens.errors",
    "OptionError": "framelens.errors",
    "compare": "framelens.comparison",
    "epoch_charts": "framelens.widgets.live",
    "evaluate": "framelens.evaluation",
    "formats": "framelens.inspecting",
    "inspect": "framelens.inspecting",
    "options": "framelens.settings",
    "read_run": "framelens.training",
    "strip_widget_state": "framelens.report.state",
    "watch": "framelens.widgets.live",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        from framelens.errors import nearest

        msg = f"module 'framelens' has no attribute {name!r}; {nearest(name, __all__)}"
        raise AttributeError(msg)
    value = getattr(import_module(_HOME[name]), name)
    if isinstance(value, FunctionType):
        from framelens.errors import known_keywords

        value = known_keywords(value)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
