"""What a caller means by some frames, classes or values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.errors import OptionError, nearest, one_line
from framelens.tables import class_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["choose_classes", "choose_frames", "choose_values"]


def choose_frames(names: Sequence[str], wanted: Any) -> NDArray[np.bool_]:
    """Return one flag per frame.

    >>> choose_frames(["day/1.jpg", "night/1.jpg", "night/2.jpg"], ["night/*", "day/1.jpg"]).tolist()
    [True, True, True]
    >>> choose_frames(["a.jpg", "b.jpg"], lambda name: name > "a.jpg").tolist()
    [False, True]
    """
    if wanted is None:
        return np.ones(len(names), dtype=np.bool_)
    if callable(wanted):
        return np.array([bool(wanted(name)) for name in names], dtype=np.bool_)
    if not isinstance(wanted, str):
        flags = np.asarray(wanted if hasattr(wanted, "__len__") else list(wanted))
        if flags.dtype == np.bool_ and len(flags):
            if flags.shape != (len(names),):
                raise OptionError(f"frames has {len(flags)} flags for {len(names)} frames; give one for each, in order")
            return flags.copy()
    patterns = [wanted] if isinstance(wanted, str) else [str(name) for name in wanted]
    bases = [PurePosixPath(name.replace("\\", "/")).name for name in names]
    times = Counter(bases)
    exact = {base: place for place, base in enumerate(bases) if times[base] == 1}
    exact |= {name: place for place, name in enumerate(names)}
    chosen = np.zeros(len(names), dtype=np.bool_)
    for pattern in patterns:
        if pattern in exact:
            chosen[exact[pattern]] = True
            continue
        pairs = zip(names, bases, strict=True)
        found = [fnmatchcase(name, pattern) or fnmatchcase(base, pattern) for name, base in pairs]
        if not any(found):
            raise OptionError(f"no frame is called {one_line(pattern)!r}; {nearest(pattern, names[:50])}")
        chosen |= np.array(found)
    return chosen


def choose_classes(evaluation: Evaluation, wanted: str | Iterable[str] | None) -> NDArray[np.bool_]:
    """Return one flag per class."""
    names = class_labels(evaluation)[:-1]
    if wanted is None:
        return np.ones(len(names), dtype=np.bool_)
    chosen = np.zeros(len(names), dtype=np.bool_)
    for name in [wanted] if isinstance(wanted, str) else wanted:
        if name not in names:
            raise OptionError(f"no class is called {one_line(name)!r}; {nearest(str(name), names)}")
        chosen[names.index(name)] = True
    return chosen


def choose_values(values: NDArray[np.object_], column: str, wanted: Any) -> NDArray[np.bool_]:
    """Return one flag per frame: its value is the wanted one, one of them, or the function says so.

    >>> choose_values(np.array(["rain", None, "fog"], dtype=object), "weather", ["fog", "rain"]).tolist()
    [True, False, True]
    >>> choose_values(np.array([1, 5, None], dtype=object), "lux", lambda lux: lux > 3).tolist()
    [False, True, False]
    """
    known = np.array([value is not None for value in values], dtype=np.bool_)
    if callable(wanted):
        known[known] = [bool(wanted(value)) for value in values[known]]
        return known
    several = isinstance(wanted, Iterable) and not isinstance(wanted, (str, bytes))
    for value in wanted if several else [wanted]:
        if not any(value == own for own in values[known]):
            found = list(dict.fromkeys(one_line(own, 40) for own in values[known]))[:20]
            raise OptionError(f"no frame has {one_line(column)} {one_line(value)!r}; {nearest(str(value), found)}")
    options = list(wanted) if several else [wanted]
    return np.array([own is not None and any(own == value for value in options) for own in values], dtype=np.bool_)
