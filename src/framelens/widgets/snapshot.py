"""The confusion matrix as a PNG, for places that run no scripts."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np

from framelens.widgets.history_payload import clean_text, or_null

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image, ImageDraw, ImageFont

    from framelens.evaluation import Evaluation

__all__ = ["draw_snapshot", "pool_by_maximum"]

_MOST_LABELLED = 24  # classes; more would not be readable
_CELL = 34
_HEAT_SIDE = 480
_LONGEST_LABEL = 16
_PAPER, _INK, _FAINT = (255, 255, 255), (32, 33, 36), (150, 150, 155)
_RIGHT, _WRONG = (35, 104, 168), (201, 82, 16)  # the diagonal, and everything else


def draw_snapshot(evaluation: Evaluation) -> bytes:
    """Return a PNG of the confusion matrix at the operating point, with the four scores above it.

    Up to 24 classes every cell carries its count and every row its name. Larger matrices become a
    heat map of at most 480 x 480 pixels in which a pixel shows the highest of the cells it covers.

    Parameters
    ----------
    evaluation : Evaluation

    Returns
    -------
    bytes
        PNG, white background, no metadata.
    """
    from PIL import ImageFont

    counts = evaluation.confusion_result.counts
    names = [clean_text(name) or "(no name)" for name in evaluation.dataset.classes] + ["background"]
    fonts = _Fonts(ImageFont.load_default(12), ImageFont.load_default(14))
    if len(names) <= _MOST_LABELLED + 1:
        picture = _labelled(counts, [_shorten(name) for name in names], _heading(evaluation), fonts)
    else:
        picture = _heat(counts, _heading(evaluation), fonts)
    out = BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


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


def _shorten(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else name[: _LONGEST_LABEL - 1] + "…"


def _heading(evaluation: Evaluation) -> tuple[str, str]:
    summary, macro, point = evaluation.coco.summary, evaluation.scores.macro, evaluation.operating_point
    values = [
        ("precision", macro.precision),
        ("recall", macro.recall),
        ("mAP50", summary["AP50"]),
        ("mAP50-95", summary["AP"]),
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
