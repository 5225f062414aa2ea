"""Bands of good values: which score of a card, or of one class, is good enough, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, cast

from framelens.book import Book
from framelens.errors import OptionError, nearest, one_line
from framelens.tables import class_labels

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation

__all__ = [
    "CLASS_FIELDS",
    "DEFAULT_BANDS",
    "Band",
    "BandBook",
    "BandKey",
    "Banded",
    "Bands",
    "Verdict",
    "fit_bands",
    "read_bands",
]

Verdict = Literal["below", "in", "above"]
#: A card, or a card and the name of a class as it stands in the tables.
BandKey: TypeAlias = "str | tuple[str, str]"

_LONGEST_REASON: Final = 200


def _end(name: str, value: object) -> float | None:
    if value is None:
        return None
    try:
        number = float("nan") if isinstance(value, (bool, str)) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        number = float("nan")
    if not 0 <= number <= 1:
        raise OptionError(f"{name} of a band must be a number from 0 to 1 or None, not {_shown(value)}")
    return number


def _shown(value: object) -> str:
    return one_line(repr(value), 60)


@dataclass(frozen=True, slots=True)
class Band:
    """From where to where a score is good, and why.

    Attributes
    ----------
    low, high : float in 0..1 or None
        Ends; None leaves that end open. A band with one end does not contain it (``> 0.9``), a band with two
        ends contains both.
    reason : str
        One line of at most 200 characters, shown beside the band; empty for none.

    Raises
    ------
    OptionError
        If an end is no fraction, the ends are not in order, or there is no end at all.

    Examples
    --------
    >>> from framelens.bands import Band
    >>> Band(0.9, None).verdict(0.9), Band(0.85, 0.95, "target of the pilot").verdict(0.95)
    ('below', 'in')
    >>> print(Band(0.9, 0.8, ""))
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: a band must go up, not from 0.9 to 0.8
    """

    low: float | None = None
    high: float | None = None
    reason: str = ""

    def __post_init__(self) -> None:
        low, high = (_end(name, getattr(self, name)) for name in ("low", "high"))
        if low is None and high is None:
            raise OptionError("a band needs at least one end; None in place of the band takes the default again")
        if (0.0 if low is None else low) >= (1.0 if high is None else high):
            shown = ("0" if low is None else f"{low:g}", "1" if high is None else f"{high:g}")
            raise OptionError(f"a band must go up, not from {shown[0]} to {shown[1]}")
        if not isinstance(self.reason, str) or len(self.reason) > _LONGEST_REASON:
            raise OptionError(f"the reason of a band must be a text of at most {_LONGEST_REASON} characters")
        for name, value in (("low", low), ("high", high), ("reason", one_line(self.reason, _LONGEST_REASON))):
            object.__setattr__(self, name, value)

    @property
    def ends(self) -> list[float | None]:
        """``[low, high]``, as the payload and the JSON write them."""
        return [self.low, self.high]

    def verdict(self, value: float | None) -> Verdict | None:
        """Say where a value lies: below, in or above the band; None where it is undefined.

        Parameters
        ----------
        value : float or None
            None and ``nan``: undefined.
        """
        if value is None or value != value:  # noqa: PLR0124 - nan
            return None
        low, high = self.low, self.high
        if low is not None and (value < low or (high is None and value == low)):
            return "below"
        return "above" if high is not None and (value > high or (low is None and value == high)) else "in"


#: The bands of a card where nobody set another.
DEFAULT_BANDS: Final[dict[str, Band]] = {
    "precision": Band(0.9, None),
    "recall": Band(0.9, None),
    "map50": Band(0.85, 0.95),
    "map50_95": Band(0.45, 0.65),
}

#: Column of the per-class table that a band of one class speaks of.
CLASS_FIELDS: Final = {"precision": "precision", "recall": "recall", "map50": "ap50", "map50_95": "ap50_95"}


class Bands(Mapping["str | tuple[str, str]", Band]):
    """The bands that were set, by card or by (card, class name); cards without one have :data:`DEFAULT_BANDS`."""

    __slots__ = ("_bands",)

    def __init__(self, bands: Mapping[BandKey, Band] | None = None) -> None:
        self._bands = dict(bands or {})

    def __getitem__(self, key: BandKey) -> Band:
        return self._bands[key]

    def __iter__(self) -> Iterator[BandKey]:
        return iter(self._bands)

    def __len__(self) -> int:
        return len(self._bands)

    def __repr__(self) -> str:
        return f"Bands({self._bands!r})"

    def card(self, card: str) -> Band:
        """Return the band of a card: the one that was set, or the default."""
        return self._bands.get(card, DEFAULT_BANDS[card])

    def of_classes(self, labels: Sequence[str]) -> list[tuple[int, str, Band]]:
        """Return (class, card, band) of the bands of single classes that are among ``labels``, in their order."""
        place = {label: index for index, label in enumerate(labels)}
        cards = list(DEFAULT_BANDS)
        found = [
            (place[key[1]], key[0], band)
            for key, band in self._bands.items()
            if isinstance(key, tuple) and key[1] in place
        ]
        return sorted(found, key=lambda row: (row[0], cards.index(row[1])))


class BandBook(Book[Bands]):
    """The bands that were set for an evaluation, shared by all its widgets."""

    def __init__(self, value: Bands | None = None) -> None:
        super().__init__(Bands() if value is None else value)


class Banded:
    """Base of :class:`framelens.Evaluation`: bands of good values that the user sets.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> ev = framelens.evaluate(truth, truth.assign(score=0.9), bands={"recall": (0.7, None, "drafts are reviewed")})
    >>> ev.bands["recall"]
    Band(low=0.7, high=None, reason='drafts are reviewed')
    >>> ev.with_bands({("precision", "cat"): (0.95, None), "recall": None}).as_dict()["bands"][-1]
    {'card': 'precision', 'class': 'cat', 'low': 0.95, 'high': None, 'reason': ''}
    >>> ev.set_bands({"recall": (0.8, None, "the pilot is over")})
    >>> ev.bands
    Bands({'recall': Band(low=0.8, high=None, reason='the pilot is over')})
    >>> ev.with_bands({("precision", "cats"): (0.95, None)})
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: bands: no class is called 'cats'; did you mean 'cat'? (allowed: cat)
    """

    @property
    def bands(self) -> Bands:
        """The bands of good values that were set, in Python or on a page."""
        return cast("Evaluation", self).band_book.value

    def set_bands(self, bands: Mapping[Any, Any]) -> None:
        """Set bands of good values for this evaluation and for all its pages, which show them at once.

        Parameters
        ----------
        bands : mapping
            As :meth:`with_bands` takes them.

        Raises
        ------
        OptionError
            If a card, a class or a band is not known or not possible; the text names the nearest.
        """
        evaluation = cast("Evaluation", self)
        evaluation.band_book.replace(_together(evaluation, bands))

    def with_bands(self, bands: Mapping[Any, Any]) -> Evaluation:
        """Return the same evaluation with other bands of good values; no number changes.

        Parameters
        ----------
        bands : mapping
            A card (``"precision"``, ``"recall"``, ``"map50"``, ``"map50_95"``) or (card, class name) and its band:
            ``(low, high)``, ``(low, high, reason)`` or a :class:`~framelens.bands.Band`; fractions 0..1, None for an
            open end. They stand over those of this evaluation; None in place of a band takes it away again.

        Returns
        -------
        Evaluation

        Raises
        ------
        OptionError
            If a card, a class or a band is not known or not possible; the text names the nearest.
        """
        evaluation = cast("Evaluation", self)
        changed = copy(evaluation)
        object.__setattr__(changed, "band_book", BandBook(_together(evaluation, bands)))
        return changed


def _together(evaluation: Evaluation, bands: Mapping[Any, Any]) -> Bands:
    """Return the bands of an evaluation with others set over them."""
    given = fit_bands(read_bands(bands), class_labels(evaluation)[:-1])
    known = {**evaluation.bands, **given}
    return Bands({key: band for key, band in known.items() if band is not None})


def read_bands(given: object) -> dict[BandKey, Band | None]:
    """Check keys and bands as the caller gave them, before any file is read.

    Parameters
    ----------
    given : mapping or None
        As :meth:`Banded.with_bands` takes them.

    Raises
    ------
    OptionError
        In one line, with the key.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise OptionError(f"bands must be a dict of cards, such as {{'recall': (0.8, None)}}, not {_shown(given)}")
    return {_key(key): _band(key, value) for key, value in given.items()}


def fit_bands(bands: Mapping[BandKey, Band | None], labels: Sequence[str]) -> dict[BandKey, Band | None]:
    """Check that the classes of bands are among ``labels``; give the bands back."""
    for key in bands:
        if isinstance(key, tuple) and key[1] not in labels:
            raise OptionError(f"bands: no class is called {_shown(key[1])}; {one_line(nearest(key[1], labels), 300)}")
    return dict(bands)


def _key(key: object) -> BandKey:
    card, name = key if isinstance(key, tuple) and len(key) == 2 else (key, None)  # noqa: PLR2004
    if not isinstance(card, str) or card not in DEFAULT_BANDS:
        raise OptionError(f"bands: no card is called {_shown(card)}; {nearest(str(card), DEFAULT_BANDS)}")
    if name is None:
        return card
    if not isinstance(name, str):
        raise OptionError(f"bands: the class beside {card!r} must be its name, not {_shown(name)}")
    return card, name


def _band(key: object, value: object) -> Band | None:
    if value is None or isinstance(value, Band):
        return value
    if not isinstance(value, (tuple, list)) or len(value) not in (2, 3):
        raise OptionError(f"bands: {_shown(key)} must be (low, high) or (low, high, reason), not {_shown(value)}")
    try:
        return Band(*value)
    except OptionError as error:
        raise OptionError(f"bands: {_shown(key)}: {error}") from None
