"""The payloads of further epochs, for a page that can ask no kernel for them."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from framelens.errors import OptionError, one_line
from framelens.report.thin import thin
from framelens.widgets.wire import encode

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation

__all__ = ["pack_payloads", "stored_epochs"]


def stored_epochs(evaluation: Evaluation, epochs: Iterable[int], max_bytes: int) -> str:
    """Return the payloads of other epochs as the page holds them: the base64 of the gzip of a JSON list.

    Curves and signals are those of the page; only what differs is stored.

    Parameters
    ----------
    evaluation : Evaluation
        That of the page.
    epochs : iterable of int
        Its own epoch is left out.
    max_bytes : int
        Of the text; epochs that would not fit are left out from there on, and the page says so when they are chosen.

    Raises
    ------
    OptionError
        If no predictions of an epoch were given.
    DataError
        If they cannot be read.
    """
    if not isinstance(epochs, Iterable):
        raise OptionError(f"epochs must be a list of numbers, such as [10, 20], not {one_line(repr(epochs), 40)}")
    rows: list[dict[str, Any]] = []
    text = ""
    for epoch in dict.fromkeys(epochs):
        if epoch == evaluation.epoch:
            continue
        if isinstance(epoch, bool) or not isinstance(epoch, int):
            raise OptionError(f"epochs must be numbers, not {one_line(repr(epoch), 40)}")
        payload = encode(evaluation.at_epoch(epoch))
        history = payload.head["history"]
        own = None if history is None else {name: history[name] for name in ("matrix_epoch", "changes")}
        data = thin(payload.head, payload.buffer)
        rows.append({"epoch": epoch, "head": {**payload.head, "history": own}, "data": data, "encoding": "thin"})
        packed = pack_payloads(rows)
        if len(packed) > max_bytes:
            break
        text = packed
    return text


def pack_payloads(rows: list[dict[str, Any]]) -> str:
    """Return the base64 of the gzip of a JSON list: how a page holds payloads besides its own."""
    text = json.dumps(rows, allow_nan=False, separators=(",", ":"))
    return b64encode(gzip.compress(text.encode(), mtime=0)).decode("ascii")
