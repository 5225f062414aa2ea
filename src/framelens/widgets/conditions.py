"""What a page leaves out of the count: by class, slice, frame and mark, and by classes' own confidences."""

from __future__ import annotations

from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from framelens.data.subset import subset
from framelens.errors import OptionError, nearest, one_line
from framelens.marks import KINDS, MarkBook
from framelens.slices.choose import choose_frames
from framelens.tables import class_labels
from framelens.widgets.history_payload import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from framelens.evaluation import Evaluation
    from framelens.marks import Mark
    from framelens.metrics.confusion import Confusion
    from framelens.slices import Facet

__all__ = [
    "CONDITIONS",
    "check_conditions",
    "check_confidences",
    "count_part",
    "is_possible",
    "read_condition",
    "send_condition",
]

#: What a condition may be.
CONDITIONS: Final = (
    "{'class': name}, {'by': 'weather', 'slice': 'rain'}, {'frames': [names]} or {'without': ['label error', 'ignore']}"
)

#: Words of a stranger's table, which the page knows as :func:`clean_text` writes them.
_WORDS: Final = ("by", "slice")
#: Said of an evaluation whose classes have confidences of their own.
_CUT: Final = (
    "detections under the confidence of their class are left out here, so average precision is of the others alone; "
    "on the page it is over all confidences"
)


def check_confidences(given: Mapping[Any, Any], labels: Iterable[str]) -> dict[str, float]:
    """Return confidences of single classes by name, in the order of the classes.

    Parameters
    ----------
    given : mapping of str to float or None
        None takes the confidence for all.
    labels : iterable of str
        The classes.

    Raises
    ------
    OptionError
        A class is not known, or a confidence is no finite number.

    Examples
    --------
    >>> check_confidences({"dog": 0.5, "cat": 1}, ["cat", "dog"])
    {'cat': 1.0, 'dog': 0.5}
    >>> check_confidences({"cta": 0.5}, ["cat", "dog"])
    Traceback (most recent call last):
        ...
    framelens.errors.OptionError: class_confidences: no class is called 'cta'; did you mean 'cat'? (allowed: cat, dog)
    """
    known = list(labels)
    for name, value in given.items():
        _known("class_confidences", "class", name, known)
        number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if value is not None and not (number and isfinite(value)):
            raise OptionError(f"class_confidences: {_shown(name)} must be a finite number, not {_shown(value)}")
    return {name: float(given[name]) for name in known if given.get(name) is not None}


def check_conditions(given: Iterable[object], evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return conditions that can be counted, each as it is written in Python.

    Parameters
    ----------
    given : list of dict
        Each of them one of ``{"class": name}``, ``{"by": slicing, "slice": value}``, ``{"frames": [names]}``,
        ``{"without": [marks]}``.
    evaluation : Evaluation

    Raises
    ------
    OptionError
        A condition is none of these, or names what is not there.
    """
    return [_condition(one, evaluation) for one in given]


def is_possible(one: object, evaluation: Evaluation) -> bool:
    """Tell whether a condition can be counted in an evaluation."""
    try:
        _condition(one, evaluation)
    except OptionError:
        return False
    return True


def _condition(one: object, evaluation: Evaluation) -> dict[str, Any]:
    match one:
        case {"class": name, **other} if not other:
            return {"class": _known("filter", "class", name, class_labels(evaluation)[:-1])}
        case {"by": name, "slice": label, **other} if not other:
            return {"by": name, "slice": _known("filter", "slice", label, _facet(evaluation, name).labels)}
        case {"frames": names, **other} if not other and isinstance(names, (list, tuple)):
            return {"frames": [_known("filter", "frame", name, evaluation.dataset.frames.names) for name in names]}
        case {"without": kinds, **other} if not other and isinstance(kinds, (list, tuple)):
            return {"without": list(dict.fromkeys(_known("filter", "mark", kind, KINDS) for kind in kinds))}
    raise OptionError(f"filter: a condition is one of {CONDITIONS}, not {_shown(one)}")


def _known(trait: str, what: str, name: object, allowed: Iterable[str]) -> str:
    names = tuple(allowed)
    if not isinstance(name, str) or name not in names:
        raise OptionError(
            f"{trait}: no {what} is called {_shown(name)}; {one_line(nearest(str(name), names[:50]), 300)}"
        )
    return name


def _facet(evaluation: Evaluation, name: object) -> Facet:
    found = [facet for facet in evaluation.facets if facet.frame is not None]
    _known("filter", "slicing of frames", name, (facet.name for facet in found))
    return next(facet for facet in found if facet.name == name)


def _shown(value: object) -> str:
    return one_line(repr(value), 60)


def send_condition(one: Mapping[str, Any], evaluation: Evaluation) -> dict[str, Any]:
    """Return a condition as the page has it: with numbers of classes and frames in place of their names."""
    if "class" in one:
        return {"class": evaluation.class_index(one["class"])}
    if "frames" in one:
        place = {name: at for at, name in enumerate(evaluation.dataset.frames.names)}
        return {"frames": [place[name] for name in one["frames"]]}
    return {name: clean_text(text) if name in _WORDS else text for name, text in one.items()}


def read_condition(one: Any, evaluation: Evaluation) -> Any:
    """Return a condition of the page with names; what cannot be is left as it is, for the check to refuse."""
    labels, names = class_labels(evaluation)[:-1], evaluation.dataset.frames.names
    match one:
        case {"class": int(index)} if 0 <= index < len(labels):
            return {**one, "class": labels[index]}
        case {"frames": [*rows]} if all(isinstance(row, int) and 0 <= row < len(names) for row in rows):
            return {**one, "frames": [names[row] for row in rows]}
        case {"by": by, "slice": label}:
            found = (
                (facet.name, own)
                for facet in evaluation.facets
                for own in facet.labels
                if facet.frame is not None and (clean_text(facet.name), clean_text(own)) == (by, label)
            )
            return {**one, **dict(zip(_WORDS, next(found, (by, label)), strict=True))}
    return one


def count_part(
    evaluation: Evaluation,
    conditions: Iterable[Mapping[str, Any]],
    confidences: Mapping[str, float],
    marks: Iterable[Mark] | None = None,
) -> tuple[Evaluation, Confusion]:
    """Count what is left of an evaluation, as the page does.

    Parameters
    ----------
    evaluation : Evaluation
        At the point of the page.
    conditions : iterable of mapping
        As :func:`check_conditions` gives them.
    confidences : mapping of str to float
        Of single classes, in place of the one for all.
    marks : iterable of Mark or None
        What was said of examples; None takes the marks of the evaluation.

    Returns
    -------
    Evaluation
        Of what is left; rows of its boxes are its own.
    Confusion
        Its matrix with the rows of the whole.
    """
    dataset, labels = evaluation.dataset, class_labels(evaluation)[:-1]
    said = evaluation.mark_book.value if marks is None else tuple(marks)
    frames = np.ones(len(dataset.frames), dtype=np.bool_)
    objects = np.ones(len(dataset.objects), dtype=np.bool_)
    confidence = evaluation.operating_point.confidence
    least = np.full(len(labels), -np.inf if confidence is None else confidence)
    for name, value in confidences.items():
        least[labels.index(name)] = value
    detections = np.ones(len(dataset.detections), dtype=np.bool_)
    if confidences:
        detections = dataset.detections.score >= least[dataset.detections.category]
    for one in conditions:
        if "class" in one:
            category = labels.index(one["class"])
            objects &= dataset.objects.category == category
            detections &= dataset.detections.category == category
        elif "by" in one:
            facet = _facet(evaluation, one["by"])
            frames &= facet.frame == facet.labels.index(one["slice"])
        elif "frames" in one:
            frames &= choose_frames(dataset.frames.names, set(one["frames"]).__contains__)
        else:
            marked = [mark for mark in said if mark.mark in one["without"]]
            objects[[mark.object for mark in marked if mark.object >= 0]] = False
            detections[[mark.detection for mark in marked if mark.detection >= 0]] = False
    objects, detections = objects & frames[dataset.objects.frame], detections & frames[dataset.detections.frame]
    return _counted(evaluation, objects, detections, own=bool(confidences))


def _counted(
    evaluation: Evaluation, objects: NDArray[np.bool_], detections: NDArray[np.bool_], *, own: bool
) -> tuple[Evaluation, Confusion]:
    dataset, score = evaluation.dataset, evaluation.dataset.detections.score
    confidence = evaluation.operating_point.confidence
    every = np.ones(len(dataset.frames), dtype=np.bool_)
    left = subset(dataset, every, objects, detections)
    if own:
        # What is under the confidence of its class is gone; what is left counts as a whole.
        left = replace(left, warnings=(*left.warnings, _CUT))
        if confidence is not None:
            confidence = float(score[detections].min(initial=confidence))
    part = replace(
        evaluation,
        dataset=left,
        confidence=confidence,
        saved=None,
        mark_book=MarkBook(),
    )
    rows = [np.append(np.flatnonzero(kept), -1) for kept in (objects, detections)]
    examples = part.confusion_result.examples
    whole = replace(examples, object=rows[0][examples.object], detection=rows[1][examples.detection])
    return part, replace(part.confusion_result, examples=whole)
