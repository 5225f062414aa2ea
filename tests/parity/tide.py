"""TIDE once more, slowly: lists, dictionaries and one detection at a time, after the paper and tidecv 1.0.1."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from framelens.data.dataset import Dataset

MAIN = ("classification", "localisation", "both", "duplicate", "background", "missed")


def overlap(one: Any, two: Any, *, crowd: bool = False) -> float:
    """IoU of two boxes, in the words of the definition; of a crowd, the share of the first box in it."""
    width = min(one[0] + one[2], two[0] + two[2]) - max(one[0], two[0])
    height = min(one[1] + one[3], two[1] + two[3]) - max(one[1], two[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / (one[2] * one[3] + (0.0 if crowd else two[2] * two[3] - width * height))


class Tide:
    """Errors and gains of one dataset at foreground 0.5 and background 0.1."""

    def __init__(self, dataset: Dataset, foreground: float = 0.5, background: float = 0.1, limit: int = 100) -> None:
        self.foreground, self.background = foreground, background
        self.detections: list[dict[str, Any]] = []
        self.objects: list[dict[str, Any]] = []
        self.classes = len(dataset.classes)
        for row, frame in enumerate(dataset.objects.frame):
            objects = dataset.objects
            out = bool(objects.crowd[row] or objects.ignore[row])
            self.objects.append(
                {"frame": frame, "class": objects.category[row], "box": objects.box[row], "out": out}
                | {"crowd": bool(objects.crowd[row]), "used": False, "usable": False, "best": None}
            )
        for frame in range(len(dataset.frames)):
            rows = [r for r in range(len(dataset.detections)) if dataset.detections.frame[r] == frame]
            rows.sort(key=lambda r: -dataset.detections.score[r])
            self._frame(dataset, [o for o in self.objects if o["frame"] == frame], rows[:limit])

    def _frame(self, dataset: Dataset, objects: list[dict[str, Any]], rows: list[int]) -> None:
        found = dataset.detections
        batch = [
            {"row": r, "frame": found.frame[r], "class": found.category[r], "box": found.box[r]}
            | {"score": found.score[r], "right": False, "gone": False, "error": None, "object": None}
            for r in rows
        ]
        for detection in batch:
            self._match(detection, objects)
        real = [o for o in objects if not o["out"]]
        for detection in batch:
            if not detection["right"] and not detection["gone"]:
                self._name(detection, real)
        self.detections += batch

    def _match(self, detection: dict[str, Any], objects: list[dict[str, Any]]) -> None:
        best, best_iou = None, self.foreground
        for wanted_out in (False, True):
            for candidate in objects:
                if candidate["class"] != detection["class"] or candidate["out"] != wanted_out:
                    continue
                if candidate["used"] and not candidate["crowd"]:
                    continue
                iou = overlap(detection["box"], candidate["box"], crowd=candidate["crowd"])
                if iou >= best_iou:
                    best, best_iou = candidate, iou
            if best is not None:
                break
        if best is not None:
            best["used"] = True
            detection["right"], detection["gone"] = not best["out"], best["out"]

    def _name(self, detection: dict[str, Any], objects: list[dict[str, Any]]) -> None:
        reach = [(overlap(detection["box"], o["box"]), o) for o in objects]
        same, other = (
            max(
                (p for p in reach if (p[1]["class"] == detection["class"]) == own),
                key=lambda p: p[0],
                default=(0, None),
            )
            for own in (True, False)
        )
        if self.background <= same[0] < self.foreground:
            detection["error"], target = "localisation", same[1]
        elif other[0] >= self.foreground:
            detection["error"], target = "classification", other[1]
        else:
            target = None
            near = max(same[0], other[0]) >= self.background
            detection["error"] = "duplicate" if same[0] >= self.foreground else "both" if near else "background"
        if target is not None and not target["used"]:
            detection["object"], target["usable"] = target, True
            if target["best"] is None or target["best"]["score"] < detection["score"]:
                target["best"] = detection

    # -- numbers --------------------------------------------------------------------------------

    def count(self) -> dict[str, int]:
        numbers = {name: sum(d["error"] == name for d in self.detections) for name in MAIN}
        numbers["missed"] = sum(not o["out"] and not o["used"] and not o["usable"] for o in self.objects)
        return numbers

    def _mean_ap(self, points: list[tuple[int, float, bool]], totals: dict[int, int], known: set[int]) -> float:
        by_class = defaultdict(list)
        for kind, score, right in points:
            by_class[kind].append((score, right))
        there = [kind for kind in known if by_class[kind] or totals[kind]]
        values = [average_precision(by_class[kind], totals[kind]) for kind in there]
        return sum(values) / len(values) if values else float("nan")

    def numbers(self) -> dict[str, float]:
        """AP, and the gain of each type."""
        totals = defaultdict(int)
        for o in self.objects:
            totals[o["class"]] += not o["out"]
        known = {kind for kind, number in totals.items() if number}
        # tidecv walks detection after detection; for equal scores the order of the dataset decides.
        live = sorted((d for d in self.detections if not d["gone"]), key=lambda d: (d["frame"], d["row"]))
        plain = [(d["class"], d["score"], d["right"]) for d in live]
        before = self._mean_ap(plain, totals, known)
        result = {"ap": before}
        for name in MAIN[:-1]:
            points = []
            for d in live:
                if d["error"] != name:
                    points.append((d["class"], d["score"], d["right"]))
                elif d["object"] is not None and d["object"]["best"] is d:
                    points.append((d["object"]["class"], d["score"], True))
            result[name] = max(self._mean_ap(points, totals, known) - before, 0)
        fewer, fewest = dict(totals), dict(totals)
        for o in self.objects:
            if not o["out"] and not o["used"]:
                fewest[o["class"]] -= 1
                fewer[o["class"]] -= not o["usable"]
        result["missed"] = max(self._mean_ap(plain, fewer, known) - before, 0)
        result["false negative"] = max(self._mean_ap(plain, fewest, known) - before, 0)
        perfect = [(kind, 1.0 if right else 0.0, right) for kind, _, right in plain]
        result["false positive"] = max(self._mean_ap(perfect, totals, known) - before, 0)
        return result


def average_precision(points: list[tuple[float, bool]], total: int) -> float:
    if total == 0:
        return 0.0
    precision, recall, right = [], [], 0
    for number, (_, hit) in enumerate(sorted(points, key=lambda p: -p[0]), 1):
        right += hit
        precision.append(right / number)
        recall.append(right / total)
    # COCO's levels are those of numpy.linspace: 0.01 times a whole number.
    levels = [i * 0.01 for i in range(100)] + [1.0]
    return sum(max((p for p, r in zip(precision, recall, strict=True) if r >= x), default=0.0) for x in levels) / 101
