"""Settings of the whole session, such as ``framelens.options.twin = False``."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

from framelens.errors import OptionError, nearest, one_line

__all__ = ["Options", "options"]

_MOST_PICTURES: Final = 5000


@dataclass(slots=True)
class Options:
    """What holds for every output of this session; change it before the output is displayed.

    Attributes
    ----------
    twin : bool
        Whether a displayed evaluation also leaves its static twin in the notebook: the same view,
        interactive, for the colleague with no kernel and no package.
    twin_pictures : int, 0..5000
        At most so many pictures in a twin.
    twin_bytes : int
        Bytes of one twin in the notebook file, together with picture and text of the widget beside it; what is larger
        gives up pictures, then detections under the operating point, then the boxes of all but a few frames.

    Examples
    --------
    >>> import framelens
    >>> framelens.options.twin_pictures
    60
    >>> framelens.options.twins = False  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: there is no option 'twins'; did you mean 'twin'? (allowed: twin, ...
    """

    twin: bool = True
    twin_pictures: int = 60
    twin_bytes: int = 1_500_000

    def __setattr__(self, name: str, value: object) -> None:
        known = {field.name: field.type for field in fields(self)}
        if name not in known:
            msg = f"there is no option {one_line(repr(name), 60)}; {nearest(name, known)}"
            raise OptionError(msg)
        if name == "twin" and not isinstance(value, bool):
            msg = f"twin must be True or False, not {one_line(repr(value), 40)}"
            raise OptionError(msg)
        if name != "twin":
            _check_whole(name, value, most=_MOST_PICTURES if name == "twin_pictures" else None)
        object.__setattr__(self, name, value)


def _check_whole(name: str, value: object, most: int | None) -> None:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or value < 0 or (most is not None and value > most):  # type: ignore[operator]
        allowed = "from 0" if most is None else f"from 0 to {most:,}"
        msg = f"{name} must be a whole number {allowed}, not {one_line(repr(value), 40)}"
        raise OptionError(msg)


#: The settings of this session.
options: Final = Options()
