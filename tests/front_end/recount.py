"""Makes ``js/test/fixtures/recount.gz``: what Python counts, for the front end to count again.

Run ``python -m front_end.recount`` in ``tests`` to write it again. 200 made datasets (equal scores and IoUs, crowd
regions, ignored objects, frames without boxes, many and no detections) at 20 settings each: confidence, IoU, pairing,
boxes left out, confidences of single classes. What is left out and what is under the confidence of its class is taken
from the dataset here, and only marked in the front end. Where boxes are left out, average precision stands beside: of
half the settings that of what `Evaluation.where` leaves of some frames.

The file is gzip of one line of JSON and the buffers of all payloads, one after the other.
"""

from __future__ import annotations

import gzip
import json
import random
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from framelens.evaluation import Evaluation
from framelens.metrics.matching import match
from framelens.metrics.operating_point import score_classes
from framelens.metrics.pairing import PAIRINGS, confuse_by
from framelens.widgets.wire import encode
from made_datasets import rows_of, tied_dataset

FILE = Path(__file__).resolve().parents[2] / "js" / "test" / "fixtures" / "recount.gz"
DATASETS, SETTINGS = 200, 20
_RATED_EVERY = 4
_HEAD = ("schema", "rules", "counts", "operating_point", "classes", "frames", "recount", "columns")


def make_settings(seed, dataset, steps):
    """Return 20 settings of one dataset."""
    dice = random.Random(seed + 10_000)
    scores = sorted(set(dataset.detections.score.tolist())) or [0.5]
    settings = []
    for number in range(SETTINGS):
        chosen = dice.choice(scores)
        confidence = dice.choice([None, chosen, float(np.nextafter(chosen, 99)), dice.random(), scores[-1]])
        one = {"confidence": confidence, "iou": dice.choice(steps), "pairing": list(PAIRINGS)[(number % 4) % 3]}
        if number % 5 == 1:
            few = dice.sample(range(len(dataset.classes)), dice.randint(1, len(dataset.classes)))
            one["perClass"] = [[index, dice.choice(scores)] for index in few]
        if number % 5 == 3:
            out = {frame for frame in range(len(dataset.frames)) if dice.random() < 0.5}
            if number % 2:
                one["frames"] = sorted(out)
            one["objects"] = [
                row for row in range(len(dataset.objects)) if _left_out(dice, one, dataset.objects.frame[row])
            ]
            found = dataset.detections.frame[np.argsort(-dataset.detections.score, kind="stable")]
            one["detections"] = [row for row in range(len(found)) if _left_out(dice, one, found[row])]
        settings.append(one)
    return settings


def _left_out(dice, setting, frame):
    return int(frame) in setting["frames"] if "frames" in setting else dice.random() < 0.2


def average_precision(evaluation, order, setting):
    """Return mAP50, mAP50-95 and both of every class, of what is left at all confidences."""
    dataset = evaluation.dataset
    if "frames" in setting:
        left = evaluation.where(frames=[frame not in setting["frames"] for frame in range(len(dataset.frames))])
    else:
        kept_objects, kept = np.ones(len(dataset.objects), dtype=bool), np.ones(len(dataset.detections), dtype=bool)
        kept_objects[setting["objects"]] = False
        kept[order[setting["detections"]]] = False
        left = Evaluation(dataset=_part(dataset, kept_objects, kept))
    ap = left.average_precision
    return [_numbers([ap.map50, ap.map50_95]), _numbers(ap.ap50), _numbers(ap.ap50_95)]


def _numbers(values):
    return [None if np.isnan(value) else round(float(value), 13) for value in values]


def count(dataset, order, setting):
    """Return the examples of the matrix in rows of the payload, the matrix's ignored boxes and mean rates."""
    objects, detections = dataset.objects, dataset.detections
    kept_objects = np.ones(len(objects), dtype=bool)
    kept_objects[setting.get("objects", [])] = False
    least = np.full(len(dataset.classes), -np.inf if setting["confidence"] is None else setting["confidence"])
    for index, value in setting.get("perClass", []):
        least[index] = value
    kept = detections.score >= least[detections.category]
    kept[order[setting.get("detections", [])]] = False
    part = _part(dataset, kept_objects, kept)
    confusion = confuse_by(setting["pairing"], part, None, setting["iou"])
    rank = np.full(len(order), -1)
    rank[order] = np.arange(len(order))
    object_rows, detection_rows = np.flatnonzero(kept_objects), rank[np.flatnonzero(kept)]
    examples = confusion.examples
    rows = [
        examples.actual,
        examples.predicted,
        np.where(examples.object < 0, -1, object_rows[examples.object] if len(object_rows) else -1),
        np.where(examples.detection < 0, -1, detection_rows[examples.detection] if len(detection_rows) else -1),
    ]
    rates = None
    if setting["pairing"] == "class":
        rates = score_classes(part, match(part, setting["iou"]), None).macro
    return np.stack(rows, axis=1), (confusion.ignored_objects, confusion.ignored_detections), rates


def _part(dataset, objects, detections):
    return replace(
        dataset, objects=rows_of(dataset.objects, objects), detections=rows_of(dataset.detections, detections)
    )


def digest(rows, ignored):
    """Name a matrix with its examples and their order."""
    numbers = np.concatenate((rows.ravel(), np.array(ignored))).astype("<i4")
    return sha256(numbers.tobytes()).hexdigest()[:12]


def make_cases():
    """Return the bytes of the file before they are packed."""
    cases, buffers = [], []
    for seed in range(DATASETS):
        dataset = tied_dataset(seed)
        evaluation = Evaluation(dataset=dataset)
        payload = encode(evaluation)
        head = {name: payload.head[name] for name in _HEAD}
        head |= {"title": "", "cards": [], "per_class": [], "skipped": [], "warnings": [], "stamp": []}
        settings = make_settings(seed, dataset, payload.head["recount"]["steps"])
        for number, setting in enumerate(settings):
            rows, ignored, rates = count(dataset, payload.detection_rows, setting)
            setting["digest"] = digest(rows, ignored)
            if "objects" in setting:
                setting["ap"] = average_precision(evaluation, payload.detection_rows, setting)
            if rates is not None and number % _RATED_EVERY == 0:
                values = (rates.precision, rates.recall, rates.f1)
                setting["rates"] = [None if np.isnan(value) else float(value) for value in values]
        # the steps are the same for all
        cases.append({"head": head, "bytes": len(payload.buffer), "settings": settings})
        buffers.append(payload.buffer)
    return json.dumps(cases, separators=(",", ":")).encode() + b"\n" + b"".join(buffers)


if __name__ == "__main__":
    FILE.write_bytes(gzip.compress(make_cases(), 9, mtime=0))
