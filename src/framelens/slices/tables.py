"""Slices of an evaluation as pandas tables."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from framelens.data.metadata import MOST_VALUES
from framelens.errors import OptionError, nearest, one_line
from framelens.metrics._rates import share
from framelens.metrics.intervals import differs, wilson
from framelens.metrics.sizes import score_sizes
from framelens.metrics.status import CODES
from framelens.slices.facets import Facet, facets

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from numpy.typing import NDArray

    from framelens.data.dataset import Detections, Objects
    from framelens.evaluation import Evaluation

__all__ = ["RELIABLE", "slices_table", "worst_slices_table"]

#: Objects from which the numbers of a slice say something.
RELIABLE = 30
_WRONG = tuple(CODES[name] for name in ("confused", "duplicate", "localisation", "background"))


def slices_table(
    evaluation: Evaluation, by: str | None, sizes: Mapping[str, tuple[float, float]] | None, *, ap: bool
) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.slices`."""
    import pandas as pd

    known = evaluation.facets if sizes is None else facets(evaluation, sizes)
    if by is None:
        known = tuple(facet for facet in known if len(facet.labels) <= MOST_VALUES)
    elif by in {facet.name for facet in known}:
        known = tuple(facet for facet in known if facet.name == by)
    else:
        raise OptionError(f"by must name a slicing, not {one_line(by)!r}; {nearest(by, [f.name for f in known])}")
    tables = []
    for facet in known:
        table = pd.DataFrame(_facet_columns(evaluation, facet))
        if ap:
            table[["map50", "map50_95"]] = _average_precision(evaluation, facet, sizes)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def _facet_columns(evaluation: Evaluation, facet: Facet) -> dict[str, Any]:
    """Return the columns of one slicing; slices with neither boxes nor frames are left out."""
    counts = _count(evaluation, facet)
    kept = (counts["objects"] + counts["detections"] + counts["frames"]) > 0
    counts = {name: column[kept] for name, column in counts.items()}
    all_counts = _totals(evaluation)
    columns: dict[str, Any] = {"by": facet.name, "slice": np.array(facet.labels, dtype=object)[kept], **counts}
    rates, whole = _rates(counts), _rates(all_counts)
    different = np.zeros(int(kept.sum()), dtype=np.bool_)
    for name, trials in (("precision", "detections"), ("recall", "objects")):
        low, high = wilson(counts["true_positives"], counts[trials])
        columns |= {name: rates[name], f"{name}_low": low, f"{name}_high": high}
        different |= differs(
            counts["true_positives"],
            counts[trials],
            all_counts["true_positives"] - counts["true_positives"],
            all_counts[trials] - counts[trials],
        )
    columns["f1"] = rates["f1"]
    columns |= {f"{name}_delta": rates[name] - whole[name] for name in rates}
    reliable = counts["objects"] >= RELIABLE
    least = counts["objects"][reliable].min(initial=np.iinfo(np.int64).max)
    smallest = np.zeros(len(reliable), dtype=np.bool_)
    smallest[np.flatnonzero(reliable & (counts["objects"] == least))[:1]] = True
    return {**columns, "differs": different, "reliable": reliable, "smallest_reliable": smallest}


def _count(evaluation: Evaluation, facet: Facet) -> dict[str, NDArray[np.int64]]:
    dataset, result, many = evaluation.dataset, evaluation.outcomes, len(facet.labels)

    def count(code: NDArray[np.int64], chosen: NDArray[np.bool_]) -> NDArray[np.int64]:
        return np.bincount(code[chosen & (code >= 0)], minlength=many)

    objects = count(facet.object, result.object_status != CODES["ignored"])
    right = count(facet.object, result.object_status == CODES["true positive"])
    wrong = count(facet.detection, np.isin(result.detection_status, _WRONG))
    if facet.frame is None:
        inside = facet.object >= 0
        held = np.unique(np.column_stack([facet.object[inside], dataset.objects.frame[inside]]), axis=0)[:, 0]
    else:
        held = facet.frame[facet.frame >= 0]
    return {
        "frames": np.bincount(held, minlength=many),
        "objects": objects,
        "detections": right + wrong,
        "true_positives": right,
        "false_positives": wrong,
        "false_negatives": objects - right,
    }


def _totals(evaluation: Evaluation) -> dict[str, NDArray[np.int64]]:
    result = evaluation.outcomes
    right = int((result.object_status == CODES["true positive"]).sum())
    objects = int((result.object_status != CODES["ignored"]).sum())
    wrong = int(np.isin(result.detection_status, _WRONG).sum())
    counts = {"objects": objects, "detections": right + wrong, "true_positives": right}
    return {name: np.array(value) for name, value in counts.items()}


def _rates(counts: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.float64]]:
    right, objects, detections = counts["true_positives"], counts["objects"], counts["detections"]
    return {
        "precision": share(right, detections),
        "recall": share(right, objects),
        "f1": share(2 * right, objects + detections),
    }


def _average_precision(
    evaluation: Evaluation, facet: Facet, sizes: Mapping[str, tuple[float, float]] | None
) -> NDArray[np.float64]:
    """Return mAP50 and mAP50-95 of the slices that hold something."""
    held = [int(number) for number in np.flatnonzero(_held(evaluation, facet))]
    if facet.frame is None:
        curves = evaluation.coco if evaluation.rules == "lvis" else None
        dataset, outcomes = evaluation.dataset, evaluation.outcomes
        scores = score_sizes(dataset, outcomes, sizes, curves=curves, overlaps=evaluation.overlaps)
        return np.column_stack([scores.ap50[1:], scores.ap50_95[1:]])[held]
    parts = [evaluation.where(frames=facet.frame == number).average_precision for number in held]
    return np.array([[part.map50, part.map50_95] for part in parts]).reshape(-1, 2)


def _held(evaluation: Evaluation, facet: Facet) -> NDArray[np.bool_]:
    counts = _count(evaluation, facet)
    return np.asarray(counts["objects"] + counts["detections"] + counts["frames"] > 0)


def worst_slices_table(
    evaluation: Evaluation, most: int, least: int, sizes: Mapping[str, tuple[float, float]] | None = None
) -> pd.DataFrame:
    """See :meth:`framelens.Evaluation.worst_slices`."""
    import pandas as pd

    every = evaluation.facets if sizes is None else facets(evaluation, sizes)
    known = [facet for facet in every if len(facet.labels) <= MOST_VALUES]
    whole = _totals(evaluation)
    all_f1 = float(_rates(whole)["f1"])
    objects, detections = (np.zeros(len(rows), dtype=np.int64) for rows in _boxes(evaluation))
    all_errors = int(_count_errors(evaluation, Facet("", ("",), objects, detections, None))[0])
    rows = []
    for chosen in (*((facet,) for facet in known), *combinations(known, 2)):
        joined = _joined(*chosen)
        counts = _count(evaluation, joined)
        rates = _rates(counts)
        errors = _count_errors(evaluation, joined)
        for number in np.flatnonzero((counts["objects"] >= least) & (rates["f1"] < all_f1)).tolist():
            pairs = _conditions(chosen, number)
            row: dict[str, Any] = {"slice": ", ".join(f"{by}: {label}" for by, label in pairs), "conditions": pairs}
            row |= {name: int(counts[name][number]) for name in ("objects", "detections", "true_positives")}
            row |= {name: float(rates[name][number]) for name in ("precision", "recall", "f1")}
            row |= {"f1_delta": row["f1"] - all_f1, "errors": int(errors[number])}
            rows.append(row | {"share_of_errors": row["errors"] / all_errors if all_errors else float("nan")})
    rows.sort(key=lambda row: (row["f1"], -row["objects"], row["slice"]))
    names = ["slice", "conditions", "objects", "detections", "true_positives", "precision", "recall", "f1", "f1_delta"]
    return pd.DataFrame(rows[:most], columns=[*names, "errors", "share_of_errors"])


def _boxes(evaluation: Evaluation) -> tuple[Objects, Detections]:
    return evaluation.dataset.objects, evaluation.dataset.detections


def _count_errors(evaluation: Evaluation, facet: Facet) -> NDArray[np.int64]:
    """Count wrong detections and objects that were not found; a confused pair inside one slice is one error."""
    counts, result = _count(evaluation, facet), evaluation.outcomes
    confused = np.flatnonzero(result.object_status == CODES["confused"])
    own, other = facet.object[confused], facet.detection[result.object_partner[confused]]
    twice = np.bincount(own[(own == other) & (own >= 0)], minlength=len(facet.labels))
    return counts["false_positives"] + counts["false_negatives"] - twice


def _joined(one: Facet, other: Facet | None = None) -> Facet:
    """Return the pairs of two slicings as one."""
    if other is None:
        return one
    many = len(other.labels)

    def both(left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.where((left >= 0) & (right >= 0), left * many + right, -1)

    frame = None if one.frame is None or other.frame is None else both(one.frame, other.frame)
    labels = tuple(f"{left}, {right}" for left in one.labels for right in other.labels)
    return Facet("", labels, both(one.object, other.object), both(one.detection, other.detection), frame)


def _conditions(chosen: tuple[Facet, ...], number: int) -> list[tuple[str, str]]:
    if len(chosen) == 1:
        return [(chosen[0].name, chosen[0].labels[number])]
    first, second = divmod(number, len(chosen[1].labels))
    return [(chosen[0].name, chosen[0].labels[first]), (chosen[1].name, chosen[1].labels[second])]
