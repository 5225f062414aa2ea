"""Legend and values of the epoch charts, as text that no name can turn into markup."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

__all__ = ["Readout"]

_PLAIN = Path(__file__).parent / "plain"


class Readout(anywidget.AnyWidget):
    """A line of swatches, names and values.

    Attributes
    ----------
    rows : list of dict
        ``{"label": str, "color": str, "style": str}`` for each series; the style is that of its line.
    values : list of str
        Text beside each row, in the same order.
    hidden : list of int
        Rows whose line is switched off; follows clicks on the names.
    heading : str
        Which epoch the values belong to.
    notes : list of dict
        ``{"number": int, "kind": str, "text": str, "epoch": int}`` for each signal.
    status : str
        A line about the charts as a whole.
    stamp : list of str
        What stands under an exported picture.

    Notes
    -----
    It sends ``{"epoch": int}`` (a note was clicked), ``{"step": -1 | 1 | "first" | "last" | "clear"}`` (a key),
    ``{"left": true}`` (the pointer left the figures) and ``{"export": "csv" | "json"}``, which is answered with
    ``{"file": name}`` and the bytes of the file. Pictures are made in the page from the figures as they stand.
    """

    _esm = (_PLAIN / "readout.js").read_text(encoding="utf-8")
    _css = (_PLAIN / "readout.css").read_text(encoding="utf-8")

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    values = traitlets.List(traitlets.Unicode()).tag(sync=True)
    hidden = traitlets.List(traitlets.Int()).tag(sync=True)
    heading = traitlets.Unicode().tag(sync=True)
    notes = traitlets.List(traitlets.Dict()).tag(sync=True)
    status = traitlets.Unicode().tag(sync=True)
    stamp = traitlets.List(traitlets.Unicode()).tag(sync=True)
