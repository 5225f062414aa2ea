"""A comparison as one HTML file: the page of the widget with a model behind it that needs no kernel."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from framelens.data.writing import target_path, write_file
from framelens.report.html import Subject, date_of, report_page
from framelens.report.store import REPORT
from framelens.widgets.comparison_payload import encode_comparison

if TYPE_CHECKING:
    import datetime as dt
    import os
    from pathlib import Path

    import pandas as pd

    from framelens.comparison import Comparison

__all__ = ["changed_first", "write_comparison"]

#: Which objects get a stored picture first.
_WORTH = ("broken", "fixed", "wrong in both", "right in both")


def write_comparison(
    comparison: Comparison,
    model: str,
    path: str | os.PathLike[str],
    *,
    pictures: int = REPORT.pictures,
    max_bytes: int = REPORT.max_bytes,
    date: str | dt.date | None = None,
) -> Path:
    """Write the comparison of a model with the baseline; see :func:`framelens.report.html.write_report`.

    Stored pictures are those of objects that are broken, then fixed, then wrong in both.
    """
    target = target_path(path, "compare.html")
    subject = Subject(comparison[model], encode_comparison(comparison, model), "compare.js")
    budget = replace(REPORT, pictures=pictures, max_bytes=max_bytes)
    changed = changed_first(comparison, model, budget.pictures)
    picked = changed if len(changed) else None
    budget = budget if len(changed) else replace(budget, pictures=0)
    options = {"view": "compare"}
    page = report_page(subject, budget, picked=picked, date=date_of(date), options=options)
    return write_file(target, page.encode())


def changed_first(comparison: Comparison, model: str, most: int) -> pd.DataFrame:
    """Return rows of ``evaluation.objects`` of the model: at most so many, those that changed for the worse first."""
    changes = comparison.objects(model)["change"].astype(str)
    order = changes.map({name: place for place, name in enumerate(_WORTH)}).dropna().sort_values(kind="stable")
    return comparison[model].objects.loc[order.index[:most]]
