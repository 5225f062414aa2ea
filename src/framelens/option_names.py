"""What the library says of its arguments, said of the options of the command line."""

from __future__ import annotations

import re
from typing import Final, TypeVar

from framelens.errors import DataError, OptionError

__all__ = ["in_options"]

_E = TypeVar("_E", bound=BaseException)
#: Arguments of :func:`framelens.evaluate` and the options that fill them.
_OPTIONS: Final = {
    "frames": "--frames",
    "run": "--run",
    "rules": "--rules",
    "confidence": "--confidence",
    "iou": "--iou",
    "truth_format": "--truth-format",
    "predictions_format": "--predictions-format",
    "format": "--format",
    "memory": "--memory",
    "engine": "--engine",
    "client": "--scheduler",
    "resume": "--resume",
    "seed": "--seed",
}
_NAMES: Final = "|".join(_OPTIONS)
#: What is said in another way: sizes alone cannot be given, and ``evaluate`` has an option for either format.
_PHRASES: Final = (
    (r"frames=folder, or frames=\(width, height\)", "--frames DIR"),
    (r"format=\.\.\. \(in framelens\.evaluate (truth|predictions)_format=\.\.\.\)", r"--\1-format NAME"),
    (r"format=\.\.\.", "--format NAME"),
    (r"format='([^']*)' is no format of ground truth", r"--truth-format \1 is no format of ground truth"),
    (r"format='([^']*)' is no format of predictions", r"--predictions-format \1 is no format of predictions"),
)
_GIVEN: Final = re.compile(rf"(?<![\w-])({_NAMES})=(?:'([^']*)')?")
_FIRST: Final = re.compile(rf"^({_NAMES})(?= (?:must|is|belongs)\b)")


def in_options(error: _E) -> _E | DataError | OptionError:
    """Return an error that names options where the library names arguments; names of files stay as they are.

    Parameters
    ----------
    error : BaseException

    Returns
    -------
    BaseException
        The same one where it speaks of no argument.

    Examples
    --------
    >>> print(in_options(OptionError("confidence must be a finite number, not 'nan'")))
    --confidence must be a finite number, not 'nan'
    >>> print(in_options(DataError("boxes are fractions", file="run=3.txt", remedy="give the pictures: frames=folder")))
    run=3.txt: boxes are fractions; give the pictures: --frames folder
    """
    if isinstance(error, DataError):
        remedy = None if error.remedy is None else _said(error.remedy)
        return DataError(_said(error.problem), file=error.file, where=error.where, remedy=remedy)
    return OptionError(_said(str(error))) if isinstance(error, OptionError) else error


def _said(text: str) -> str:
    for words, option in _PHRASES:
        text = re.sub(words, option, text)
    text = _FIRST.sub(lambda found: _OPTIONS[found[1]], text)
    return _GIVEN.sub(lambda found: _OPTIONS[found[1]] + (f" {found[2]}" if found[2] else _space(text, found)), text)


def _space(text: str, found: re.Match[str]) -> str:
    """Put a space before the value that follows, where one does."""
    return " " if text[found.end() : found.end() + 1].strip(" ,;.)") else ""
