"""Numbers out of text by arithmetic on whole columns: the same number of all records at once.

Eight characters are one 64-bit word. A few operations tell where its point is and where its digits end, and join
neighbours to two digits, these to four, these to eight; a record costs as many instructions as it has numbers,
whatever else it says. A number of more than seven characters goes on in the next word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Block", "NotRegularError"]

_WORD = 8
_PAD = bytes(_WORD)
# Characters that are compared at once: the answers stay in the processor's cache.
_AT_ONCE = 1 << 16
_DOT, _MINUS, _E, _QUOTE = b'.-e"'
_LOWER_CASE = 0x20
_CONTROLS = 0x20
# Of each of the eight characters:
_DIGIT = np.uint64(0x3030303030303030)
_BEYOND_NINE = np.uint64(0x7676767676767676)
_HIGH_BIT = np.uint64(0x8080808080808080)
# Times 256**n this has 8 - n in its highest byte.
_UNUSED = np.uint64(0x0807060504030201)
_SEVEN, _EIGHT, _TO_BYTE, _TO_BITS = np.uint64(7), np.uint64(8), np.uint64(56), np.uint64(3)
# The point as a difference from 0, and all bits of a character.
_POINT, _CHARACTER = np.uint64(_DOT ^ ord("0")), np.uint64(0xFF)
# The first two characters of a number as one: more than 0 and a digit, less than a first one that is no digit.
_AFTER_ZERO, _NO_DIGIT = 9, 10 << 8
# Times these the first and the third, the second and the fourth pair of digits stand in their places of ten.
_TEN, _TO_PAIR, _TO_HALF = np.uint64(10), np.uint64(16), np.uint64(32)
_PAIRS = np.uint64(0x000000FF000000FF)
_ODD_PAIRS = np.uint64(100 + (10**6 << 32))
_EVEN_PAIRS = np.uint64(1 + (10**4 << 32))
# Powers of ten up to the highest that a double holds exactly; those beyond 64 bits meet only zeros.
_MOST_PLACES = 22
_POWERS = np.array([float(10**places) for places in range(_MOST_PLACES + 1)])
_WHOLE_POWERS = np.array([10**places if places < 20 else 0 for places in range(_MOST_PLACES + 1)], dtype=np.uint64)
_EXACT, _LARGEST = 2.0**53, 2.0**63
_LONGEST_EXPONENT = 3
# Splits a double into two halves whose products are exact.
_SPLIT = float((1 << 27) + 1)
_DOUBT = 2.0**-50


_Parsed = tuple["NDArray[np.uint64]", "NDArray[np.int64] | None", "NDArray[np.int64]"]


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
        self._signed = self._exponents = b"-" in self._padded
        if self._signed:
            before = self.characters[self.find(_MINUS) - 1]
            self._exponents = bool((before | _LOWER_CASE == _E).any())
        self._quotes: NDArray[np.int64] | None = None
        self._controls = np.empty(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self._padded) - len(_PAD)

    def find(self, character: int) -> NDArray[np.int64]:
        """Return every place of a character."""
        starts = range(0, len(self.characters), _AT_ONCE)
        found = [np.flatnonzero(self.characters[at : at + _AT_ONCE] == character) for at in starts]
        return np.concatenate([places + at for places, at in zip(found, starts, strict=True)])

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
        word = self._words[at]
        negative = np.flatnonzero(word.astype(np.uint8) == _MINUS) if self._signed else ()
        if len(negative):
            at = at.copy()
            at[negative] += 1
            word[negative] = self._words[at[negative]]
        word ^= _DIGIT
        first = word.astype(np.uint16).byteswap()
        if first.min() <= _AFTER_ZERO or first.max() >= _NO_DIGIT:
            raise NotRegularError  # a 0 before other digits, or nothing
        number, places, at = self._short(word, at) or self._long(at)
        if self._exponents:
            places = self._exponent(places, at)
        values = number.view(np.int64) if places is None else _shift(number, places)
        if len(negative):
            values[negative] = -values[negative]
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

    def _short(self, word: NDArray[np.uint64], at: NDArray[np.int64]) -> _Parsed | None:
        """Read numbers whose point or end stands in their first word; None where there are others."""
        marks = _no_digits(word)
        point = _first(marks)
        if not point.all():
            return None
        marks ^= point
        point >>= _SEVEN
        pointed = (word & (point * _CHARACTER)) == point * _POINT
        if not pointed.any():
            unused = _unused(point)
            word <<= unused << _TO_BITS
            return _join(word), None, at + _WORD - unused.view(np.int64)
        end = _first(marks)
        longer = np.flatnonzero((end == 0) & pointed)
        end >>= _SEVEN
        whole = () if pointed.all() else np.flatnonzero(~pointed)
        if len(whole):
            end[whole] = point[whole] << _EIGHT  # as if there were a point
        unused = _unused(end)
        number = _join(_without(word, point) << (unused << _TO_BITS))
        at = at + _WORD - unused.view(np.int64)
        if len(whole):
            at[whole] -= 1
        unused += np.uint64(1)
        places = (_unused(point) - unused).view(np.int64)
        if len(longer):
            rows = longer if len(longer) < len(at) else slice(None)
            more, count = self._digits(at[rows])
            number[rows] = _append(number[rows], more, count)
            places[rows] += count
            at[rows] += count
        if (places < pointed).any():
            raise NotRegularError  # a point and nothing behind it
        return number, places, at

    def _long(self, at: NDArray[np.int64]) -> _Parsed:
        """Read numbers of any length."""
        number, length = self._digits(at)
        at = at + length
        return number, self._fraction(number, at), at

    def _digits(self, at: NDArray[np.int64]) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Return the number of the digits at each place, 0 for none, and how many they are."""
        word = self._words[at]
        word ^= _DIGIT
        mark = _first(_no_digits(word))
        mark >>= _SEVEN
        unused = _unused(mark)
        length = _WORD - unused.view(np.int64)
        unused <<= _TO_BITS
        word <<= unused
        word = _join(word)
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


def _no_digits(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the high bit of each character that is no digit; digits are 0 to 9 here."""
    marks = word + _BEYOND_NINE
    marks &= _HIGH_BIT
    return marks


def _first(marks: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the lowest bit of each."""
    lowest: NDArray[np.uint64] = np.negative(marks)
    lowest &= marks
    return lowest


def _unused(unit: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return how many characters there are from the one whose lowest bit this is; 0 for none."""
    unused = unit * _UNUSED
    unused >>= _TO_BYTE
    return unused


def _without(word: NDArray[np.uint64], point: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Take the character whose lowest bit this is out of each word: those before it move up to its place."""
    below = point - np.uint64(1)
    below &= word
    below <<= _EIGHT
    above = point << _EIGHT
    np.negative(above, out=above)
    above &= word
    below |= above
    return below


def _join(word: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return the number of the eight digits of each word."""
    pairs = word >> _EIGHT
    pairs += word * _TEN
    odd = pairs & _PAIRS
    odd *= _ODD_PAIRS
    pairs >>= _TO_PAIR
    pairs &= _PAIRS
    pairs *= _EVEN_PAIRS
    pairs += odd
    pairs >>= _TO_HALF
    return pairs


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

    ``low`` is what ``high`` lacks of a whole number. The quotient is taken apart: its first 26 bits times either half
    of ``by`` are exact doubles (T. J. Dekker, A floating-point technique for extending the available precision, 1971),
    and so is what they leave of ``high`` and ``low``. That, divided, is the second part, off by 2**-53 of itself at
    most. Where a little more and a little less of it round to the same double, that is the nearest (A. Ziv, Fast
    evaluation of elementary mathematical functions with correctly rounded last bit, 1991).
    """
    first, _ = _halves(high / by)
    upper, lower = _halves(by)
    second = high - first * upper
    second -= first * lower
    second += low
    second /= by
    nearest = first + second * (1 - _DOUBT)
    return nearest, nearest != first + second * (1 + _DOUBT)


def _halves(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Split doubles into halves of 26 bits."""
    scaled = values * _SPLIT
    upper = scaled - (scaled - values)
    return upper, values - upper
