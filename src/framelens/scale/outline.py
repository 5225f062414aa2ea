"""A dataset of which only the names and the counts are kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from framelens.errors import OptionError

if TYPE_CHECKING:
    from framelens.data.dataset import Federated, Source
    from framelens.errors import Skip

__all__ = ["Counted", "Outline", "no_boxes"]


def no_boxes(what: str) -> NoReturn:
    """Say why an evaluation without boxes cannot give something, and what can."""
    raise OptionError(
        f"{what} needs every box in memory and this evaluation keeps none; "
        "use .zoom(actual, predicted) for the frames behind a cell, or evaluate without memory= and engine="
    )


class Counted:
    """Rows that were counted and not kept."""

    __slots__ = ("_count", "_what")

    def __init__(self, count: int, what: str) -> None:
        self._count, self._what = count, what

    def __len__(self) -> int:
        return self._count

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        no_boxes(f"the column {name} of {self._what}")

    def __reduce__(self) -> tuple[type[Counted], tuple[int, str]]:
        return Counted, (self._count, self._what)


@dataclass(frozen=True, slots=True, eq=False)
class Outline:
    """What :class:`~framelens.data.dataset.Dataset` says about itself, without its rows."""

    frames: Counted
    classes: tuple[str, ...]
    class_ids: tuple[int | str, ...]
    objects: Counted
    detections: Counted
    box_unit: str = "pixel"
    sources: tuple[Source, ...] = ()
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = ()
    federated: Federated | None = None
