"""Numbers out of text by arithmetic on whole columns: the same number of all records at once.

Eight characters are one 64-bit word. A few operations tell where its digits end and join neighbours to two
digits, these to four, these to eight; a record costs as many instructions as it has numbers, whatever else it says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Block", "NotRegularError"]

_WORD = 8
_PAD = bytes(_WORD)
_DOT, _MINUS, _E, _QUOTE = b'.-e"'
_LOWER_CASE = 0x20
_CONTROLS = 0x20
# Of each of the eight characters:
_DIGIT = np.uint64(0x3030303030303030)
_BEYOND_NINE = np.uint64(0x7676767676767676)
_HIGH_BIT = np.uint64(0x8080808080808080)
# Times 256**n this has 8 - n in its highest byte.
_UNUSED = np.uint64(0x0807060504030201)
_SEVEN, _TO_BYTE, _TO_BITS = np.uint64(7), np.uint64(56), np.uint64(3)
_JOIN = [
    (np.uint64(bits), np.uint64(10 ** (bits >> 3)), np.uint64(mask))
    for bits, mask in ((8, 0x00FF00FF00FF00FF), (16, 0x0000FFFF0000FFFF), (32, 0x00000000FFFFFFFF))
]
# Powers of ten up to the highest that a double holds exactly; those beyond 64 bits meet only zeros.
_MOST_PLACES = 22
_POWERS = np.array([float(10**places) for places in range(_MOST_PLACES + 1)])
_WHOLE_POWERS = np.array([10**places if places < 20 else 0 for places in range(_MOST_PLACES + 1)], dtype=np.uint64)
# The least number that is written with so many digits; with none there is no number.
_LEAST = np.array([1 << 63, 0, *(10**digits for digits in range(1, 19))], dtype=np.uint64)
_EXACT, _LARGEST = 2.0**53, 2.0**63
_LONGEST_EXPONENT = 3
# Splits a double into two halves whose products are exact.
_SPLIT = float((1 << 27) + 1)


class NotRegularError(Exception):
    """The text is not one of records that differ in their numbers and texts only."""


class Block:
    """A piece of text that is read at many places at once.

    Parameters
    ----------
    parts : bytes
        Joined. ASCII only: of other characters this arithmetic knows nothing.
    """

    def __init__(self, *parts: bytes | memoryview) -> None:
        self._padded = b"".join((*parts, _PAD))
        if not self._padded.isascii():
            raise NotRegularError
        self.characters: NDArray[np.uint8] = np.frombuffer(self._padded, dtype=np.uint8)
        self._words = self._windows("<u8", _WORD)
        self._signed = b"-" in self._padded
        self._quotes: NDArray[np.int64] | None = None
        self._controls = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._padded) - len(_PAD)

    def find(self, character: int) -> NDArray[np.int64]:
        """Return every place of a character."""
        return np.flatnonzero(self.characters == character)

    def skip(self, at: NDArray[np.int64], text: bytes) -> NDArray[np.int64]:
        """Return the places behind a text that stands at all of these places."""
        if len(text) > len(self._padded):
            raise NotRegularError
        # What stands at the end is too near to it to be this text.
        windows = self._windows(f"V{len(text)}", len(text))
        if at[-1] >= len(windows) or windows[at].tobytes() != text * len(at):
            raise NotRegularError
        return at + len(text)

    def number(self, at: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
        """Return the JSON number at each place, and the places behind them.

        Returns
        -------
        values : int64 or float64 array
            Integers where none has a fraction or an exponent; otherwise the nearest doubles.
        at : int64 array
        """
        negative = None
        if self._signed:
            negative = self.characters[at] == _MINUS
            at = at + negative
        number, length = self._digits(at)
        if length.max() >= len(_LEAST) or (number < _LEAST[length]).any():
            raise NotRegularError  # nothing, or a 0 before other digits
        at = at + length
        places = self._fraction(number, at)
        if self._signed:
            places = self._exponent(places, at)
        values = number.view(np.int64) if places is None else _shift(number, places)
        if negative is not None:
            np.negative(values, out=values, where=negative)
        return values, at

    def text(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the place of the next quotation mark: where a text that begins at each place ends."""
        if self._quotes is None:
            if b"\\" in self._padded:
                raise NotRegularError  # it may hide a quotation mark
            self._quotes = self.find(_QUOTE)
            self._controls = np.flatnonzero(self.characters[: len(self)] < _CONTROLS)
        which = np.searchsorted(self._quotes, at)
        if which[-1] >= len(self._quotes):
            raise NotRegularError
        end = self._quotes[which]
        if (np.searchsorted(self._controls, at) != np.searchsorted(self._controls, end)).any():
            raise NotRegularError
        return end

    def texts(self, start: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.object_]:
        """Return what stands between two columns of places."""
        whole = self._padded.decode("ascii")
        found = np.empty(len(start), dtype=object)
        found[:] = [whole[first:last] for first, last in zip(start.tolist(), end.tolist(), strict=True)]
        return found

    def _windows(self, dtype: str, size: int) -> NDArray[Any]:
        """Return what begins at each character."""
        return np.ndarray((len(self._padded) - size + 1,), dtype, self._padded, strides=(1,))

    def _digits(self, at: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the number of the digits at each place, 0 for none, and how many they are."""
        word = self._words[at]
        word ^= _DIGIT
        # The high bit of the first character that is no digit, moved to its lowest.
        mark = word + _BEYOND_NINE
        mark &= _HIGH_BIT
        mark &= np.negative(mark)
        mark >>= _SEVEN
        mark *= _UNUSED
        mark >>= _TO_BYTE
        length = _WORD - mark.view(np.int64)
        mark <<= _TO_BITS
        word <<= mark
        for bits, power, mask in _JOIN:
            upper = word >> bits
            word *= power
            word += upper
            word &= mask
        rows = np.flatnonzero(length == _WORD)
        if len(rows):
            longer = rows if len(rows) < len(at) else slice(None)
            more, count = self._digits(at[longer] + _WORD)
            if count.max() > _MOST_PLACES - _WORD:
                raise NotRegularError
            word[longer] = _append(word[longer], more, count)
            length[longer] += count
        return word, length

    def _fraction(self, number: NDArray[np.uint64], at: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Add the digits behind a point to the numbers; return how many these are, None where no number has a point.

        Both columns are changed.
        """
        points = self.characters[at] == _DOT
        if points.all():
            at += 1
            part, places = self._digits(at)
            at += places
            number[:] = _append(number, part, places)
            least = places.min()
        elif points.any():
            rows = np.flatnonzero(points)
            part, count = self._digits(at[rows] + 1)
            number[rows] = _append(number[rows], part, count)
            at[rows] += 1 + count
            places = np.zeros(len(at), dtype=np.int64)
            places[rows] = count
            least = count.min()
        else:
            return None
        if not least:
            raise NotRegularError
        return places

    def _exponent(self, places: NDArray[np.int64] | None, at: NDArray[np.int64]) -> NDArray[np.int64] | None:
        """Add negative exponents to the places behind the point; both columns are changed."""
        rows = np.flatnonzero(self.characters[at] | _LOWER_CASE == _E)
        if not len(rows):
            return places
        begin = at[rows] + 1
        if (self.characters[begin] != _MINUS).any():
            raise NotRegularError
        power, count = self._digits(begin + 1)
        if not count.min() or count.max() > _LONGEST_EXPONENT:
            raise NotRegularError
        at[rows] = begin + 1 + count
        places = np.zeros(len(at), dtype=np.int64) if places is None else places
        places[rows] += power.view(np.int64)
        return places


def _append(number: NDArray[np.uint64], more: NDArray[np.uint64], count: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Write ``count`` digits behind each number."""
    most = int(count.max())
    if most > _MOST_PLACES:
        raise NotRegularError
    if int(number.max()) * 10**most + int(more.max()) >= _EXACT:
        joined = number * _POWERS[count] + more
        if joined.max() >= _LARGEST:
            raise NotRegularError
    return number * _WHOLE_POWERS[count] + more


def _shift(number: NDArray[np.uint64], places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the doubles nearest to ``number / 10**places``."""
    values = number.view(np.int64).astype(np.float64)
    most = places.max()
    power = _POWERS[places if most <= _MOST_PLACES else np.minimum(places, _MOST_PLACES)]
    if most <= _MOST_PLACES and values.max() < _EXACT:
        values /= power  # of two exact doubles
        return values
    rest = (number.view(np.int64) - values.astype(np.int64)).astype(np.float64)
    nearest, doubtful = _divide(values, rest, power)
    for row in np.flatnonzero(doubtful | (places > _MOST_PLACES)).tolist():
        nearest[row] = int(number[row]) / 10 ** int(places[row])  # rounded correctly, however large
    return nearest


def _divide(
    high: NDArray[np.float64], low: NDArray[np.float64], by: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the doubles nearest to ``(high + low) / by``, and which may be off by the last bit.

    ``low`` is what ``high`` lacks of a whole number. What is left of the division by ``high`` is a double, too
    (T. J. Dekker, A floating-point technique for extending the available precision, 1971); it and ``low`` make the
    second part of the quotient, good to about 2**-50 of the first one's last bit.
    """
    first = high / by
    product = first * by
    (a, b), (c, d) = _halves(first), _halves(by)
    lost = ((a * c - product) + a * d + b * c) + b * d
    second = ((high - product) - lost + low) / by
    nearest = first + second
    # In units of the last bit: near a half (a quarter below a power of two) the other neighbour is as near.
    away = np.abs((first - nearest) + second) / np.spacing(nearest)
    return nearest, (np.abs(away - 0.5) < 1e-6) | (np.abs(away - 0.25) < 1e-6)


def _halves(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split doubles into halves of 26 bits."""
    scaled = values * _SPLIT
    upper = scaled - (scaled - values)
    return upper, values - upper
