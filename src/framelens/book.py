"""What a person says of an evaluation while it is shown: kept in one place, told to every page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar
from weakref import WeakMethod

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Book"]

Value = TypeVar("Value")


class Book(Generic[Value]):
    """A value that the pages of an evaluation share; each is told of every change while it lives.

    Examples
    --------
    >>> class Page:
    ...     def changed(self):
    ...         print("changed")
    >>> book, page = Book(1), Page()
    >>> book.listen(page.changed)
    >>> book.replace(2), book.value
    changed
    (None, 2)
    """

    def __init__(self, value: Value) -> None:
        self._value = value
        self._listeners: set[WeakMethod[Callable[[], object]]] = set()

    def __getstate__(self) -> tuple[Value]:
        """Leave the widgets behind: they belong to this session."""
        return (self._value,)

    def __setstate__(self, state: tuple[Value]) -> None:
        self._value, self._listeners = state[0], set()

    @property
    def value(self) -> Value:
        """What was said last."""
        return self._value

    def listen(self, listener: Callable[[], object]) -> None:
        """Call a method of a widget at every change, while the widget lives."""
        self._listeners.add(WeakMethod(listener))

    def replace(self, value: Value) -> None:
        """Take a value in place of the one that there is."""
        if value == self._value:
            return
        self._value = value
        for known in list(self._listeners):
            listener = known()
            if listener is None:
                self._listeners.discard(known)
            else:
                listener()
