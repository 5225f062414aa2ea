"""Everything framelens raises, and how it writes down what it left out.

The tree::

    FramelensError
    ├── DataError            a file or table is wrong: names file, record, field and remedy
    ├── OptionError          an argument or option is wrong
    └── MissingExtraError    an optional package is not installed
"""

from __future__ import annotations

import difflib
import functools
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = [
    "DataError",
    "FramelensError",
    "MissingExtraError",
    "OptionError",
    "ReadLog",
    "Skip",
    "check_not_negative",
    "known_keywords",
    "nearest",
    "one_line",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
# Halves of characters, which JSON can write and no output takes.
_HALVES = re.compile("[\ud800-\udfff]")
_LONGEST_TEXT = 400
_P = ParamSpec("_P")
_R = TypeVar("_R")


def one_line(text: object, limit: int = _LONGEST_TEXT) -> str:
    r"""Return ``text`` as one printable line of at most ``limit`` characters.

    Names and values in messages come from strangers' files: line breaks, terminal escapes and
    bidirectional overrides become spaces. Every UTF-8 writer takes it.

    >>> one_line("two\nlines \ud800")
    'two lines \ufffd'
    """
    line = _HALVES.sub("\ufffd", _CONTROL.sub(" ", str(text))).strip()
    return line if len(line) <= limit else line[: limit - 1] + "…"


class FramelensError(Exception):
    """Base of every error that framelens raises on purpose.

    >>> import framelens
    >>> try:
    ...     framelens.evaluate("labels.json", "found.json")
    ... except framelens.FramelensError as error:
    ...     print(error)
    labels.json: no such file or folder; check the path: a relative one begins where the notebook or command runs
    """


class DataError(FramelensError, ValueError):
    """A file, record or value cannot be used.

    Parameters
    ----------
    problem : str
        What was found and what is allowed.
    file : str or None
        Base name of the file (never an absolute path), or what stands for it.
    where : str or None
        The place inside: ``"annotation 17"``, ``"line 3"``, ``"categories[2].name"``.
    remedy : str or None
        What to do about it.

    Examples
    --------
    >>> print(DataError("bbox has 3 numbers, expected 4 [x, y, width, height]",
    ...                 file="val.json", where="annotation 17", remedy="export the file again"))
    val.json: annotation 17: bbox has 3 numbers, expected 4 [x, y, width, height]; export the file again
    """

    def __init__(
        self, problem: str, *, file: str | None = None, where: str | None = None, remedy: str | None = None
    ) -> None:
        self.problem, self.file, self.where, self.remedy = problem, file, where, remedy
        place = ": ".join(one_line(part) for part in (file, where) if part)
        text = f"{place}: {one_line(problem)}" if place else one_line(problem)
        super().__init__(f"{text}; {one_line(remedy)}" if remedy else text)


class OptionError(FramelensError, ValueError):
    """An argument has a value that is not allowed; the text says which are.

    >>> import framelens
    >>> framelens.evaluate("labels.json", "found.json", rules="coc")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: rules must be one of the known rule sets, not 'coc'; did you mean 'coco'? ...
    """


class MissingExtraError(FramelensError, ImportError):
    """An optional package is needed and not installed.

    >>> print(MissingExtraError("scikit-learn", "demo"))
    scikit-learn is not installed; run: pip install "framelens[demo]"
    """

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f'{package} is not installed; run: pip install "framelens[{extra}]"')


def nearest(word: str, allowed: Iterable[str]) -> str:
    """Say which words are allowed, and the nearest one first where there is one.

    >>> nearest("cocco", ["coco", "voc"])
    "did you mean 'coco'? (allowed: coco, voc)"
    >>> nearest("x", ["coco", "voc"])
    'allowed: coco, voc'
    """
    names = list(allowed)
    listed = f"allowed: {', '.join(names)}"
    close = difflib.get_close_matches(word, names, n=1)
    return f"did you mean {close[0]!r}? ({listed})" if close else listed


def known_keywords(function: Callable[_P, _R]) -> Callable[_P, _R]:
    """Answer a keyword that a function does not know with the nearest that it knows.

    >>> known_keywords(nearest)("x", alowed=[])
    Traceback (most recent call last):
    TypeError: nearest() has no argument 'alowed'; did you mean 'allowed'? (allowed: word, allowed)
    """
    code = function.__code__
    known = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]

    @functools.wraps(function)
    def checked(*args: _P.args, **kwargs: _P.kwargs) -> _R:
        for name in kwargs:
            if name not in known:
                names = [one for one in known if one != "self"]
                raise TypeError(f"{function.__name__}() has no argument {name!r}; {nearest(name, names)}")
        return function(*args, **kwargs)

    return checked


@dataclass(frozen=True, slots=True)
class Skip:
    """Records of one file that were left out for one reason."""

    file: str
    where: str
    reason: str
    count: int = 1

    def as_dict(self) -> dict[str, str | int]:
        """Return the row of the JSON field ``skipped``."""
        return {"file": self.file, "where": self.where, "reason": self.reason, "count": self.count}


@dataclass(slots=True)
class ReadLog:
    """Collects, while a source is read, what was left out and what is doubtful.

    Equal reasons in one file are one row: its ``where`` names the first place, its count all.

    >>> log = ReadLog()
    >>> log.skip("labels.txt", "line 3", "box has no area")
    >>> log.skip("labels.txt", "line 9", "box has no area")
    >>> log.skips[0].count, log.skips[0].where
    (2, 'line 3')
    """

    _skips: dict[tuple[str, str], Skip] = field(default_factory=dict)
    _warnings: dict[str, None] = field(default_factory=dict)

    def skip(self, file: str, where: str, reason: str, count: int = 1) -> None:
        """Count ``count`` records as left out."""
        file, where, reason = one_line(file), one_line(where), one_line(reason)
        known = self._skips.get((file, reason))
        if known is not None:
            where, count = known.where, known.count + count
        self._skips[file, reason] = Skip(file, where, reason, count)

    def warn(self, text: str) -> None:
        """Note a doubt once, however often it is found."""
        self._warnings[one_line(text)] = None

    @property
    def skips(self) -> tuple[Skip, ...]:
        """What was left out, in the order it was found."""
        return tuple(self._skips.values())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is doubtful, in the order it was found."""
        return tuple(self._warnings)


def check_not_negative(settings: Any) -> None:
    """Check that every field of a dataclass of thresholds is a finite number of at least 0.

    Raises
    ------
    OptionError
        One is not; the text names the class, the field and the value.
    """
    for one in fields(settings):
        value = getattr(settings, one.name)
        if not (isinstance(value, int | float) and 0 <= value < float("inf")):
            raise OptionError(f"{type(settings).__name__}.{one.name} must be a number of at least 0, not {value!r}")
