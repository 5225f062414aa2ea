"""A comparison as one HTML file: the page of the widget, with the payload of every pair that can be chosen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from framelens.data.writing import target_path, write_file
from framelens.report.epochs import pack_payloads
from framelens.report.html import Subject, date_of, report_page
from framelens.report.store import REPORT, stored_pictures
from framelens.report.thin import thin
from framelens.widgets.comparison_payload import encode_comparison
from framelens.widgets.history_payload import clean_text

if TYPE_CHECKING:
    import datetime as dt
    import os
    from pathlib import Path

    import pandas as pd

    from framelens.comparison import Comparison
    from framelens.report.store import Budget
    from framelens.widgets.wire import Head, Payload

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
    """Write the comparison of all models with the baseline; see :func:`framelens.report.html.write_report`.

    ``model`` is shown first, the others follow within another ``max_bytes``. Stored pictures are those of objects that
    are broken, then fixed, then wrong in both, as many for each pair.
    """
    target = target_path(path, "compare.html")
    names = [model, *(name for name in comparison.others if name != model)]
    budget = replace(REPORT, pictures=pictures // len(names), max_bytes=max_bytes // len(names))
    stored, further = _further(comparison, names[1:], budget, max_bytes)
    payload = _saying(encode_comparison(comparison, model), [model, *stored])
    subject = Subject(comparison[model], payload, "compare.js")
    picked = changed_first(comparison, model, budget.pictures)
    page = report_page(
        subject,
        _within(budget, picked),
        picked=picked if len(picked) else None,
        date=date_of(date),
        options={"view": "compare"},
        epochs=further,
    )
    return write_file(target, page.encode())


def _within(budget: Budget, picked: pd.DataFrame) -> Budget:
    return budget if len(picked) else replace(budget, pictures=0)


def _further(comparison: Comparison, names: list[str], budget: Budget, max_bytes: int) -> tuple[list[str], str]:
    """Return which further pairs the file holds, and their payloads as the page holds them."""
    rows: list[dict[str, Any]] = []
    text = ""
    for name in names:
        payload = encode_comparison(comparison, name)
        picked = changed_first(comparison, name, budget.pictures)
        pictures = stored_pictures(comparison[name], payload, _within(budget, picked), picked if len(picked) else None)
        data = thin(payload.head, payload.buffer)
        rows.append({"head": payload.head, "data": data, "encoding": "thin", "pictures": pictures})
        packed = pack_payloads(rows)
        if len(packed) > max_bytes:
            return names[: len(rows) - 1], text
        text = packed
    return names, text


def _saying(payload: Payload, stored: list[str]) -> Payload:
    """Say in the head which models can be chosen in the file."""
    head = cast("dict[str, Any]", dict(payload.head))
    head["comparison"] = {**head["comparison"], "stored": [clean_text(name) for name in stored]}
    return replace(payload, head=cast("Head", head))


def changed_first(comparison: Comparison, model: str, most: int) -> pd.DataFrame:
    """Return rows of ``evaluation.objects`` of the model: at most so many, those that changed for the worse first."""
    changes = comparison.objects(model)["change"].astype(str)
    order = changes.map({name: place for place, name in enumerate(_WORTH)}).dropna().sort_values(kind="stable")
    return comparison[model].objects.loc[order.index[:most]]
