"""Bands of good values as the page has them: rows with the number of a class in place of its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.widgets.history_payload import clean_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from framelens.bands import Band, BandKey
    from framelens.widgets.view_traits import ViewTraits

__all__ = ["read_sent_bands", "send_bands"]


def send_bands(bands: Mapping[BandKey, Band], widget: ViewTraits) -> list[dict[str, Any]]:
    """Return the rows of bands that were set.

    Parameters
    ----------
    bands : mapping of card, or of (card, class name), to Band
    widget : ViewTraits
        Whose classes are counted.
    """
    place = {name: at for at, name in enumerate(widget.class_names)}
    rows = []
    for key, band in bands.items():
        card, name = key if isinstance(key, tuple) else (key, None)
        if name is None or name in place:
            number = None if name is None else place[name]
            reason = clean_text(band.reason)
            rows.append({"card": card, "class": number, "low": band.low, "high": band.high, "reason": reason})
    return rows


def read_sent_bands(value: Any, widget: ViewTraits) -> Any:
    """Return the bands of a page as they are written in Python; what cannot be is left as it is, to be refused."""
    names = widget.class_names
    found: dict[Any, tuple[Any, Any, Any]] = {}
    for row in value if isinstance(value, list) else [None]:
        match row:
            case {"card": str(card), "class": None, "low": low, "high": high, "reason": reason}:
                found[card] = (low, high, reason)
            case {"card": str(card), "class": int(at), "low": low, "high": high, "reason": reason} if at in range(
                len(names)
            ):
                found[card, names[at]] = (low, high, reason)
            case _:
                return value
    return found
