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
        ``{"label": str, "color": str, "dashed": bool}`` for each series.
    values : list of str
        Text beside each row, in the same order.
    heading : str
        Which epoch the values belong to.
    """

    _esm = (_PLAIN / "readout.js").read_text(encoding="utf-8")
    _css = (_PLAIN / "readout.css").read_text(encoding="utf-8")

    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    values = traitlets.List(traitlets.Unicode()).tag(sync=True)
    heading = traitlets.Unicode().tag(sync=True)
