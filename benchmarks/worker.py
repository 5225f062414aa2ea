"""One evaluator, one process: files to numbers, timed from inside; prints one line of JSON.

The clock starts after the imports and stops when the numbers are there. What is asked of an evaluator is in
:data:`TASKS`: COCO's 12 numbers of all; of those that can, also what they have per class and as a matrix.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import pkgutil
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any


def _framelens_imported() -> tuple[str, Any]:
    import framelens
    from framelens import data, evaluation, metrics
    from framelens.data import readers

    # framelens imports each part when it is first needed: here, before the clock starts, as the peers do.
    for package in (data, readers, metrics):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    for name in ("duckdb", "msgspec", "yaml"):
        importlib.import_module(name)
    return framelens.__version__, evaluation


def framelens() -> tuple[str, Any]:
    release, evaluation = _framelens_imported()

    def run(truth_file: str, found_file: str) -> list[float]:
        return list(evaluation.evaluate(truth_file, found_file, progress=False).coco.summary.values())

    return release, run


def framelens_everything() -> tuple[str, Any]:
    """AP, precision, recall and F1 per class at the best mean F1, the matrix and the boxes behind each cell."""
    release, evaluation = _framelens_imported()

    def run(truth_file: str, found_file: str) -> list[float]:
        result = evaluation.evaluate(truth_file, found_file, progress=False)
        assert len(result.coco.ap50_95) == len(result.scores.f1) == len(result.dataset.classes)
        assert result.confusion_result.counts.sum() == len(result.confusion_result.examples) > 0
        return list(result.coco.summary.values())

    return release, run


def _like_pycocotools(coco: Any, evaluator: Any, more: Callable[[Any], None] | None = None) -> Any:
    def run(truth_file: str, found_file: str) -> list[float]:
        truth = coco(truth_file)
        evaluation = evaluator(truth, truth.loadRes(found_file), "bbox")
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
        if more is not None:
            more(evaluation)
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


def hotcoco_everything() -> tuple[str, Any]:
    """AP per class, the best F1 as a mean over classes, the matrix at a confidence of 0.25; no precision per class."""
    from hotcoco import COCO, COCOeval

    def more(evaluation: Any) -> None:
        assert len(evaluation.results(per_class=True)["per_class"]) > 1
        assert evaluation.f_scores()["F1_50"] > 0
        matrix = evaluation.confusion_matrix(iou_thr=0.5, max_det=100, min_score=0.25)
        assert matrix["matrix"].sum() > 0

    return version("hotcoco"), _like_pycocotools(COCO, COCOeval, more)


def ultrafast_everything() -> tuple[str, Any]:
    """AP, precision, recall and F1 per class at the best mean F1, a matrix that matches within a class only."""
    from ultrafast_pycocotools import COCO, COCOeval

    def more(evaluation: Any) -> None:
        assert len(evaluation.per_category_stats()) > 1
        rates = evaluation.detection_metrics(iou_thr=0.5, score_thr="best_f1")
        matrix, _ = evaluation.confusion_matrix(iou_thr=0.5, score_thr=float(rates["score_thr"]))
        assert matrix.sum() > 0

    return version("ultrafast-pycocotools"), _like_pycocotools(COCO, COCOeval, more)


def framelens_columns() -> tuple[str, Any]:
    import framelens
    from framelens.data import read_predictions, registry

    registry.readers()

    def run(_: str, found_file: str) -> list[float]:
        found = read_predictions(found_file, progress=False)
        assert found.box.shape == (len(found.score), 4)
        assert found.source.digest
        return [len(found), float(found.score.sum()), float(found.frame.sum())]

    return framelens.__version__, run


def duckdb() -> tuple[str, Any]:
    import duckdb

    query = (
        "SELECT image_id, category_id, bbox[1] AS x, bbox[2] AS y, bbox[3] AS w, bbox[4] AS h, score "
        "FROM read_json($path, format='array', columns={image_id: 'BIGINT', category_id: 'BIGINT', "
        "bbox: 'DOUBLE[4]', score: 'DOUBLE'})"
    )

    def run(_: str, found_file: str) -> list[float]:
        found = duckdb.execute(query, {"path": found_file}).fetchnumpy()
        return [len(found["score"]), float(found["score"].sum()), float(found["image_id"].sum())]

    return version("duckdb"), run


Evaluator = Callable[[], tuple[str, Any]]
EVALUATORS: dict[str, Evaluator] = {
    "framelens": framelens,
    "ultrafast-pycocotools": ultrafast_pycocotools,
    "hotcoco": hotcoco,
    "faster-coco-eval": faster_coco_eval,
    "pycocotools": pycocotools,
}
EVERYTHING: dict[str, Evaluator] = {
    "framelens": framelens_everything,
    "ultrafast-pycocotools": ultrafast_everything,
    "hotcoco": hotcoco_everything,
}
#: From a file of detections to columns: framelens checks every record and hashes the file, too.
READERS: dict[str, Evaluator] = {"framelens": framelens_columns, "duckdb": duckdb}
TASKS = {"12 numbers": EVALUATORS, "12 numbers, per class and matrix": EVERYTHING, "detections to columns": READERS}


def main(task: str, name: str, truth_file: str, found_file: str) -> None:
    release, run = TASKS[task][name]()
    with contextlib.redirect_stdout(io.StringIO()):
        start, start_processor = time.perf_counter(), time.process_time()
        numbers = run(truth_file, found_file)
        wall, processor = time.perf_counter() - start, time.process_time() - start_processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"version": release, "wall": wall, "processor": processor, "peak": peak, "numbers": numbers}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
