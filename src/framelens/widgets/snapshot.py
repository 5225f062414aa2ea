"""The confusion matrix as a PNG, for places that run no scripts."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from framelens.tables import class_labels
from framelens.widgets._ticks import epoch_range, round_ticks, value_range
from framelens.widgets.history_payload import clean_text, color_of, or_null

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image, ImageDraw, ImageFont

    from framelens.evaluation import Evaluation
    from framelens.widgets.history_payload import HistoryHead, Series

__all__ = ["draw_curves", "draw_matrix", "pool_by_maximum", "to_png"]

_MOST_LABELLED = 24  # classes; more would not be readable
_CELL = 34
_HEAT_SIDE = 480
_LONGEST_LABEL = 16
_PANEL_WIDTH, _PANEL_HEIGHT = 430, 260
_PAPER, _INK, _FAINT = (255, 255, 255), (32, 33, 36), (150, 150, 155)
_RIGHT, _WRONG = (35, 104, 168), (201, 82, 16)  # the diagonal, and everything else


def to_png(*pictures: Image.Image) -> bytes:
    """Return pictures one below the other as one PNG without metadata."""
    from PIL import Image

    sheet = Image.new("RGB", (max(one.width for one in pictures), sum(one.height for one in pictures)), _PAPER)
    top = 0
    for one in pictures:
        sheet.paste(one, (0, top))
        top += one.height
    out = BytesIO()
    sheet.save(out, "PNG")
    return out.getvalue()


def draw_matrix(evaluation: Evaluation) -> Image.Image:
    """Return the confusion matrix at the operating point, with the four scores above it.

    Up to 24 classes every cell carries its count and every row its name. Larger matrices become a
    heat map of at most 480 x 480 pixels in which a pixel shows the highest of the cells it covers.

    Parameters
    ----------
    evaluation : Evaluation
    """
    counts = evaluation.confusion_result.counts
    names = [clean_text(name) or "(no name)" for name in class_labels(evaluation)]
    if len(names) <= _MOST_LABELLED + 1:
        return _labelled(counts, [_shorten(name) for name in names], _heading(evaluation), _fonts())
    return _heat(counts, _heading(evaluation), _fonts())


def draw_curves(history: HistoryHead) -> Image.Image:
    """Return metrics and losses by epoch, side by side, with a legend; gaps stay gaps.

    Parameters
    ----------
    history : HistoryHead
        What :func:`~framelens.widgets.history_payload.encode_history` gives.
    """
    from PIL import Image

    groups = [[one for one in history["series"] if one["group"] == group] for group in ("metric", "loss")]
    rows = max(len(group) for group in groups)
    sheet = Image.new("RGB", (2 * _PANEL_WIDTH, _PANEL_HEIGHT + 18 * rows + 12), _PAPER)
    for place, (title, series) in enumerate(zip(("Metrics by epoch", "Losses by epoch"), groups, strict=True)):
        _draw_panel(sheet, place * _PANEL_WIDTH, title, series, history)
    return sheet


def pool_by_maximum(counts: NDArray[np.int64], side: int) -> NDArray[np.int64]:
    """Return a square matrix of at most ``side`` rows; each cell is the maximum of those it covers.

    >>> pool_by_maximum(np.diag([1, 2, 3, 4]), 2)
    array([[2, 0],
           [0, 4]])
    """
    step = -(-len(counts) // side)
    starts = np.arange(0, len(counts), step)
    rows = np.maximum.reduceat(counts, starts, axis=0)
    return np.asarray(np.maximum.reduceat(rows, starts, axis=1))


@dataclass(frozen=True, slots=True)
class _Fonts:
    small: ImageFont.ImageFont | ImageFont.FreeTypeFont
    large: ImageFont.ImageFont | ImageFont.FreeTypeFont


def _fonts() -> _Fonts:
    from PIL import ImageFont

    return _Fonts(ImageFont.load_default(12), ImageFont.load_default(14))


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 1] + "…"


def _heading(evaluation: Evaluation) -> tuple[str, str]:
    ap, macro, point = evaluation.average_precision, evaluation.scores.macro, evaluation.operating_point
    values = [
        ("precision", macro.precision),
        ("recall", macro.recall),
        ("mAP50", ap.map50),
        ("mAP50-95", ap.map50_95),
    ]
    scores = "   ".join(f"{name} {_number(value)}" for name, value in values)
    confidence = or_null(point.confidence)
    place = "every confidence" if confidence is None else f"confidence {confidence:.3f}"
    return scores, f"rows actual, columns predicted; {place}, IoU {point.iou:.2f}; rules {evaluation.rules}"


def _number(value: float) -> str:
    known = or_null(value)
    return "n/a" if known is None else f"{known:.3f}"


def _colours(counts: NDArray[np.int64]) -> NDArray[np.uint8]:
    """White for 0 to full colour for the largest; by square root, or rare confusions would be invisible."""
    hue = np.broadcast_to(np.array(_WRONG), (*counts.shape, 3)).copy()
    hue[np.diag_indices(len(counts))] = _RIGHT
    share = np.sqrt(counts / max(int(counts.max(initial=0)), 1))[..., None]
    paper = np.array(_PAPER)
    return np.asarray(np.rint(paper + (hue - paper) * share), dtype=np.uint8)


def _sheet(width: int, height: int, heading: tuple[str, str], fonts: _Fonts) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    from PIL import Image, ImageDraw

    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    needed = max(measure.textlength(heading[0], fonts.large), measure.textlength(heading[1], fonts.small))
    sheet = Image.new("RGB", (max(width, int(needed) + 16), height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((8, 6), heading[0], _INK, fonts.large)
    pen.text((8, 26), heading[1], _FAINT, fonts.small)
    return sheet, pen


def _labelled(counts: NDArray[np.int64], names: list[str], heading: tuple[str, str], fonts: _Fonts) -> Image.Image:
    from PIL import Image, ImageDraw

    widest = max(int(fonts.small.getlength(name)) for name in names) + 12
    left, top, side = widest, 50 + widest, _CELL * len(names)
    sheet, pen = _sheet(left + side + 8, top + side + 8, heading, fonts)
    for index, name in enumerate(names):
        middle = _CELL * index + _CELL // 2
        pen.text((left - 6, top + middle), name, _INK, fonts.small, anchor="rm")
        label = Image.new("RGB", (widest, _CELL), _PAPER)
        ImageDraw.Draw(label).text((6, _CELL // 2), name, _INK, fonts.small, anchor="lm")
        sheet.paste(label.rotate(90, expand=True), (left + _CELL * index, 50))
    colours = _colours(counts)
    for (row, column), count in np.ndenumerate(counts):
        x, y = left + _CELL * column, top + _CELL * row
        fill = tuple(colours[row, column].tolist())
        pen.rectangle((x, y, x + _CELL - 1, y + _CELL - 1), fill, (228, 228, 232))
        if count:
            ink = _PAPER if sum(fill) < 390 else _INK  # noqa: PLR2004 - half of the brightness
            pen.text((x + _CELL // 2, y + _CELL // 2), _short_count(int(count)), ink, fonts.small, anchor="mm")
    return sheet


def _short_count(count: int) -> str:
    return str(count) if count < 10_000 else f"{count / 1000:.0f}k"  # noqa: PLR2004 - what fits in a cell


def _heat(counts: NDArray[np.int64], heading: tuple[str, str], fonts: _Fonts) -> Image.Image:
    from PIL import Image

    pooled = pool_by_maximum(counts, _HEAT_SIDE)
    scale = max(1, _HEAT_SIDE // len(pooled))
    heat = Image.fromarray(np.kron(_colours(pooled), np.ones((scale, scale, 1), dtype=np.uint8)))
    sheet, pen = _sheet(heat.width + 16, heat.height + 58, heading, fonts)
    sheet.paste(heat, (8, 50))
    pen.rectangle((7, 49, 8 + heat.width, 50 + heat.height), outline=_FAINT)
    return sheet


def _draw_panel(sheet: Image.Image, left: int, title: str, series: list[Series], history: HistoryHead) -> None:
    from PIL import ImageDraw

    pen, fonts = ImageDraw.Draw(sheet), _fonts()
    x0, x1, y0, y1 = left + 50, left + _PANEL_WIDTH - 14, _PANEL_HEIGHT - 26, 34
    (first, last), (low, high) = (
        epoch_range(history["epochs"]),
        value_range(_values(series), series[0]["group"] if series else "metric"),
    )

    def across(epoch: float) -> float:
        return x0 + (epoch - first) / (last - first) * (x1 - x0)

    def up(value: float) -> float:
        return y0 + (value / 2 - low / 2) / (high / 2 - low / 2) * (y1 - y0)  # halves: the range may not fit a float

    pen.text((x0, 8), title if series else f"{title}: none in this log", _INK, fonts.large)
    for tick in round_ticks(low, high).tolist():
        pen.line((x0, up(tick), x1, up(tick)), (228, 228, 232))
        pen.text((x0 - 6, up(tick)), f"{tick:.4g}", _FAINT, fonts.small, anchor="rm")
    for tick in round_ticks(first, last, least=1).tolist():
        pen.text((across(tick), y0 + 6), f"{tick:.0f}", _FAINT, fonts.small, anchor="mt")
    for place, one in enumerate(series):
        points = [
            None if value is None else (across(epoch), up(value))
            for epoch, value in zip(history["epochs"], one["values"], strict=True)
        ]
        _draw_curve(pen, points, color_of(one), dashed=one["split"] == "train")
        y = _PANEL_HEIGHT + 18 * place + 6
        _draw_curve(pen, [(x0, y), (x0 + 22, y)], color_of(one), dashed=one["split"] == "train")
        pen.text((x0 + 28, y), _shorten(one["label"]), _INK, fonts.small, anchor="lm")


def _values(series: list[Series]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for one in series for value in one["values"]], dtype=np.float64)


def _draw_curve(
    pen: ImageDraw.ImageDraw, points: list[tuple[float, float] | None], color: str, *, dashed: bool
) -> None:
    """Draw a line through neighbouring points, and a dot on every point that has none."""
    framed = [None, *points, None]
    for before, here, after in zip(framed, points, framed[2:], strict=False):
        if here is None:
            continue
        if before is None and after is None:
            pen.ellipse((here[0] - 2, here[1] - 2, here[0] + 2, here[1] + 2), color)
        elif after is not None:
            for start, end in _dashes(here, after) if dashed else [(here, after)]:
                pen.line((*start, *end), color, 2)


def _dashes(
    start: tuple[float, float], end: tuple[float, float]
) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    """Cut a line into pieces of about 4 pixels and keep every second one."""
    pieces = max(2 * round(float(np.hypot(end[0] - start[0], end[1] - start[1])) / 8), 2)
    at = np.linspace(start, end, pieces + 1).tolist()
    return [(tuple(at[i]), tuple(at[i + 1])) for i in range(0, pieces, 2)]
