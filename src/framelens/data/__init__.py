"""Label and prediction files become validated columns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from framelens.data.dataset import Dataset, Detections, Frames, Objects, Source
from framelens.data.inspection import Inspection
from framelens.data.join import join
from framelens.data.tables import GroundTruth, Predictions

__all__ = [
    "Dataset",
    "Detections",
    "Frames",
    "GroundTruth",
    "Inspection",
    "Objects",
    "Predictions",
    "Source",
    "join",
    "read_both",
    "read_predictions",
    "read_truth",
]


def read_truth(source: Any, *, format: str | None = None, frames: Any = None, progress: bool = True) -> GroundTruth:  # noqa: A002
    """Read ground truth in any known format.

    Parameters
    ----------
    source : path, DataFrame or GroundTruth
    format : str, optional
        Name of the reader; recognised from the content where it is missing.
    frames : path, mapping or (int, int), optional
        The pictures' folder, a mapping of frame name to size or file, or one ``(width, height)`` for all frames.
        Formats that store fractions need it to speak of pixels.
    progress : bool
        Whether reads over a second show a progress bar.

    Returns
    -------
    GroundTruth

    Raises
    ------
    DataError
        The source is not recognised, or a record is wrong: the message names it.
    OptionError
        ``format`` is not known.
    """
    if isinstance(source, GroundTruth):
        return source
    from framelens.data.given import Given
    from framelens.data.registry import choose
    from framelens.data.sizes import FrameSizes

    given = Given.of(source, progress=progress)
    given.sizes = FrameSizes.of(frames)
    reader, _ = choose(given, "truth", format)
    found = reader.read(given)
    assert isinstance(found, GroundTruth)
    return found


def read_predictions(
    source: Any,
    *,
    format: str | None = None,  # noqa: A002
    truth: GroundTruth | None = None,
    progress: bool = True,
) -> Predictions:
    """Read predictions in any known format.

    Parameters
    ----------
    source : path, DataFrame or Predictions
    format : str, optional
        Name of the reader; recognised from the content where it is missing.
    truth : GroundTruth, optional
        Helps where a format is ambiguous without it.
    progress : bool
        Whether reads over a second show a progress bar.

    Returns
    -------
    Predictions
        Not yet joined: see :func:`join`.

    Raises
    ------
    DataError, OptionError
        As :func:`read_truth`.
    """
    if isinstance(source, Predictions):
        return source
    from framelens.data.given import Given
    from framelens.data.registry import choose

    given = Given.of(source, progress=progress)
    given.truth = truth
    reader, _ = choose(given, "predictions", format)
    found = reader.read(given)
    assert isinstance(found, Predictions)
    return found


def read_both(
    truth: Any,
    predictions: Any,
    *,
    formats: tuple[str | None, str | None] = (None, None),
    frames: Any = None,
    progress: bool = True,
) -> tuple[GroundTruth, Predictions | None]:
    """Read ground truth and, beside it, predictions that can be understood without it: JSON files.

    Parameters
    ----------
    truth, predictions : path, DataFrame or object
        As in :func:`read_truth` and :func:`read_predictions`.
    formats : (str or None, str or None)
        Names of the readers of both.
    frames : path, mapping or (int, int), optional
    progress : bool

    Returns
    -------
    GroundTruth, Predictions or None
        None where the predictions must wait for the ground truth: nothing was read then.

    Raises
    ------
    DataError, OptionError
        As :func:`read_truth`, and only then as :func:`read_predictions`.
    """
    from concurrent.futures import ThreadPoolExecutor

    options = {"format": formats[0], "frames": frames, "progress": progress}
    if not isinstance(predictions, (str, os.PathLike)) or Path(predictions).suffix.lower() != ".json":
        return read_truth(truth, **options), None
    with ThreadPoolExecutor(max_workers=1) as beside:
        ahead = beside.submit(read_predictions, predictions, format=formats[1], progress=progress)
        found = read_truth(truth, **options)
        return found, ahead.result()
