"""Traits that refuse a value in one line: what is allowed, and which of it is nearest."""

from __future__ import annotations

from typing import Any, NoReturn

import traitlets

from framelens.errors import OptionError, nearest, one_line

__all__ = ["Choice", "Flag", "Fraction", "Listed", "Mapped", "RefusedError", "Text", "Whole", "refuse"]


class RefusedError(OptionError, traitlets.TraitError):
    """A value that a trait does not take; the text says which it does."""


def refuse(name: str, allowed: str, value: object) -> NoReturn:
    """Raise that a trait must be something else.

    >>> refuse("top", "a whole number from 1 or None", 0)
    Traceback (most recent call last):
        ...
    framelens.widgets.traits.RefusedError: top must be a whole number from 1 or None, not 0
    """
    raise RefusedError(f"{name} must be {allowed}, not {one_line(repr(value), 60)}")


class _Plain(traitlets.TraitType[Any, Any]):
    """Says what it takes in the words of ``help``."""

    def error(self, obj: Any, value: Any, error: Exception | None = None, info: str | None = None) -> NoReturn:
        """Raise a :class:`RefusedError`."""
        del obj, error
        refuse(self.name or "", self.help or info or self.info() or "", value)


class Choice(_Plain, traitlets.Enum[Any]):
    """One of some words; the nearest is named."""

    def error(self, obj: Any, value: Any, error: Exception | None = None, info: str | None = None) -> NoReturn:
        """Name the words, the nearest first."""
        del obj, error, info
        allowed = nearest(str(value), [word or '""' for word in self.values or ()])
        raise RefusedError(f"{self.name} cannot be {one_line(repr(value), 60)}; {allowed}")


class Flag(_Plain, traitlets.Bool[Any, Any]):
    """True or False."""


class Text(_Plain, traitlets.Unicode[Any, Any]):
    """A text."""


class Whole(_Plain, traitlets.Int[Any, Any]):
    """A whole number."""


class Fraction(_Plain, traitlets.Float[Any, Any]):
    """A number."""


class Listed(_Plain, traitlets.List[Any]):
    """A list whose elements are checked too."""


class Mapped(_Plain, traitlets.Dict):
    """A dict."""
