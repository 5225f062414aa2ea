"""``log.txt`` of DETR and its relatives (Deformable DETR, DINO, RT-DETR, RF-DETR): one JSON object per epoch."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from framelens.training.jsonlog import first_record, read_records, real
from framelens.training.registry import RunReader
from framelens.training.tidy import Row, tidy

if TYPE_CHECKING:
    from framelens.training.history import History
    from framelens.training.logfile import LogFile

__all__ = ["READERS"]

_SPLITS: Final = {"train": "train", "test": "val"}
#: Losses of the last decoder layer; those of the layers before and the unweighted ones are left out.
_LOSS = re.compile(r"(train|test)_loss(?:_([a-z]\w*?))?\Z")
_AUXILIARY = re.compile(r".*(_\d+|_unscaled|_enc|_dn.*)\Z")
_COCO: Final = {"test_coco_eval_bbox": "", "test_coco_eval_masks": "mask/", "test_coco_eval_segm": "mask/"}


def recognise(log: LogFile) -> str | None:
    """Say whether the first record has ``train_loss`` and a COCO evaluation or ``n_parameters``."""
    record = first_record(log)
    if "train_loss" in record and ("n_parameters" in record or any(key in record for key in _COCO)):
        return "JSON lines with train_loss and test_coco_eval_bbox"
    return None


def read(log: LogFile) -> History:
    """Read a log.txt; a log without ``epoch`` has one line per epoch."""
    rows = []
    for position, (where, record) in enumerate(read_records(log), start=1):
        if record:
            epoch = record.get("epoch")
            counted = epoch if isinstance(epoch, int) and not isinstance(epoch, bool) else position
            rows.append(Row(where, counted, _values(record)))
    masks = any("mask/map50_95" in row.values for row in rows)
    return tidy(log, rows, framework="detr", task="segment" if masks else "detect")


def _values(record: dict[str, Any]) -> dict[str, float]:
    values: dict[str, float] = {}
    for key, head in _COCO.items():
        numbers = record.get(key)
        if isinstance(numbers, list) and len(numbers) > 1:
            values[f"{head}map50_95"], values[f"{head}map50"] = real(numbers[0]), real(numbers[1])
    results = record.get("test_results_json")
    if isinstance(results, dict):
        values |= {name: real(results[name]) for name in ("precision", "recall") if name in results}
    for key, value in record.items():
        found = _LOSS.match(key)
        if found and not _AUXILIARY.match(key):
            values[f"{_SPLITS[found[1]]}/{found[2] or 'total'}"] = real(value)
    if "train_lr" in record:
        values["lr/0"] = real(record["train_lr"])
    return values


READERS = (
    RunReader(
        name="detr",
        example='log.txt: {"train_loss": 26.0, "test_coco_eval_bbox": [0.42, ...], "epoch": 0} (one object a line)',
        patterns=("log.txt", "*log.txt"),
        recognise=recognise,
        read=read,
    ),
)
