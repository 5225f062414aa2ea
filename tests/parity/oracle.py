"""A second, slow evaluator: plain loops and exact fractions, no numpy, none of the package's code.

Boxes must have coordinates on a binary grid, so that sums and products of doubles are exact and an IoU
differs from its fraction only by the last rounding.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

THRESHOLDS = [0.5 + (0.95 - 0.5) / 9 * step for step in range(9)] + [0.95]
LEVELS = [step / 100 for step in range(101)]
EVERYTHING = (0.0, 1e10)


@dataclass
class Thing:
    row: int
    frame: int
    category: int
    box: list[Fraction]
    area: float
    score: float = 0.0
    crowd: bool = False
    ignore: bool = False


@dataclass
class Data:
    classes: int
    objects: list[Thing]
    detections: list[Thing]


def read(dataset) -> Data:
    def things(columns, scores, areas, crowds, ignores):
        return [
            Thing(
                row,
                int(columns.frame[row]),
                int(columns.category[row]),
                [Fraction(float(value)) for value in columns.box[row]],
                float(areas[row]) if areas is not None else float(columns.box[row][2]) * float(columns.box[row][3]),
                float(scores[row]) if scores is not None else 0.0,
                crowds is not None and bool(crowds[row]),
                ignores is not None and bool(ignores[row]),
            )
            for row in range(len(columns.frame))
        ]

    objects, detections = dataset.objects, dataset.detections
    return Data(
        len(dataset.classes),
        things(objects, None, objects.area, objects.crowd, objects.ignore),
        things(detections, detections.score, None, None, None),
    )


def iou(detection: Thing, truth: Thing) -> Fraction:
    (x, y, w, h), (left, top, wide, high) = detection.box, truth.box
    across = min(x + w, left + wide) - max(x, left)
    down = min(y + h, top + high) - max(y, top)
    if across <= 0 or down <= 0:
        return Fraction(0)
    overlap = across * down
    return overlap / (w * h if truth.crowd else w * h + wide * high - overlap)


def by_score(detections: list[Thing]) -> list[Thing]:
    return sorted(detections, key=lambda thing: (-thing.score, thing.row))


def choose(detections: list[Thing], objects: list[Thing], threshold: float, ignored) -> dict[int, Thing]:
    """Detections in turn take the best free object of their frame that may be theirs: row -> object."""
    taken: set[int] = set()
    partner = {}
    for detection in by_score(detections):
        best = None
        for truth in objects:
            if truth.frame != detection.frame or (truth.row in taken and not truth.crowd):
                continue
            overlap = iou(detection, truth)
            if float(overlap) < min(threshold, 1 - 1e-10):
                continue
            wish = (not ignored(truth), overlap, truth.row)
            if best is None or wish > best[0]:
                best = (wish, truth)
        if best is not None:
            partner[detection.row] = best[1]
            taken.add(best[1].row)
    return partner


def average_precision(data: Data, category: int, threshold: float, limit: int, size=EVERYTHING):
    """AP and highest recall, or None for a class without objects of the size."""

    def outside(thing: Thing) -> bool:
        return not size[0] <= thing.area <= size[1]

    def ignored(thing: Thing) -> bool:
        return thing.crowd or outside(thing)

    objects = [thing for thing in data.objects if thing.category == category]
    total = sum(not ignored(thing) for thing in objects)
    if total == 0:
        return None
    kept, seen = [], {}
    for thing in by_score([thing for thing in data.detections if thing.category == category]):
        seen[thing.frame] = seen.get(thing.frame, 0) + 1
        if seen[thing.frame] <= limit:
            kept.append(thing)
    partner = choose(kept, objects, threshold, ignored)
    found = counted = 0
    points = []
    for thing in kept:
        match = partner.get(thing.row)
        if (match is not None and ignored(match)) or (match is None and outside(thing)):
            continue
        counted += 1
        found += match is not None
        points.append((Fraction(found, total), Fraction(found, counted)))
    at_levels = [
        max((precision for recall, precision in points if float(recall) >= level), default=Fraction(0))
        for level in LEVELS
    ]
    return sum(at_levels) / len(LEVELS), Fraction(found, total)


def match(data: Data, threshold: float) -> dict[int, Thing]:
    partner = {}
    for category in range(data.classes):
        partner |= choose(
            [thing for thing in data.detections if thing.category == category],
            [thing for thing in data.objects if thing.category == category],
            threshold,
            lambda thing: thing.crowd or thing.ignore,
        )
    return partner


def mean_f1(data: Data, partner: dict[int, Thing], confidence: float) -> Fraction:
    values = []
    for category in range(data.classes):
        total = sum(thing.category == category and not (thing.crowd or thing.ignore) for thing in data.objects)
        if total == 0:
            continue
        found = counted = 0
        for thing in data.detections:
            match = partner.get(thing.row)
            if thing.category != category or thing.score < confidence:
                continue
            if match is not None and (match.crowd or match.ignore):
                continue
            counted += 1
            found += match is not None
        values.append(Fraction(2 * found, counted + total))
    return sum(values) / len(values)


def best_confidence(data: Data, partner: dict[int, Thing]) -> float | None:
    if not data.detections or all(thing.crowd or thing.ignore for thing in data.objects):
        return None
    scores = {thing.score for thing in data.detections}
    return max(scores, key=lambda score: (mean_f1(data, partner, score), score))


def confusion(data: Data, partner: dict[int, Thing], threshold: float, confidence: float) -> list[list[int]]:
    background = data.classes
    counts = [[0] * (background + 1) for _ in range(background + 1)]
    over = [thing for thing in data.detections if thing.score >= confidence]
    real = {thing.row: thing for thing in data.objects if not (thing.crowd or thing.ignore)}
    used, done = set(), set()
    for thing in over:
        if thing.row in partner:
            done.add(thing.row)
            match = partner[thing.row]
            if match.row in real:
                counts[match.category][thing.category] += 1
                used.add(match.row)
    free = [thing for row, thing in real.items() if row not in used]
    crossed = choose([thing for thing in over if thing.row not in done], free, threshold, lambda _: False)
    for thing in over:
        if thing.row in crossed:
            counts[crossed[thing.row].category][thing.category] += 1
            used.add(crossed[thing.row].row)
        elif thing.row not in done:
            counts[background][thing.category] += 1
    for row, thing in real.items():
        if row not in used:
            counts[thing.category][background] += 1
    return counts
