"""Where a detector is good and where it is not: numbers for parts of the data, and evaluations of a part."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from framelens.data.subset import pictures_of, subset
from framelens.errors import OptionError
from framelens.marks import MarkBook
from framelens.metrics.federated import beyond_limit
from framelens.slices.choose import choose_classes, choose_frames, choose_values
from framelens.slices.facets import Facet, facets
from framelens.slices.tables import RELIABLE, slices_table, worst_slices_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation

__all__ = ["RELIABLE", "Facet", "Slices", "facets"]


class Slices:
    """Base of :class:`framelens.Evaluation`: parts of the data.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a", "b"], "class": ["cat", "dog"], "x": [10, 5], "y": [10, 5],
    ...                       "width": [40, 30], "height": [40, 20]})
    >>> weather = pd.DataFrame({"frame": ["a", "b"], "weather": ["rain", "sun"]})
    >>> ev = framelens.evaluate(truth, truth[:1].assign(score=0.9), metadata=weather)
    >>> ev.slices("weather")[["slice", "objects", "recall"]].to_dict("records")
    [{'slice': 'rain', 'objects': 1, 'recall': 1.0}, {'slice': 'sun', 'objects': 1, 'recall': 0.0}]
    >>> ev.where(metadata={"weather": "sun"}).dataset
    Dataset(1 frames, 2 classes, 1 objects, 0 detections)
    >>> [one.name for one in ev.facets], ev.worst_slices(1, least=1)["slice"].tolist()
    (['size', 'objects in frame', 'weather'], ['objects in frame: 1, weather: sun'])
    """

    @cached_property
    def facets(self) -> tuple[Facet, ...]:
        """The ways to cut the data that :meth:`slices` knows: sizes, objects in the frame, and the metadata."""
        return facets(_whole(self))

    def slices(
        self, by: str | None = None, *, sizes: Mapping[str, tuple[float, float]] | None = None, ap: bool = False
    ) -> pd.DataFrame:
        """Return counts and rates of every slice, at the operating point of the whole.

        Parameters
        ----------
        by : str or None
            ``"size"``, ``"objects in frame"`` or a column of ``metadata=``; None: all of them, without columns
            of words that hold more than 50 different ones.
        sizes : mapping of str to (float, float) or None
            Name and least and greatest area in square pixels instead of COCO's small, medium and large. An area
            on an edge belongs to the first range that holds it.
        ap : bool
            Add ``map50`` and ``map50_95`` of the slice by the rule set of the evaluation (by size: COCO's).

        Returns
        -------
        DataFrame
            ``by, slice, frames, objects, detections, true_positives, false_positives, false_negatives``,
            ``precision, recall`` with ``_low`` and ``_high`` (Wilson, 95 %), ``f1`` (all classes together),
            ``precision_delta, recall_delta, f1_delta`` (slice less everything), ``differs`` (the 95 % interval of
            the difference in precision or recall from all the rest leaves out 0; Newcombe 1998), ``reliable`` (30
            objects or more), ``smallest_reliable`` (the one with the fewest objects of those). A confused pair is
            one false positive and one false negative. By size an object, and what found it, belongs to the
            range of its own area, a wrong detection to that of its box.

        Raises
        ------
        OptionError
            If there is no such slicing; the text names the nearest.
        """
        return slices_table(_whole(self), by, sizes, ap=ap)

    def worst_slices(
        self, most: int = 10, *, least: int = RELIABLE, sizes: Mapping[str, tuple[float, float]] | None = None
    ) -> pd.DataFrame:
        """Return slices, and pairs of slices, with a lower F1 than the whole, worst first.

        Parameters
        ----------
        most : int
            At most so many rows.
        least : int
            Objects that a slice must hold.
        sizes : mapping of str to (float, float) or None
            Ranges of areas in place of COCO's, as in :meth:`slices`.

        Returns
        -------
        DataFrame
            ``slice`` (in words), ``conditions`` (list of (by, slice)), ``objects, detections, true_positives,
            precision, recall, f1, f1_delta, errors`` (false positives and negatives, a confused pair once),
            ``share_of_errors`` (of all).
        """
        return worst_slices_table(_whole(self), most, least, sizes)

    def where(
        self,
        *,
        frames: str | Sequence[str] | Sequence[bool] | Callable[[str], bool] | None = None,
        classes: str | Sequence[str] | None = None,
        metadata: Mapping[str, Any] | None = None,
        without_marks: str | Sequence[str] | None = None,
    ) -> Evaluation:
        """Return the evaluation of a part of the data, at the same confidence and IoU.

        Parameters
        ----------
        frames : str, sequence of str, bool array of shape (F,), callable or None
            Names (also base names, and patterns such as ``"night_*"``), one flag per frame, or a function of the
            name.
        classes : str, sequence of str or None
            Only boxes of these classes, predicted and labelled. A confusion with another class then is a missed
            object or a false alarm. By the rules ``lvis`` the 300 best detections of a frame are those of all classes.
        metadata : mapping or None
            Column of ``metadata=`` and the value, a list of values, or a function of the value.
        without_marks : str, sequence of str or None
            Leave out the boxes with these marks, such as ``"label error"``; see :meth:`framelens.Evaluation.without`.

        Returns
        -------
        Evaluation
            Without the predictions of other epochs, and with no marks: their rows are those of the whole.

        Raises
        ------
        OptionError
            If a name fits nothing; the text names the nearest.
        """
        whole = _whole(self)
        if without_marks is not None:
            point = whole.operating_point.confidence
            kinds = (without_marks,) if isinstance(without_marks, str) else tuple(without_marks)
            whole = replace(whole.without(*kinds), confidence=point)
        dataset = whole.dataset
        chosen = choose_frames(dataset.frames.names, frames)
        for column, wanted in (metadata or {}).items():
            if whole.metadata is None:
                raise OptionError("there is no metadata; pass metadata=<DataFrame> to framelens.evaluate")
            chosen &= choose_values(whole.metadata.column(column), column, wanted)
        kept = choose_classes(whole, classes)
        found = kept[dataset.detections.category]
        if whole.rules == "lvis":
            found &= ~beyond_limit(dataset.detections)
        return _part(whole, chosen, kept[dataset.objects.category], found)


def _whole(part: Slices) -> Evaluation:
    return cast("Evaluation", part)


def _part(
    whole: Evaluation, frames: NDArray[np.bool_], objects: NDArray[np.bool_], detections: NDArray[np.bool_]
) -> Evaluation:
    return replace(
        whole,
        dataset=subset(whole.dataset, frames, objects, detections),
        pictures=None if whole.pictures is None else pictures_of(whole.pictures, frames),
        metadata=None if whole.metadata is None else whole.metadata.take(np.flatnonzero(frames)),
        confidence=whole.operating_point.confidence,
        saved=None,
        mark_book=MarkBook(),
    )
