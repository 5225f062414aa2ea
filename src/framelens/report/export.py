"""Numbers and pictures as files, each with the settings it was made with."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING

from framelens.data.writing import cannot_write, neutral, target_path, write_file
from framelens.errors import one_line

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd

    from framelens.evaluation import Evaluation

__all__ = ["as_csv", "export_files", "neutral"]


def export_files(evaluation: Evaluation, folder: str | os.PathLike[str]) -> list[Path]:
    """Write tables as CSV, all numbers as JSON, and the pictures as PNG.

    See :meth:`framelens.Evaluation.export`.
    """
    from framelens.widgets.history_payload import encode_history
    from framelens.widgets.snapshot import draw_curves, draw_matrix, to_png
    from framelens.widgets.wire import encode

    target = target_path(folder, "numbers/")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(target.name, error) from error
    stamp = encode(evaluation).head["stamp"]
    confusion = evaluation.confusion().rename_axis("actual \\ predicted").reset_index()
    tables = {
        "metrics.csv": evaluation.metrics,
        "per-class.csv": evaluation.per_class,
        "confusion-matrix.csv": confusion,
        "examples.csv": evaluation.examples(),
        "objects.csv": evaluation.objects.rename_axis("row").reset_index(),
    }
    files: dict[str, bytes] = {name: as_csv(table, stamp).encode() for name, table in tables.items()}
    numbers = {"stamp": dict(stamp), **evaluation.as_dict()}
    files["evaluation.json"] = json.dumps(numbers, ensure_ascii=False, allow_nan=False, indent=1).encode()
    files["confusion-matrix.png"] = to_png(draw_matrix(evaluation))
    history = encode_history(evaluation.history)
    if history is not None:
        files["epochs.png"] = to_png(draw_curves(history))
    return [write_file(target / name, content) for name, content in files.items()]


def as_csv(table: pd.DataFrame, stamp: list[list[str]]) -> str:
    r"""Return a table as CSV behind its settings, one ``#`` line each; empty where undefined.

    ``pandas.read_csv(file, comment="#")`` reads it back, unless a name in it holds a ``#``.

    Examples
    --------
    >>> import pandas as pd
    >>> as_csv(pd.DataFrame({"class": ["=1+1"], "ap50": [float("nan")]}), [["rules", "coco"]])
    "# rules: coco\nclass,ap50\n'=1+1,\n"
    """
    safe = table.copy()
    safe.columns = [neutral(name) for name in safe.columns]
    for place, dtype in enumerate(safe.dtypes):
        if not (hasattr(dtype, "kind") and dtype.kind in "iufb"):
            safe.isetitem(place, [neutral(value) for value in safe.iloc[:, place].astype(object)])
    out = StringIO()
    out.writelines(f"# {one_line(f'{name}: {value}')}\n" for name, value in stamp)
    safe.to_csv(out, index=False, lineterminator="\n")
    return out.getvalue()
