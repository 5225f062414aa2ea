"""What stands behind the digits: backgrounds, textures and shapes that are not digits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageDraw

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["HEIGHT", "PALETTES", "WIDTH", "Color", "Palette", "paint", "paint_background", "scatter_shapes"]

WIDTH, HEIGHT = 320, 240

Color = tuple[int, int, int]
Point = tuple[float, float]

_MOST_SHAPES = 5
_SUPERSAMPLE = 4


@dataclass(frozen=True, slots=True)
class Palette:
    """A surface to write on: two colours it fades between, and the inks used on it."""

    name: str
    surface: tuple[Color, Color]
    inks: tuple[Color, ...]
    texture: str


PALETTES = (
    Palette("paper", ((246, 242, 230), (222, 214, 196)), ((32, 44, 84), (44, 40, 40), (150, 36, 36)), "rules"),
    Palette("squared", ((240, 246, 248), (206, 220, 226)), ((24, 60, 140), (60, 60, 66)), "grid"),
    Palette("board", ((44, 70, 60), (28, 48, 44)), ((236, 238, 224), (250, 222, 130), (180, 220, 250)), "smear"),
    Palette("kraft", ((206, 170, 124), (170, 132, 92)), ((48, 34, 26), (246, 240, 226)), "fibre"),
    Palette("plan", ((40, 84, 148), (24, 56, 110)), ((232, 242, 252), (250, 206, 120)), "grid"),
    Palette("wall", ((190, 184, 178), (142, 140, 140)), ((28, 30, 34), (190, 40, 44), (244, 244, 240)), "bricks"),
)


def paint(area: NDArray[np.float64], mask: NDArray[np.float64], color: Color, strength: float) -> None:
    """Lay ``color`` over ``area`` (height, width, 3) in place where ``mask`` (0..1) says so."""
    change = np.array(color, dtype=np.float64) - area
    change *= (mask * strength)[..., None]
    area += change


def paint_background(palette: Palette, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a surface with light, clouds and texture: float64, shape (240, 320, 3), about 0..255."""
    y, x = np.ogrid[0:HEIGHT, 0:WIDTH]
    angle = rng.uniform(0, 2 * np.pi)
    slope = (x - WIDTH / 2) * np.cos(angle) / WIDTH + (y - HEIGHT / 2) * np.sin(angle) / HEIGHT
    fade = np.clip(0.5 + 0.8 * slope + 0.35 * _clouds(6, rng), 0, 1)[..., None]
    first, second = (np.array(color, dtype=np.float64) for color in palette.surface)
    canvas: NDArray[np.float64] = fade * (second - first)
    canvas += first
    canvas += 6 * _clouds(40, rng)[..., None]
    mask = _TEXTURES[palette.texture](rng)
    tone = (0, 0, 0) if rng.integers(2) else (255, 255, 255)
    paint(canvas, mask, tone, rng.uniform(0.06, 0.2))
    return canvas


def scatter_shapes(canvas: NDArray[np.float64], palette: Palette, rng: np.random.Generator) -> None:
    """Draw strokes and shapes that are not digits, in the same inks."""
    for _ in range(int(rng.integers(0, _MOST_SHAPES + 1))):
        draw = _SHAPES[int(rng.integers(len(_SHAPES)))]
        size = float(rng.uniform(14, 60))
        center = (float(rng.uniform(0, WIDTH)), float(rng.uniform(0, HEIGHT)))
        mask = _drawn(draw, center, size, rng)
        ink = palette.inks[int(rng.integers(len(palette.inks)))]
        strength = rng.uniform(0.35, 0.95)
        if (inked := mask.getbbox()) is not None:
            left, top, right, bottom = inked
            part = np.asarray(mask.crop(inked), dtype=np.float64) / 255
            paint(canvas[top:bottom, left:right], part, ink, strength)


def _clouds(cells: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return smooth noise with about ``cells`` bumps across, mean near 0, shape (240, 320)."""
    coarse = Image.fromarray(rng.normal(0, 1, (max(3, cells * 3 // 4), cells)).astype(np.float32))
    return np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=np.float64)


def _rules(rng: np.random.Generator) -> NDArray[np.float64]:
    mask = np.zeros((HEIGHT, WIDTH))
    mask[int(rng.integers(8, 20)) :: int(rng.integers(18, 30))] = 1
    return mask


def _grid(rng: np.random.Generator) -> NDArray[np.float64]:
    step = int(rng.integers(14, 26))
    mask = np.zeros((HEIGHT, WIDTH))
    mask[int(rng.integers(step)) :: step] = 1
    mask[:, int(rng.integers(step)) :: step] = 1
    return mask


def _smear(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return broad, soft, slanted streaks, as of wiped chalk."""
    y, x = np.ogrid[0:HEIGHT, 0:WIDTH]
    wave = np.sin((x * rng.uniform(0.4, 1) + y) / rng.uniform(7, 16) + 2 * _clouds(5, rng))
    streaks: NDArray[np.float64] = np.clip(wave * 0.5 + 0.3 * _clouds(12, rng), 0, 1)
    return streaks


def _fibre(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return short level fibres, as in wrapping paper."""
    coarse = Image.fromarray(rng.normal(0, 1, (HEIGHT, WIDTH // 10)).astype(np.float32))
    return np.clip(np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC), dtype=np.float64), 0, 1)


def _bricks(rng: np.random.Generator) -> NDArray[np.float64]:
    height, width = int(rng.integers(24, 36)), int(rng.integers(50, 76))
    mask = np.zeros((HEIGHT, WIDTH))
    for course, top in enumerate(range(0, HEIGHT, height)):
        mask[top : top + 2] = 1
        mask[top : top + height, (course % 2) * width // 2 :: width] = 1
    return mask


_TEXTURES: dict[str, Callable[[np.random.Generator], NDArray[np.float64]]] = {
    "rules": _rules,
    "grid": _grid,
    "smear": _smear,
    "fibre": _fibre,
    "bricks": _bricks,
}


def _drawn(
    draw: Callable[[ImageDraw.ImageDraw, float, int, np.random.Generator], None],
    center: Point,
    size: float,
    rng: np.random.Generator,
) -> Image.Image:
    """Draw one shape with smooth edges; return its mask (0..255) on the whole frame."""
    side = int(size * 2)
    large = Image.new("L", (side * _SUPERSAMPLE, side * _SUPERSAMPLE))
    pen = max(1, round(size * rng.uniform(0.07, 0.16))) * _SUPERSAMPLE
    draw(ImageDraw.Draw(large), size * _SUPERSAMPLE, pen, rng)
    turned = large.rotate(rng.uniform(0, 360), Image.Resampling.BILINEAR)
    whole = Image.new("L", (WIDTH, HEIGHT))
    small = turned.resize((side, side), Image.Resampling.BOX)
    whole.paste(small, (round(center[0] - side / 2), round(center[1] - side / 2)))
    return whole


def _scaled(points: list[Point], size: float) -> list[Point]:
    """Map points of -0.5..0.5 to the middle of a canvas of twice ``size``."""
    return [(size + x * size, size + y * size) for x, y in points]


def _stroke(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    """Draw a wavy pen stroke."""
    along = np.linspace(-0.5, 0.5, 40)
    bend = rng.uniform(0.05, 0.25) * np.sin(along * rng.uniform(4, 14) + rng.uniform(0, 6))
    pen.line(_scaled(list(zip(along, bend, strict=True)), size), fill=255, width=width, joint="curve")


def _zigzag(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    count = int(rng.integers(4, 8))
    points = [(i / (count - 1) - 0.5, (0.22 if i % 2 else -0.22)) for i in range(count)]
    pen.line(_scaled(points, size), fill=255, width=width, joint="curve")


def _polygon(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    """Draw a triangle, square or pentagon, as an outline."""
    turns = np.linspace(0, 2 * np.pi, int(rng.integers(3, 6)) + 1)
    pen.line(_scaled([(0.45 * np.cos(t), 0.45 * np.sin(t)) for t in turns], size), fill=255, width=width, joint="curve")


def _blot(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    """Draw a filled blot with an uneven edge."""
    del width
    turns = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    reach = 0.3 + 0.08 * np.convolve(rng.normal(0, 1, 26), np.ones(3) / 3, "valid")
    pen.polygon(_scaled([(r * np.cos(t), r * np.sin(t)) for r, t in zip(reach, turns, strict=True)], size), fill=255)


def _cross(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    """Draw a plus, a star or a hash of straight strokes."""
    for turn in np.linspace(0, np.pi, int(rng.integers(2, 5)), endpoint=False):
        x, y = 0.42 * np.cos(turn), 0.42 * np.sin(turn)
        pen.line(_scaled([(-x, -y), (x, y)], size), fill=255, width=width)


def _arrow(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    head = float(rng.uniform(0.15, 0.28))
    pen.line(_scaled([(-0.5, 0), (0.5, 0)], size), fill=255, width=width)
    pen.line(_scaled([(0.5 - head, -head), (0.5, 0), (0.5 - head, head)], size), fill=255, width=width, joint="curve")


def _spiral(pen: ImageDraw.ImageDraw, size: float, width: int, rng: np.random.Generator) -> None:
    turns = np.linspace(0, rng.uniform(2.2, 3.4) * 2 * np.pi, 90)
    reach = 0.48 * turns / turns[-1]
    points = [(r * np.cos(t), r * np.sin(t)) for r, t in zip(reach, turns, strict=True)]
    pen.line(_scaled(points, size), fill=255, width=max(1, width // 2), joint="curve")


_SHAPES: tuple[Callable[[ImageDraw.ImageDraw, float, int, np.random.Generator], None], ...] = (
    _stroke,
    _stroke,
    _zigzag,
    _polygon,
    _blot,
    _cross,
    _arrow,
    _spiral,
)
