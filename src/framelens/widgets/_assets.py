"""The built bundles that stand beside this module."""

from __future__ import annotations

import gzip
import os
from base64 import b64encode
from functools import cache
from pathlib import Path

__all__ = ["STATIC", "asset", "asset_text", "packed_asset", "starter"]

STATIC = Path(__file__).parent / "static"


@cache
def asset_text(name: str) -> str:
    """Return the text of a bundle in ``widgets/static``.

    Raises
    ------
    RuntimeError
        The bundle is not built: the checkout is not complete.
    """
    try:
        return (STATIC / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        msg = f"{name} is not built; run: make bundles"
        raise RuntimeError(msg) from None


@cache
def packed_asset(name: str) -> str:
    """Return the base64 of the gzip of a bundle: half of what every widget and every saved notebook would carry.

    Raises
    ------
    RuntimeError
        As :func:`asset_text`.

    Examples
    --------
    >>> packed_asset("panels.js").startswith("H4sI")
    True
    """
    return b64encode(gzip.compress(asset_text(name).encode(), mtime=0)).decode("ascii")


def asset(name: str) -> str | Path:
    """Return what a widget takes as its ``_esm`` or ``_css``.

    Text, because a path keeps every closed widget alive; a path only while the front end is being
    written (``ANYWIDGET_HMR=1``), since that is what reloads it in the open page.
    """
    return STATIC / name if os.environ.get("ANYWIDGET_HMR") == "1" else asset_text(name)


def starter() -> str | Path:
    """Return the ``_esm`` of an evaluation's widget: what imports its trait ``core`` once for a page, as hosts do not.

    While the front end is being written it is the first bundle itself, which a host loads again where it changes.
    """
    return asset("framelens.js") if os.environ.get("ANYWIDGET_HMR") == "1" else asset("loader.js")
