"""What a person says of single examples: a wrong label, a hard case, one to ignore, a note.

Marks are made on the page with a key, come back as a DataFrame, and leave as files that labelling tools read.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

import numpy as np

from framelens.book import Book
from framelens.errors import OptionError, nearest, one_line

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

    import pandas as pd

    from framelens.data.dataset import Dataset
    from framelens.evaluation import Evaluation

__all__ = ["KINDS", "Mark", "MarkBook", "Marked", "check_mark", "marks_table"]

#: What may be said; ``"note"`` is a text alone.
KINDS: Final = ("label error", "hard", "ignore", "note")
_LONGEST_NOTE: Final = 500
_BOX: Final = ("x", "y", "width", "height")


@dataclass(frozen=True, slots=True)
class Mark:
    """One example and what was said of it.

    Attributes
    ----------
    object, detection : int
        Rows of ``Dataset.objects`` and ``Dataset.detections``, -1 where there is none.
    mark : {"label error", "hard", "ignore", "note"}
    note : str
        One line.
    """

    object: int
    detection: int
    mark: str
    note: str = ""


class MarkBook(Book[tuple[Mark, ...]]):
    """The marks of an evaluation, shared by all its widgets, in the order in which they were made.

    Examples
    --------
    >>> book = MarkBook()
    >>> book.replace((Mark(0, -1, "hard"),))
    >>> len(book.value)
    1
    """

    def __init__(self, value: tuple[Mark, ...] = ()) -> None:
        super().__init__(value)


def check_mark(dataset: Dataset, row: dict[str, Any]) -> Mark:
    """Return a mark of this dataset.

    Raises
    ------
    OptionError
        A row number, the kind or the note is not allowed.
    """
    limits = {"object": len(dataset.objects), "detection": len(dataset.detections)}
    rows = {name: row.get(name, -1) for name in limits}
    for name, value in rows.items():
        if isinstance(value, bool) or not isinstance(value, int) or not -1 <= value < limits[name]:
            msg = f"{name} of a mark must be a row from 0 to {limits[name] - 1}, or -1, not {one_line(repr(value), 40)}"
            raise OptionError(msg)
    if max(rows.values()) < 0:
        msg = "a mark needs an object or a detection"
        raise OptionError(msg)
    kind, note = row.get("mark"), row.get("note", "")
    if kind not in KINDS:
        msg = f"mark must be one of the known ones, not {one_line(repr(kind), 40)}; {nearest(str(kind), KINDS)}"
        raise OptionError(msg)
    return Mark(rows["object"], rows["detection"], str(kind), one_line(note if note is not None else "", _LONGEST_NOTE))


class Marked:
    """Base of :class:`framelens.Evaluation`: the marks that were made on its pages.

    Examples
    --------
    >>> import framelens, pandas as pd
    >>> truth = pd.DataFrame({"frame": ["a"], "class": ["cat"], "x": [1], "y": [1], "width": [9], "height": [9]})
    >>> ev = framelens.evaluate(truth, truth.assign(score=0.9))
    >>> ev.mark(object=0, mark="label error", note="this is a dog")
    >>> ev.marks[["frame", "class", "mark", "note"]].to_dict("records")
    [{'frame': 'a', 'class': 'cat', 'mark': 'label error', 'note': 'this is a dog'}]
    >>> len(ev.without("label error").dataset.objects)
    0
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     saved = ev.save_marks(pathlib.Path(folder, "marks.csv"))
    ...     framelens.evaluate(truth, truth.assign(score=0.9)).load_marks(saved)
    1
    """

    @property
    def marks(self) -> pd.DataFrame:
        """One row per mark.

        Returns
        -------
        DataFrame
            ``frame``, ``object, detection`` (rows of :attr:`framelens.Evaluation.objects`, <NA> for none), ``class``
            (as labelled, else as predicted), ``predicted``, ``score``, ``mark, note``, and the box of the object,
            else of the detection: ``x, y, width, height``.
        """
        return marks_table(_whole(self))

    def mark(self, *, object: int = -1, detection: int = -1, mark: str, note: str = "") -> None:  # noqa: A002
        """Mark an example, in place of what was said of it before.

        Parameters
        ----------
        object, detection : int
            Rows of the dataset's objects and detections, -1 for none.
        mark : {"label error", "hard", "ignore", "note"}
        note : str
            One line.

        Raises
        ------
        OptionError
            There is no such row or kind.
        """
        whole = _whole(self)
        new = check_mark(whole.dataset, {"object": object, "detection": detection, "mark": mark, "note": note})
        place = (new.object, new.detection)
        kept = [one for one in whole.mark_book.value if (one.object, one.detection) != place]
        whole.mark_book.replace((*kept, new))

    def save_marks(self, path: str | PathLike[str], *, format: str | None = None) -> Path:  # noqa: A002
        """Write the marks to a file.

        Parameters
        ----------
        path : path
        format : {"csv", "coco", "label-studio", "cvat"} or None
            None goes by the ending: ``.csv``, ``.xml`` (CVAT for images 1.1), else COCO-like JSON: the marked boxes
            as annotations with ``mark`` and ``note``. ``"label-studio"`` is a list of tasks for its import.

        Returns
        -------
        Path

        Raises
        ------
        OptionError
            The format is not known, or it needs the sizes of frames and they are not known, or the file cannot be
            written; a file that was there stays as it is until the new one is complete.
        """
        from framelens.mark_files import write_marks

        return write_marks(_whole(self), path, format)

    def load_marks(self, source: Any) -> int:
        """Take marks from a file or table and add them to those that there are.

        Examples are found by frame, class and box; a detection also by its score.

        Parameters
        ----------
        source : path or DataFrame
            What :meth:`save_marks` wrote as ``csv`` or ``coco``, or :attr:`marks`.

        Returns
        -------
        int
            How many were found; fewer than there are when boxes or classes have changed since.

        Raises
        ------
        DataError
            The file cannot be used.
        """
        from framelens.mark_files import read_marks

        whole = _whole(self)
        found, total = read_marks(source, whole)
        known = {(one.object, one.detection): one for one in (*whole.mark_book.value, *found)}
        whole.mark_book.replace(tuple(known.values()))
        if len(found) < total:
            import warnings

            text = f"{total - len(found)} of {total} marks belong to no box of this evaluation and are left out"
            warnings.warn(text, stacklevel=2)
        return len(found)

    def without(self, *kinds: str) -> Evaluation:
        """Return the evaluation of what is left when the boxes with these marks are taken out.

        Parameters
        ----------
        *kinds : {"label error", "hard", "ignore", "note"}
            None: ``"label error"`` and ``"ignore"``.

        Raises
        ------
        OptionError
            There is no such kind.
        """
        whole, wanted = _whole(self), kinds or ("label error", "ignore")
        for kind in wanted:
            if kind not in KINDS:
                msg = f"mark must be one of the known ones, not {one_line(repr(kind), 40)}; {nearest(str(kind), KINDS)}"
                raise OptionError(msg)
        chosen = [one for one in whole.mark_book.value if one.mark in wanted]
        dataset = whole.dataset
        objects, detections = np.ones(len(dataset.objects), bool), np.ones(len(dataset.detections), bool)
        objects[[one.object for one in chosen if one.object >= 0]] = False
        detections[[one.detection for one in chosen if one.detection >= 0]] = False
        left = replace(
            dataset, objects=_keep(dataset.objects, objects), detections=_keep(dataset.detections, detections)
        )
        counts = Counter(one.mark for one in chosen)
        words = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        title = f"{whole.title} without {words}" if words else whole.title
        return replace(whole, dataset=left, title=title, mark_book=MarkBook())


def marks_table(evaluation: Evaluation) -> pd.DataFrame:
    """See :attr:`Marked.marks`."""
    import pandas as pd

    from framelens.tables import class_labels, nullable

    dataset, marks = evaluation.dataset, evaluation.mark_book.value
    labels = class_labels(evaluation)
    rows: list[dict[str, Any]] = []
    for one in marks:
        thing = dataset.objects if one.object >= 0 else dataset.detections
        row = one.object if one.object >= 0 else one.detection
        found = one.detection >= 0
        rows.append(
            {
                "frame": dataset.frames.names[int(thing.frame[row])],
                "class": labels[int(thing.category[row])],
                "predicted": labels[int(dataset.detections.category[one.detection])] if found else None,
                "score": float(dataset.detections.score[one.detection]) if found else float("nan"),
                "mark": one.mark,
                "note": one.note,
                **dict(zip(_BOX, thing.box[row].tolist(), strict=True)),
            }
        )
    table = pd.DataFrame(rows, columns=["frame", "class", "predicted", "score", "mark", "note", *_BOX])
    table.insert(1, "object", nullable(np.array([one.object for one in marks], dtype=np.int64)))
    shifted = [one.detection + len(dataset.objects) if one.detection >= 0 else -1 for one in marks]
    table.insert(2, "detection", nullable(np.array(shifted, dtype=np.int64)))
    return table


def _keep(columns: Any, kept: Any) -> Any:
    from dataclasses import fields

    return type(columns)(**{field.name: getattr(columns, field.name)[kept] for field in fields(columns)})


def _whole(part: Marked) -> Evaluation:
    return cast("Evaluation", part)
