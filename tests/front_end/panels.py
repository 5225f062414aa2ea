"""Makes ``js/test/fixtures/panels.gz``: what Python says in its tables, for the panels to say again.

Run ``python -m front_end.panels`` in ``tests`` to write it again. 160 made datasets (100 of them with detections)
with metadata, each at the point of the evaluation, at another one, and for some of its frames. The file is gzip of
one line of JSON and the buffers of all payloads, one after the other.
"""

from __future__ import annotations

import gzip
import json
from math import isnan
from pathlib import Path

import numpy as np

from framelens.data.metadata import Metadata
from framelens.evaluation import Evaluation
from framelens.metrics.error_types import ERROR_TYPES
from framelens.widgets.wire import encode
from made_datasets import tied_dataset

FILE = Path(__file__).resolve().parents[2] / "js" / "test" / "fixtures" / "panels.gz"
DATASETS = 160
_LEAST = 3
_OF_WORST = ("slice", "objects", "f1", "errors")
_POINTS = 6
_MARKED = 3
_HEAD = (
    "schema",
    "rules",
    "counts",
    "operating_point",
    "classes",
    "frames",
    "per_class",
    "recount",
    "panels",
    "columns",
)


def make_evaluation(seed):
    """Return an evaluation whose frames have weather (not all of them) and light."""
    dataset = tied_dataset(seed)
    random = np.random.default_rng(seed)
    frames = len(dataset.frames)
    weather = random.choice(np.array(["rain", "sun", None], dtype=object), frames)
    return Evaluation(
        dataset=dataset, metadata=Metadata({"weather": weather, "light": random.integers(0, 3, frames).astype(object)})
    )


def plain(table, columns):
    """Return the rows of a table as lists; undefined numbers are None."""
    rows = zip(*(table[name].tolist() for name in columns), strict=True)
    return [[None if isinstance(value, float) and isnan(value) else value for value in row] for row in rows]


def tables(evaluation):
    """Return what the tables say at one point."""
    point = evaluation.operating_point.confidence
    curve = evaluation.by_confidence()
    chosen = curve.iloc[np.unique(np.linspace(0, len(curve) - 1, _POINTS).astype(int))] if len(curve) else curve
    counts = evaluation.confusion().to_numpy()
    errors = ("objects", "detections", "true_positives", "false_positives", "false_negatives")
    return {
        "confidence": point,
        "iou": evaluation.iou,
        "classes": [
            counts[:-1].sum(axis=1).tolist(),
            counts[:, :-1].sum(axis=0).tolist(),
            np.diag(counts)[:-1].tolist(),
        ],
        "ends": plain(
            evaluation.intervals(per_class=True, rounds=1),
            ("precision_low", "precision_high", "recall_low", "recall_high", "f1_low", "f1_high"),
        ),
        "curve": plain(chosen, ("confidence", "detections", "true_positives", "precision", "recall", "f1")),
        "ious": plain(evaluation.iou_histogram(), ("true_positive", "confused")),
        "scores": plain(evaluation.score_histogram(), ("right", "wrong", "ignored")),
        "calibration": plain(evaluation.calibration(), ("detections", "true_positives", "confidence", "precision")),
        "ece": plain(evaluation.calibration(per_class=True), ("ece", "mce"))[0],
        "slices": plain(evaluation.slices(), ("by", "slice", *errors, "f1", "differs")),
        "worst": plain(evaluation.worst_slices(least=_LEAST), _OF_WORST),
        "frames": plain(evaluation.per_frame(), ("frame", *errors, "confused", "f1", "profile")),
    }


def error_counts(evaluation, confidence=None):
    """Return boxes of each error type, of all classes and of the first."""
    result = evaluation.error_types(confidence=confidence)["count"].tolist()
    first = evaluation.error_types(per_class=True, confidence=confidence)["count"].tolist()[: len(ERROR_TYPES)]
    return [result, first]


def issues(evaluation, order):
    """Return suspected labels in rows of the payload."""
    rank = np.full(len(order) + 1, -1)
    rank[order] = np.arange(len(order))
    table = evaluation.label_issues()
    found = table["detection"].fillna(-1).to_numpy(dtype=np.int64)
    rows = rank[np.where(found < 0, -1, found - len(evaluation.dataset.objects))]
    kinds = table["kind"].astype(str)
    return [[*row] for row in zip(kinds, table["object"].fillna(-1).tolist(), rows.tolist(), strict=True)]


def sized(evaluation):
    """Return ranges with whole ends, some of them on an area, the slices by them and the worst of all slices."""
    areas = np.sort(evaluation.dataset.objects.area)
    ends = [int(areas[len(areas) * third // 3]) if len(areas) else third * 100 for third in (1, 2)]
    ranges = {"first": (0, ends[0]), "second": (ends[0], ends[1]), "third": (ends[1] + 1, 10**10)}
    errors = ("objects", "detections", "true_positives", "false_positives", "false_negatives")
    table = evaluation.slices("size", sizes=ranges)
    worst = evaluation.worst_slices(least=_LEAST, sizes=ranges)
    return [
        [[name, *both] for name, both in ranges.items()],
        plain(table, ("by", "slice", *errors, "f1", "differs")),
        plain(worst, _OF_WORST),
    ]


def events(evaluation, order):
    """Return what lasts two frames or more, the longest first, in rows of the payload."""
    objects = len(evaluation.dataset.objects)
    rank = np.full(len(evaluation.dataset.detections), -1)
    rank[order] = np.arange(len(order))
    partner = evaluation.outcomes.object_partner
    frame = evaluation.objects["frame"]
    found = []
    for row in evaluation.events.itertuples(index=False):
        things = [one if one < objects else -1 for one in row.rows]
        boxes = [int(partner[one]) if one < objects else one - objects for one in row.rows]
        pairs = [[a, int(rank[b]) if b >= 0 else -1] for a, b in zip(things, boxes, strict=True)]
        found.append([row[0], row.status, int(frame.loc[row.rows].nunique()), pairs])
    return sorted([one for one in found if one[2] > 1], key=lambda one: -one[2])


def without(evaluation):
    """Mark the first suspected labels as errors, and return the scores without them."""
    objects = len(evaluation.dataset.objects)
    table = evaluation.label_issues().head(_MARKED)
    for thing, found in zip(table["object"].fillna(-1), table["detection"].fillna(-1), strict=True):
        detection = -1 if found < 0 else int(found) - objects
        evaluation.mark(object=int(thing), detection=detection, mark="label error")
    macro = evaluation.where(without_marks="label error").scores.macro
    values = (macro.precision, macro.recall, macro.f1)
    return [None if np.isnan(value) else value for value in values]


def make_cases():
    """Return the bytes of the file before they are packed."""
    cases, buffers = [], []
    for seed in range(DATASETS):
        evaluation = make_evaluation(seed)
        payload = encode(evaluation)
        head = {name: payload.head[name] for name in _HEAD}
        head |= {"title": "", "cards": [], "skipped": [], "warnings": [], "stamp": [], "history": None, "checklist": []}
        random = np.random.default_rng(seed + 1)
        point = evaluation.operating_point.confidence
        other = evaluation.at(
            confidence=float(random.choice(evaluation.dataset.detections.score)) if point is not None else None,
            iou=float(random.choice([0.3, 0.4, 0.65, 0.75, 0.9])),
        )
        flags = random.random(len(evaluation.dataset.frames)) < 0.6
        part = evaluation.where(frames=flags)
        cases.append(
            {
                "head": head,
                "bytes": len(payload.buffer),
                "given": tables(evaluation),
                "other": tables(other),
                "part": {"flags": flags.astype(int).tolist(), **tables(part), "errors": error_counts(part)},
                "errors": [error_counts(evaluation), error_counts(evaluation, point)],
                "sized": sized(evaluation),
                "without": without(evaluation),
                "issues": issues(evaluation, payload.detection_rows),
                "events": events(evaluation, payload.detection_rows),
            }
        )
        buffers.append(payload.buffer)
    return json.dumps(cases, separators=(",", ":"), allow_nan=False).encode() + b"\n" + b"".join(buffers)


if __name__ == "__main__":
    FILE.write_bytes(gzip.compress(make_cases(), 9, mtime=0))
