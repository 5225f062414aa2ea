"""What a source is and holds, before anything is evaluated."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsorted

from framelens.data.doubts import name_doubts
from framelens.data.frame_names import PICTURE_SUFFIXES
from framelens.data.places import is_video
from framelens.data.registry import choose, nothing_fits, readers
from framelens.data.sizes import FrameSizes, header_size
from framelens.data.tables import GroundTruth, Predictions
from framelens.errors import DataError, ReadLog, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from framelens.data.given import Given
    from framelens.errors import Skip

__all__ = ["Inspection", "evidence_of", "inspect_source", "label_formats"]

SCHEMA = 1
#: What is larger is described all the same; nothing is decoded.
_MAX_PIXELS = 2**62
#: COCO's size ranges, square pixels.
_SMALL, _LARGE = 32.0**2, 96.0**2
_SHOWN = 12
_KINDS = {
    "truth": "ground truth",
    "predictions": "predictions",
    "frames": "frames",
    "picture": "picture",
    "video": "video",
    "run": "training run",
}


@dataclass(frozen=True, slots=True, eq=False)
class Inspection:
    """What was found.

    Attributes
    ----------
    kind : {"truth", "predictions", "frames", "picture", "video", "run"}
    name : str
        Base name of the source.
    format, reason : str
        Name of the reader (of a picture: of its own format, such as ``jpeg``), and how the source was recognised.
    frames : int or None
        Number of frames; None where a file of predictions cannot tell, and for a run.
    objects : int
        Objects, or detections in a file of predictions; 0 for frames, pictures, videos and runs.
    classes : tuple of (str, int)
        Name (a class id where predictions give no name) and number of boxes.
    box_unit : {"pixel", "relative"} or None
    box_sizes : mapping of str to float or None
        ``smallest, median, largest`` side lengths (the root of the area, in box units) and, for pixels,
        the shares ``small, medium, large`` of COCO's size ranges. Empty where there is no box.
    scores : (float, float) or None
        Lowest and highest confidence.
    skipped, warnings : tuple
    run : dict or None
        Of a training run: ``framework, task, epochs, best_epoch, planned_epochs, series[]``.
    """

    kind: str
    name: str
    format: str
    reason: str
    frames: int | None
    objects: int
    classes: tuple[tuple[str, int], ...] = ()
    box_unit: str | None = None
    box_sizes: dict[str, float] | None = None
    scores: tuple[float, float] | None = None
    skipped: tuple[Skip, ...] = ()
    warnings: tuple[str, ...] = ()
    run: dict[str, Any] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for JSON, with the number of the schema."""
        return {
            "schema": SCHEMA,
            "kind": self.kind,
            "name": self.name,
            "format": self.format,
            "recognised": self.reason,
            "frames": self.frames,
            "objects": self.objects,
            "classes": [{"name": name, "count": count} for name, count in self.classes],
            "box_unit": self.box_unit,
            "box_sizes": self.box_sizes or None,
            "scores": list(self.scores) if self.scores else None,
            "run": self.run,
            "skipped": [skip.as_dict() for skip in self.skipped],
            "warnings": list(self.warnings),
        }

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:  # noqa: ARG002, FBT001 - IPython's protocol
        printer.text(str(self))

    def _lines(self) -> Iterable[str]:
        yield f"{one_line(self.name, 80)}: {_KINDS[self.kind]}, format {self.format} ({one_line(self.reason)})"
        yield f"  {self._size()}"
        if self.run:
            series = [one_line(name, 60) for name in self.run["series"]]
            yield f"  series: {', '.join(series[:_SHOWN])}{' ...' if len(series) > _SHOWN else ''}"
        for name, count in self.classes[:_SHOWN]:
            yield f"    {count:>8}  {one_line(name, 60)}"
        if len(self.classes) > _SHOWN:
            yield f"    and {len(self.classes) - _SHOWN} more classes"
        if self.box_sizes:
            sizes = {key: f"{value:.0%}" if key in {"small", "medium", "large"} else f"{value:.4g}"
                     for key, value in self.box_sizes.items()}  # fmt: skip
            yield f"  box sides ({self.box_unit}): " + ", ".join(f"{key} {value}" for key, value in sizes.items())
        if self.scores:
            yield f"  scores {self.scores[0]:.4g} to {self.scores[1]:.4g}"
        for skip in self.skipped:
            yield f"  left out: {skip.count} x {skip.reason} ({skip.file}: {skip.where})"
        for warning in self.warnings:
            yield f"  note: {warning}"

    def _size(self) -> str:
        if self.run:
            best = "" if self.run["best_epoch"] is None else f", the best is epoch {self.run['best_epoch']}"
            planned = "" if self.run["planned_epochs"] is None else f" of {self.run['planned_epochs']}"
            return f"{self.run['epochs']}{planned} epochs, task {self.run['task']}{best}"
        frames = "frames unknown" if self.frames is None else f"{self.frames} frame{'s' * (self.frames != 1)}"
        if self.kind in {"frames", "picture", "video"}:
            return frames
        boxes = "detections" if self.kind == "predictions" else "objects"
        return f"{frames}, {self.objects} {boxes}, {len(self.classes)} classes"


def inspect_source(given: Given, frames: Any = None, *, format: str | None = None) -> Inspection:  # noqa: A002
    """Recognise and read a source of any kind.

    Parameters
    ----------
    given : Given
    frames : path, mapping or (int, int), optional
        As in :func:`framelens.data.read_truth`.
    format : str, optional
        Name of the reader.

    Raises
    ------
    DataError
        The source is none of these, or a record is wrong: the message names it.
    """
    kind = _kind(given, format)
    if kind == "frames":
        return _frames(given)
    if kind == "picture":
        return _picture(given)
    if kind == "video":
        return _video(given)
    reader, reason = choose(given, kind, format)  # type: ignore[arg-type]
    if kind == "truth":
        given.sizes = FrameSizes.of(frames)
    found = reader.read(given)
    return (
        _of_truth(found, reader.name, reason)
        if isinstance(found, GroundTruth)
        else _of_predictions(found, reader.name, reason)
    )


def _kind(given: Given, name: str | None) -> str:
    """Decide what a source is: the strongest evidence wins, a confidence in the lines breaks a tie."""
    if name is not None:
        kinds = [reader.kind for reader in readers() if reader.name == name]
        if len(set(kinds)) == 1:
            return kinds[0]
    if given.is_file and is_video(given.name):
        return "video"
    best = _strongest(given, name)
    if best:
        return "predictions" if best.get("predictions", 0) >= best.get("truth", 0) else "truth"
    if given.is_folder and _has_pictures(given):
        return "frames"
    if given.is_file and given.suffix in PICTURE_SUFFIXES:
        return "picture"
    if name is None:
        raise nothing_fits(given)
    return "truth"


def _strongest(given: Given, name: str | None = None) -> dict[str, int]:
    """Return the strongest evidence of each kind."""
    best: dict[str, int] = {}
    for reader in readers():
        if name in {None, reader.name} and (evidence := reader.recognise(given)) is not None:
            best[reader.kind] = max(best.get(reader.kind, 0), evidence.strength)
    return best


def evidence_of(path: Path) -> int:
    """Return how sure it is that a path holds labels or predictions: 0 for not at all, else as :class:`Evidence`."""
    from framelens.data.given import Given

    given = Given(path, path, progress=False)
    return 0 if given.is_file and is_video(given.name) else max(_strongest(given).values(), default=0)


def _has_pictures(given: Given) -> bool:
    """Whether the folder holds pictures."""
    return bool(given.files(*PICTURE_SUFFIXES))


def _frames(given: Given) -> Inspection:
    """Describe a folder of pictures: names, gaps in their numbers, headers that cannot be read."""
    from framelens.data.pictures import frame_names
    from framelens.data.progress import progress

    assert given.path is not None
    names, warnings = frame_names(given.path)
    notes = ReadLog()
    sizes: dict[tuple[int, int], int] = {}
    for name in progress(names, "pictures", shown=given.progress):
        size = header_size(given.path / name)
        if size is None:
            notes.skip(name, "header", "no readable picture")
        else:
            sizes[size] = sizes.get(size, 0) + 1
    common = sorted(sizes.items(), key=lambda item: -item[1])
    listed = ", ".join(f"{count} of {width}x{height}" for (width, height), count in common[:5])
    reason = f"a folder of pictures: {listed or 'none readable'}"
    return Inspection("frames", given.name, "frames", reason, len(names), 0, skipped=notes.skips, warnings=warnings)


def _picture(given: Given) -> Inspection:
    """Describe one picture from its header: format, size, colours, turn."""
    from framelens.data._pictures_decode import NoPictureError, opened, read_header

    assert given.path is not None
    notes = ReadLog()
    try:
        with opened(given.path, _MAX_PIXELS) as image:
            header, mode, pages = read_header(image), image.mode, getattr(image, "n_frames", 1)
            form = (image.format or "picture").lower()
    except NoPictureError as error:
        raise DataError(str(error), file=given.name) from error
    width, height = header.size(turned=True)
    turned = f", turned by EXIF orientation {header.orientation}" if header.orientation != 1 else ""
    if pages != 1:
        notes.warn(f"only the first of its {pages} pictures is shown")
    reason = f"a picture of {width}x{height}, mode {mode}{turned}"
    return Inspection("picture", given.name, form, reason, 1, 0, warnings=notes.warnings)


def _video(given: Given) -> Inspection:
    """Describe a video: number, size and length of its frames."""
    from framelens.data._pictures_decode import NoPictureError
    from framelens.data._video_source import Videos

    assert given.path is not None
    file = Videos.at(given.path).file(given.path.name)
    try:
        line, (width, height) = file.timeline(), file.frame(0).size
    except NoPictureError as error:
        raise DataError(str(error), file=given.name) from error
    finally:
        file.release()
    count = len(line.stamps)
    reason = f"a video of {width}x{height}, {line.time(count - 1):.4g} seconds from its first frame to its last"
    return Inspection("video", given.name, "video", reason, count, 0)


def _of_truth(truth: GroundTruth, name: str, reason: str) -> Inspection:
    """Describe ground truth."""
    notes = ReadLog()
    name_doubts(truth, notes)
    counts = np.bincount(truth.objects.category, minlength=len(truth.classes))
    empty = int((np.bincount(truth.objects.frame, minlength=len(truth.frames)) == 0).sum())
    if empty:
        notes.warn(f"{truth.source.name}: {empty} of {len(truth.frames)} frames hold no object")
    return Inspection(
        "truth", truth.source.name, name, reason, len(truth.frames), len(truth.objects),
        tuple(zip(truth.classes, counts.tolist(), strict=True)), truth.box_unit,
        _sizes(truth.objects.box, truth.box_unit),
        skipped=truth.skipped, warnings=(*truth.warnings, *notes.warnings),
    )  # fmt: skip


def _of_predictions(found: Predictions, name: str, reason: str) -> Inspection:
    """Describe predictions: classes by the key that the file gives."""
    counts = Counter(str(key) for key in found.category.tolist())
    keys = natsorted(counts)
    frames = len(found.frames_read) if found.frames_read is not None else None
    notes = ReadLog()
    if found.category_key == "id" and len(keys):
        notes.warn(f"{found.source.name}: classes are given by number; the ground truth has their names")
    scores = (float(found.score.min()), float(found.score.max())) if len(found) else None
    return Inspection(
        "predictions", found.source.name, name, reason, frames, len(found),
        tuple((key, counts[key]) for key in keys), found.box_unit,
        _sizes(found.box, found.box_unit),
        scores, skipped=found.skipped, warnings=(*found.warnings, *notes.warnings),
    )  # fmt: skip


def _sizes(box: NDArray[np.float64], unit: str) -> dict[str, float]:
    """Return side lengths and the shares of COCO's size ranges."""
    if not len(box):
        return {}
    area = box[:, 2] * box[:, 3]
    side = np.sqrt(area)
    found = {"smallest": float(side.min()), "median": float(np.median(side)), "largest": float(side.max())}
    if unit == "pixel":
        small, large = float((area < _SMALL).mean()), float((area >= _LARGE).mean())
        found |= {"small": small, "medium": 1 - small - large, "large": large}
    return found


def label_formats() -> tuple[tuple[str, str, str], ...]:
    """List every format of labels and predictions: name, kind (``truth`` or ``predictions``) and one example.

    Returns
    -------
    tuple of (str, str, str)
        Sorted by kind and name.

    Examples
    --------
    >>> [name for name, kind, example in label_formats() if kind == "predictions" and name.startswith("yolo")]
    ['yolo-txt']
    """
    return tuple(
        sorted(((reader.name, reader.kind, reader.example) for reader in readers()), key=lambda row: (row[1], row[0]))
    )
