"""The numbers of a report as plain HTML tables, for readers without scripts."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from framelens.widgets.history_payload import HistoryHead
    from framelens.widgets.wire import Card, ClassBand, Head, Payload

__all__ = ["plain_summary"]

_WIDEST = 30  # classes of a matrix that is written out
_LONGEST = 200  # rows of a table


def plain_summary(payload: Payload) -> str:
    """Return scores, matrix, per-class table and symptoms found as HTML without any script; every text is escaped.

    Above 30 classes the matrix is replaced by its largest confusions.

    Parameters
    ----------
    payload : Payload
    """
    head = payload.head
    names = [*head["classes"], "background"]
    parts = [f"<h1>{escape(head['title'] or 'evaluation')}</h1>"]
    parts.append("<noscript><p>Scripts are off: these are the numbers without the interactive view.</p></noscript>")
    if not head["classes"] and head["history"] is not None:  # a run and no evaluation
        return "\n".join((*parts, _last_values(head["history"]), _table(("setting", "value"), head["stamp"])))
    parts.append(
        _table(
            ("score", "value", "good", "rule"),
            ((card["title"], _number(card["value"]), _band(card), card["rule"]) for card in head["cards"]),
        )
    )
    parts.append(_matrix(payload, names) if len(names) <= _WIDEST + 1 else _largest(payload, names))
    columns = ("objects", "detections", "precision", "recall", "f1", "ap50", "ap50_95")
    parts.append(
        _table(
            ("class", *columns),
            (
                (names[row["class"]], row["objects"], row["detections"], *(_number(row[key]) for key in columns[2:]))  # type: ignore[literal-required]
                for row in head["per_class"][:_LONGEST]
            ),
        )
    )
    if head["class_bands"]:
        bands = ((names[row["class"]], row["field"], _band(row)) for row in head["class_bands"])
        parts.append(_table(("class", "score", "good"), bands))
    parts.append(_checklist(head))
    parts.append(_table(("setting", "value"), head["stamp"]))
    return "\n".join(parts)


def _checklist(head: Head) -> str:
    """Return the symptoms that were found; empty for none."""
    lines = (
        f"<dt>{escape(str(row['title']))}</dt><dd>{escape(str(row['evidence']))}<br>"
        f"Likely cause: {escape(str(row['cause']))}<br>Remedy: {escape(str(row['remedy']))}</dd>"
        for row in head.get("checklist", ())
        if row["verdict"] == "present"
    )
    found = "".join(lines)
    return found and f"<h2>Checklist: what was found</h2><dl>{found}</dl>"


def _last_values(history: HistoryHead) -> str:
    epochs = history["epochs"]
    rows = ((one["label"], _number(one["values"][-1])) for one in history["series"] if epochs)
    return _table(("series", f"value at epoch {epochs[-1]}" if epochs else "no epochs"), rows)


def _number(value: float | None) -> str:
    return "n/a" if value is None else f"{value:.3f}"


def _band(row: Card | ClassBand) -> str:
    low, high = row["band"]
    words = f"> {low}" if high is None else f"< {high}" if low is None else f"{low} to {high}"
    return f"{words} ({row['reason']})" if row["reason"] else words


def _table(heading: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    lines = ['<table class="framelens-plain">', _row("th", heading)]
    lines.extend(_row("td", row) for row in rows)
    return "\n".join((*lines, "</table>"))


def _row(tag: str, cells: Iterable[object]) -> str:
    first, *others = cells
    return (
        f"<tr><th>{escape(str(first))}</th>"
        + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in others)
        + "</tr>"
    )


def _cells(payload: Payload) -> zip[tuple[int, int, int]]:
    known = "cell_count" in payload.head["columns"]
    counts = payload.column("cell_count") if known else np.diff(payload.column("cell_start"))
    columns = (payload.column("cell_actual"), payload.column("cell_predicted"), counts)
    return zip(*(column.tolist() for column in columns), strict=True)


def _matrix(payload: Payload, names: list[str]) -> str:
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    for actual, predicted, count in _cells(payload):
        counts[actual, predicted] = count
    rows = ((name, *counts[place].tolist()) for place, name in enumerate(names))
    return _table(("actual \\ predicted", *names), rows)


def _largest(payload: Payload, names: list[str]) -> str:
    errors = sorted((cell for cell in _cells(payload) if cell[0] != cell[1]), key=lambda cell: -cell[2])[:_LONGEST]
    return _table(("actual", "predicted", "count"), ((names[a], names[p], count) for a, p, count in errors))
