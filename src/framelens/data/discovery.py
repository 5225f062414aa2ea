"""The readers there are: built-in modules, and what other packages offer under an entry point."""

from __future__ import annotations

import importlib
import pkgutil
import warnings
from dataclasses import replace
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from framelens.errors import OptionError, nearest, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.metadata import EntryPoint

__all__ = ["PluginWarning", "discover", "named"]


class PluginWarning(UserWarning):
    """What another package offers to framelens cannot be used; everything else works on."""


class Named(Protocol):
    """What all readers have."""

    @property
    def name(self) -> str: ...

    @property
    def recognise(self) -> Callable[[Any], Any]: ...


R = TypeVar("R", bound=Named)


def discover(package: str, group: str, of: type[R]) -> list[R]:
    """Return all readers: those that the modules of a package list as ``READERS``, then those of entry points.

    An entry point gives one reader or several. One that cannot be loaded, gives something else, or takes the
    name of another reader is a :class:`PluginWarning` that names its package, in one line. So is a foreign
    ``recognise`` that raises: it has then recognised nothing.

    Parameters
    ----------
    package : str
        Whose modules are imported; names with a leading underscore are no readers.
    group : str
        Of the entry points.
    of : type
        What a reader is.

    Examples
    --------
    >>> from framelens.data.registry import Reader
    >>> "coco" in {reader.name for reader in discover("framelens.data.readers", "framelens.readers", Reader)}
    True
    """
    found: list[R] = []
    for module in sorted(pkgutil.iter_modules(importlib.import_module(package).__path__), key=lambda item: item.name):
        if not module.name.startswith("_"):
            found += importlib.import_module(f"{package}.{module.name}").READERS
    for point in sorted(entry_points(group=group), key=lambda point: (_package(point), point.name)):
        found += _offered(point, of, {_identity(reader) for reader in found})
    return found


def named(readers: Sequence[R], name: str, what: str) -> R:
    """Return the reader of that name.

    Raises
    ------
    OptionError
        There is none; ``what`` says what it should have read.
    """
    for reader in readers:
        if reader.name == name:
            return reader
    raise OptionError(f"format={name!r} is no format of {what}; {nearest(name, [reader.name for reader in readers])}")


def _offered(point: EntryPoint, of: type[R], taken: set[tuple[str, str]]) -> Iterable[R]:
    """Load one entry point; what is wrong with it concerns nothing else."""
    try:
        loaded: Any = point.load()
    except Exception as error:  # noqa: BLE001 - a stranger's module raises anything
        return _warn(point, f"cannot be loaded ({type(error).__name__}: {error})")
    readers = [loaded] if isinstance(loaded, of) else loaded
    if not isinstance(readers, (list, tuple)) or not all(isinstance(reader, of) for reader in readers):
        return _warn(point, f"gives {type(loaded).__name__}, expected {of.__name__} or a list of them")
    doubled = [reader.name for reader in readers if _identity(reader) in taken]
    if doubled:
        _warn(point, f"takes the name of another reader ({', '.join(doubled)}): it is not used")
    return [_guarded(reader, point) for reader in readers if _identity(reader) not in taken]


def _identity(reader: Any) -> tuple[str, str]:
    return reader.name, getattr(reader, "kind", "")


def _guarded(reader: R, point: EntryPoint) -> R:
    recognise = reader.recognise

    def carefully(source: Any) -> Any:
        try:
            return recognise(source)
        except Exception as error:  # noqa: BLE001 - other formats are still to be asked
            return _warn(point, f"fails to look at a source ({type(error).__name__}: {error})") or None

    guarded: R = replace(reader, recognise=carefully)  # type: ignore[type-var]
    return guarded


def _package(point: EntryPoint) -> str:
    distribution = getattr(point, "dist", None)
    return str(distribution.name) if distribution is not None else point.module.partition(".")[0]


def _warn(point: EntryPoint, problem: str) -> tuple[()]:
    text = one_line(f"the package {_package(point)} offers the reader {point.name!r}, which {problem}")
    warnings.warn(text, PluginWarning, stacklevel=2)
    return ()
