"""One evaluator, one process: files to numbers, timed from inside; prints one line of JSON.

The clock starts after the imports and stops when the numbers are there. The peers compute COCO's 12
numbers. framelens computes these, AP per class, the operating point and the confusion matrix.
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
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def framelens() -> tuple[str, Any]:
    import framelens
    from framelens import data, evaluation, metrics
    from framelens.data import readers

    # framelens imports each part when it is first needed: here, before the clock starts, as the peers do.
    for package in (data, readers, metrics):
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            importlib.import_module(module.name)
    for name in ("duckdb", "msgspec", "yaml"):
        importlib.import_module(name)

    def run(truth_file: str, found_file: str) -> list[float]:
        result = evaluation.evaluate(truth_file, found_file, progress=False)
        assert len(result.coco.ap50_95) == len(result.scores.f1) == len(result.dataset.classes)
        assert result.confusion_result.counts.sum() > 0
        return list(result.coco.summary.values())

    return framelens.__version__, run


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


#: From a file of detections to columns: framelens checks every record and hashes the file, too.
READERS: dict[str, Callable[[], tuple[str, Any]]] = {"framelens-columns": framelens_columns, "duckdb": duckdb}
EVALUATORS: dict[str, Callable[[], tuple[str, Any]]] = {
    "framelens": framelens,
    "ultrafast-pycocotools": ultrafast_pycocotools,
    "hotcoco": hotcoco,
    "faster-coco-eval": faster_coco_eval,
    "pycocotools": pycocotools,
}


def main(name: str, truth_file: str, found_file: str) -> None:
    release, run = (EVALUATORS | READERS)[name]()
    with contextlib.redirect_stdout(io.StringIO()):
        start, start_processor = time.perf_counter(), time.process_time()
        numbers = run(truth_file, found_file)
        wall, processor = time.perf_counter() - start, time.process_time() - start_processor
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    result = {"version": release, "wall": wall, "processor": processor, "peak": peak, "numbers": numbers}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
