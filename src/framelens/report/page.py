"""The text of an offline page: what it holds, and that nothing in it can be anything else."""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any

from framelens.report.thin import thin
from framelens.widgets.wire import dump_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from framelens.widgets.wire import Head

__all__ = ["Bundle", "policy", "render_page"]

_PACK_FROM = 50_000  # bytes; below, packing saves nothing that is worth the time
_PAGE_CSS = """
body { margin: 0; padding: 16px; background: #fff; color: #1f2328; font: 14px/1.5 system-ui, sans-serif; }
html[data-theme=dark] body { background: #16181c; color: #e3e5e8; }
@media (prefers-color-scheme: dark) { html:not([data-theme=light]) body { background: #16181c; color: #e3e5e8; } }
table.framelens-plain { border-collapse: collapse; margin: 12px 0; }
table.framelens-plain :is(th, td) { border: 1px solid #8a8d93; padding: 2px 8px; text-align: right; }
table.framelens-plain th { text-align: left; font-weight: 600; }
@page { margin: 12mm; }
@media print {
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  /* as :root[data-theme] is, or a dark screen would be printed */
  :root[lang] body { padding: 0; background: #fff; color: #000; }
  canvas, img, svg { max-width: 100%; }
  /* what is drawn while printing clears to white instead of to nothing, and would hide the matrix */
  .framelens .fl-matrix-overlay { display: none !important; }
  .framelens .fl-cards { grid-template-columns: repeat(4, 1fr); }
  .framelens :is(.fl-chart-figures, .fl-figures) { grid-template-columns: 1fr 1fr; }
  .framelens details::details-content { content-visibility: visible; block-size: auto; }
  .framelens .fl-paper { display: block; }
  .framelens .fl-paper section { margin: 8px 0 14px; }
  .framelens .fl-paper .fl-heading { margin-top: 16px; }
  .framelens .fl-paper-list { display: grid; grid-template-columns: repeat(4, 1fr); gap: 8px; font-size: 11px; }
  /* what only leads somewhere else, and what the paper says in full */
  .framelens :is(.fl-exports, .fl-columns, .fl-best-here, .fl-mark-hint, .fl-save, .fl-places, .fl-figure select),
  .framelens :is(.fl-thresholds-place, .fl-figure-words > span:not([class])),
  .framelens :is(.fl-own, .fl-more-findings):not([open]),
  .framelens :is(th, td):has([data-only]),
  .framelens:has(.fl-paper-examples > *) .fl-worst-panel,
  .framelens:has(.fl-paper) .fl-checklist { display: none; }
  .framelens .fl-signals ul { columns: 2; }
  /* a table is read whole, and a short one on one sheet */
  .framelens .fl-table-space { max-height: none; overflow: visible; }
  .framelens .fl-table-space thead th { position: static; }
  .framelens .fl-table-space :is(th, td) { padding: 2px 4px; font-size: 11px; }
  .framelens table:not(:has(tr:nth-child(26))) { break-inside: avoid; }
  .framelens :is(.fl-heading, figcaption) { break-after: avoid; }
  .framelens :is(thead, tr, .fl-finding, .fl-figure, .fl-paper section) { break-inside: avoid; }
  .fl-card, .fl-chart, .fl-matrix, .fl-thumbs > li { break-inside: avoid; }
}
"""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The built front end: the same texts that live widgets are given; module and panels may be packed as those are."""

    module: str
    panels: str
    style: str
    starter: str


def render_page(
    head: Head,
    buffer: bytes,
    bundle: Bundle,
    *,
    pictures: Mapping[str, Any],
    options: Mapping[str, Any],
    summary: str,
    pack: bool = False,
    epochs: str = "",
) -> str:
    """Return the whole page; its layout is described at the top of ``js/src/entries/report.ts``.

    Parameters
    ----------
    head, buffer
        Of the payload.
    bundle : Bundle
    pictures : mapping
        ``{"items": [...], "requested": int}``, data in base64.
    options : mapping
        First values of the view's traits.
    summary : str
        HTML for readers without scripts, every text in it escaped.
    pack : bool
        The page will be packed as a whole: thin the data also where it is small, and leave its texts as they are.
    epochs : str
        Payloads of further epochs, packed; empty for none.

    Raises
    ------
    ValueError
        A bundle holds text that would end its script element.
    """
    for text in (bundle.module, bundle.panels, bundle.starter):
        lowered = text.lower()
        if "</script" in lowered or "<!--" in lowered or "\r" in lowered:
            msg = "the front-end bundle holds text that would end its script element; build it again"
            raise ValueError(msg)
    style = bundle.style + _PAGE_CSS
    packed = pack or len(buffer) > _PACK_FROM
    data = thin(head, buffer) if packed else b64encode(buffer).decode("ascii")
    encoding = ' data-encoding="thin"' if packed else ""
    further = f'<script type="text/plain" id="framelens-epochs">{epochs}</script>\n' if epochs else ""
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy(bundle.starter, style)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{escape(head["title"] or "evaluation")} · framelens</title>
<style>{style}</style>
</head>
<body>
<main id="framelens-root">{summary}</main>
{_head_element(dump_json(head), pack=pack)}
<script type="text/plain" id="framelens-data"{encoding}>{data}</script>
<script type="application/json" id="framelens-pictures">{dump_json(pictures)}</script>
<script type="application/json" id="framelens-options">{dump_json(options)}</script>
{further}<script type="text/plain" id="framelens-module">{bundle.module}</script>
<script type="text/plain" id="framelens-panels">{bundle.panels}</script>
<script type="module">{bundle.starter}</script>
</body>
</html>
"""


def _head_element(text: str, *, pack: bool) -> str:
    """Return the head as JSON, or packed where it is large and the page is not packed as a whole."""
    encoding = ""
    if len(text) > _PACK_FROM and not pack:
        text, encoding = b64encode(gzip.compress(text.encode(), 6, mtime=0)).decode("ascii"), ' data-encoding="gzip"'
    return f'<script type="application/json" id="framelens-head"{encoding}>{text}</script>'


def policy(starter: str, style: str) -> str:
    """Return the Content-Security-Policy: one script, one style sheet, pictures of the page itself, no network.

    >>> policy("1", "").startswith("default-src 'none'; script-src 'sha256-a4ayc/80/")
    True
    """
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src {_hash(starter)} blob:",
            f"style-src {_hash(style)}",
            "img-src data: blob:",
            "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
            "require-trusted-types-for 'script'",
        )
    )


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode('ascii')}'"
