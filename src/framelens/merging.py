"""Evaluations of different frames become one."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from framelens.bands import BandBook, Bands
from framelens.errors import OptionError, one_line

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation
    from framelens.scale.result import LargeEvaluation

__all__ = ["Merging"]


class Merging:
    """Base of :class:`framelens.Evaluation`: put evaluations of different frames together."""

    def merge(self, *others: Evaluation) -> Evaluation:
        """Return the evaluation of all frames together, as if they had been evaluated at once.

        Exact to the last digit, and the order and the grouping of the evaluations change nothing:
        ``a.merge(b, c)``, ``c.merge(a).merge(b)`` and ``Evaluation.merge(a, b, c)`` are the same.

        Parameters
        ----------
        *others : Evaluation
            Of other frames, with the same ``rules``, ``iou`` and ``confidence``. Frames are ordered by id,
            classes (where the lists differ) by id too.

        Returns
        -------
        Evaluation
            With boxes if all have theirs in memory, without history, pictures, metadata and marks, and
            with the bands of good values if all have the same. Otherwise a
            :class:`~framelens.scale.result.LargeEvaluation` of the summaries, about 16 bytes a detection.

        Raises
        ------
        OptionError
            The settings differ, a frame is in two of them, or a class has two names.

        Examples
        --------
        >>> import framelens, pandas as pd
        >>> cat = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
        >>> dog = cat.assign(**{"frame": "b", "class": "dog"})
        >>> parts = [framelens.evaluate(part, part.assign(score=0.9)) for part in (cat, dog)]
        >>> parts[0].merge(parts[1]).confusion().loc["dog", "dog"]
        np.int64(1)
        """
        from framelens.data.concatenate import concatenate
        from framelens.scale.kept import merge_summaries
        from framelens.scale.result import LargeEvaluation

        parts = (_whole(self), *others)
        for part in others:
            if not isinstance(part, Merging):
                raise OptionError(f"merge takes evaluations, not {type(part).__name__}; make each with evaluate")
        for name in ("rules", "iou", "confidence", "pairing"):
            values = {getattr(part, name) for part in parts}
            if len(values) > 1:
                shown = ", ".join(sorted(one_line(repr(value), 40) for value in values))
                raise OptionError(f"the evaluations have different {name}: {shown}")
        title = " + ".join(sorted({part.title for part in parts}))
        if any(isinstance(part, LargeEvaluation) for part in parts):
            return merge_summaries([part.compact() for part in parts], title)
        first = parts[0]
        dataset = concatenate([part.dataset for part in parts])
        return type(first)(
            dataset=dataset,
            rules=first.rules,
            confidence=first.confidence,
            iou=first.iou,
            pairing=first.pairing,
            band_book=BandBook(first.bands if all(part.bands == first.bands for part in parts) else Bands()),
            title=one_line(title, 200),
        )

    def compact(self) -> LargeEvaluation:
        """Return the numbers without the boxes, small enough to send: about 16 bytes a detection.

        It can be pickled, and put together with others by :meth:`merge`.

        Raises
        ------
        OptionError
            ``rules`` need every box.

        Examples
        --------
        >>> import framelens, pandas as pd
        >>> cat = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
        >>> framelens.evaluate(cat, cat.assign(score=0.9)).compact().scores.macro.precision
        1.0
        """
        from framelens.scale.kept import keep_summary

        return keep_summary(_whole(self))


def _whole(part: Merging) -> Evaluation:
    """Name what this is a part of."""
    return cast("Evaluation", part)
