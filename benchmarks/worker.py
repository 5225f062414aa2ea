"""One evaluator, one process: files to numbers, timed from inside; prints one line of JSON.

The clock starts after the imports and stops when the numbers are there. The peers compute COCO's 12
numbers. framelens computes these, AP per class, the operating point and the confusion matrix.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import sys
import time
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

Run = "Callable[[str, str], list[float]]"


def framelens() -> tuple[str, Any]:
    import duckdb  # noqa: F401  (imported when first used; the peers import what they use at the top, too)
    import msgspec  # noqa: F401

    import framelens
    from framelens.data import join, read_predictions, read_truth
    from framelens.data.readers import coco, coco_results  # noqa: F401
    from framelens.metrics.coco import coco_metrics
    from framelens.metrics.confusion import confuse
    from framelens.metrics.matching import match
    from framelens.metrics.operating_point import best_f1, score_classes
    from framelens.metrics.overlaps import find_overlaps

    def run(truth_file: str, found_file: str) -> list[float]:
        truth = read_truth(truth_file, progress=False)
        dataset = join(truth, read_predictions(found_file, truth=truth, progress=False))
        overlaps = find_overlaps(dataset)
        metrics = coco_metrics(dataset, overlaps=overlaps)
        assert len(metrics.ap50_95) == len(dataset.classes)
        matching = match(dataset, overlaps=overlaps)
        confidence = best_f1(dataset, matching).confidence
        score_classes(dataset, matching, confidence)
        confuse(dataset, matching, confidence)
        return list(metrics.summary.values())

    return getattr(framelens, "__version__", ""), run


def _like_pycocotools(coco: Any, evaluator: Any) -> Any:
    def run(truth_file: str, found_file: str) -> list[float]:
        truth = coco(truth_file)
        evaluation = evaluator(truth, truth.loadRes(found_file), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        return [float(value) for value in list(evaluation.stats)[:12]]

    return run


def pycocotools() -> tuple[str, Any]:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    return version("pycocotools"), _like_pycocotools(COCO, COCOeval)


def faster_coco_eval() -> tuple[str, Any]:
    from faster_coco_eval import COCO, COCOeval_faster

    return version("faster-coco-eval"), _like_pycocotools(COCO, COCOeval_faster)


def hotcoco() -> tuple[str, Any]:
    from hotcoco import COCO, COCOeval

    return version("hotcoco"), _like_pycocotools(COCO, COCOeval)


def ultrafast_pycocotools() -> tuple[str, Any]:
    from ultrafast_pycocotools import COCO, COCOeval

    return version("ultrafast-pycocotools"), _like_pycocotools(COCO, COCOeval)


EVALUATORS: dict[str, Callable[[], tuple[str, Any]]] = {
    "framelens": framelens,
    "ultrafast-pycocotools": ultrafast_pycocotools,
    "hotcoco": hotcoco,
    "faster-coco-eval": faster_coco_eval,
    "pycocotools": pycocotools,
}


def main(name: str, truth_file: str, found_file: str) -> None:
    release, run = EVALUATORS[name]()
    with contextlib.redirect_stdout(io.StringIO()):
        start, start_processor = time.perf_counter(), time.process_time()
        numbers = run(truth_file, found_file)
        wall, processor = time.perf_counter() - start, time.process_time() - start_processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"version": release, "wall": wall, "processor": processor, "peak": peak, "numbers": numbers}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
