"""Numbers and pictures as files, each with the settings it was made with."""

from __future__ import annotations

import json
from io import StringIO
from typing import TYPE_CHECKING, Any

from framelens.data.writing import cannot_write, neutral, target_path, utf8, write_file
from framelens.errors import one_line

if TYPE_CHECKING:
    import os
    from pathlib import Path

    import pandas as pd

    from framelens.comparison import Comparison
    from framelens.evaluation import Evaluation

__all__ = ["as_csv", "export_comparison", "export_files", "made_folder", "neutral"]


def export_files(evaluation: Evaluation, folder: str | os.PathLike[str]) -> list[Path]:
    """Write tables as CSV, all numbers as JSON, and the pictures as PNG.

    See :meth:`framelens.Evaluation.export`.
    """
    from framelens.widgets.history_payload import encode_history
    from framelens.widgets.snapshot import draw_curves, draw_matrix, to_png
    from framelens.widgets.wire import encode

    target = made_folder(folder)
    stamp = encode(evaluation).head["stamp"]
    confusion = evaluation.confusion().rename_axis("actual \\ predicted").reset_index()
    tables = {
        "metrics.csv": evaluation.metrics,
        "per-class.csv": evaluation.per_class,
        "confusion-matrix.csv": confusion,
        "examples.csv": evaluation.examples(),
        "objects.csv": evaluation.objects.rename_axis("row").reset_index(),
    }
    files: dict[str, bytes] = {name: utf8(as_csv(table, stamp)) for name, table in tables.items()}
    numbers = {"stamp": dict(stamp), **evaluation.as_dict()}
    files["evaluation.json"] = utf8(json.dumps(numbers, ensure_ascii=False, allow_nan=False, indent=1))
    files["confusion-matrix.png"] = to_png(draw_matrix(evaluation))
    history = encode_history(evaluation.history)
    if history is not None:
        files["epochs.png"] = to_png(draw_curves(history))
    return [write_file(target / name, content) for name, content in files.items()]


def export_comparison(comparison: Comparison, model: str, folder: str | os.PathLike[str]) -> list[Path]:
    """Write the comparison of one model with the baseline; see :meth:`framelens.Comparison.export`."""
    from framelens.widgets.comparison_payload import encode_comparison
    from framelens.widgets.snapshot import draw_matrix, to_png

    target = made_folder(folder)
    stamp = [["compared", f"{comparison.baseline} with {model}"], *encode_comparison(comparison, model).head["stamp"]]
    only = {
        name: table[table["model"] == model]
        for name, table in (("metrics", comparison.metrics), ("per_class", comparison.per_class))
    }
    change = comparison.confusion(model).rename_axis("actual \\ predicted").reset_index()
    tables = {
        "comparison.csv": only["metrics"],
        "per-class-change.csv": only["per_class"],
        "confusion-matrix-change.csv": change,
        "objects-change.csv": comparison.objects(model).rename_axis("row").reset_index(),
        "frames-change.csv": comparison.frames(model),
    }
    files: dict[str, bytes] = {name: utf8(as_csv(table, stamp)) for name, table in tables.items()}
    metrics = only["metrics"].astype(object).where(only["metrics"].notna(), None)
    numbers = {"stamp": dict(stamp), "metrics": metrics.to_dict("records"), "confusion_change": _lists(change)}
    files["comparison.json"] = utf8(json.dumps(numbers, ensure_ascii=False, allow_nan=False, indent=1, default=float))
    files["confusion-matrix.png"] = to_png(draw_matrix(comparison[model]))
    return [write_file(target / name, content) for name, content in files.items()]


def _lists(matrix: pd.DataFrame) -> dict[str, list[Any]]:
    return {"classes": matrix.iloc[:, 0].tolist(), "counts": matrix.iloc[:, 1:].to_numpy().tolist()}


def made_folder(folder: str | os.PathLike[str]) -> Path:
    """Return a folder that is there.

    Raises
    ------
    OptionError
        It is no path, or cannot be made.
    """
    target = target_path(folder, "numbers/")
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(target.name, error) from error
    return target


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
