"""Time and memory against the number of detections, both axes by powers, as SVG."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

LOOKS = {"whole": ("#666666", "2 4"), "batches": ("#0b6bcb", "none"), "dask": ("#b4450b", "8 4")}
TOP, BOTTOM, WIDE = 40, 270, 270


def plot(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> str:
    """Draw what was measured; ``names`` says how each mode is called."""
    rows = [row for row in rows if "wall" in row]
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 330" font-family="sans-serif" font-size="12">',
        '<rect width="720" height="330" fill="white"/>',
    ]
    for number, (key, title, unit) in enumerate(
        (("wall", "wall time, seconds", 1.0), ("peak", "peak memory, GB", 1e9))
    ):
        parts += _panel(rows, key, unit, 60 + number * 350, title)
    for number, (mode, (colour, dash)) in enumerate(LOOKS.items()):
        at = 60 + 170 * number
        parts.append(f'<path d="M{at} 316h30" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>')
        parts.append(f'<text x="{at + 36}" y="320">{names[mode]}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(rows: Sequence[Mapping[str, Any]], key: str, unit: float, left: int, title: str) -> list[str]:
    sizes = sorted({row["millions"] for row in rows})
    ticks = _ticks([row[key] / unit for row in rows])
    x, y = _scale(sizes, left, left + WIDE), _scale(ticks, BOTTOM, TOP)
    parts = [f'<text x="{left}" y="20" font-weight="bold">{title}</text>']
    for value in ticks:
        parts.append(f'<path d="M{left} {y(value):.1f}h{WIDE}" stroke="#dddddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    parts += [f'<text x="{x(size):.0f}" y="286" text-anchor="middle">{size:g}</text>' for size in sizes]
    parts.append(f'<text x="{left + WIDE / 2:.0f}" y="302" text-anchor="middle">million detections</text>')
    for mode, (colour, dash) in LOOKS.items():
        points = [(x(row["millions"]), y(row[key] / unit)) for row in rows if row["mode"] == mode]
        if points:
            line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
            drawn = f'fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"'
            parts.append(f'<polyline points="{line}" {drawn}/>')
            parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3.5" fill="{colour}"/>' for a, b in points]
    return parts


def _ticks(values: Sequence[float]) -> list[float]:
    """Return 1, 2, 5, 10 ... that hold all values."""
    steps = [m * 10.0**e for e in range(floor(log10(min(values))), ceil(log10(max(values))) + 1) for m in (1, 2, 5)]
    low, high = max(s for s in steps if s <= min(values)), min(s for s in steps if s >= max(values))
    return [step for step in steps if low <= step <= high]


def _scale(values: Sequence[float], start: float, end: float) -> Callable[[float], float]:
    """Map the logarithm of values to a line."""
    low, high = log10(min(values)), log10(max(values))
    span = (high - low) or 1.0
    return lambda value: start + (log10(value) - low) / span * (end - start)
