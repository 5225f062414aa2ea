"""From what a caller gives to an evaluation in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from framelens.arguments import noted, read_histories, stated_epoch, title_of
from framelens.by_epoch import EpochName, SavedEpochs, choose_epoch
from framelens.errors import OptionError, ReadLog, one_line

if TYPE_CHECKING:
    import pandas as pd

    from framelens.data.dataset import Dataset
    from framelens.evaluation import Evaluation

__all__ = ["evaluate_whole"]


def evaluate_whole(
    truth: Any,
    predictions: Any,
    checked: dict[str, Any],
    *,
    frames: Any,
    run: Any,
    formats: tuple[str | None, str | None],
    title: str | None,
    epoch: EpochName | None,
    metadata: pd.DataFrame | None,
    progress: bool,
) -> Evaluation:
    """Read everything; see :func:`framelens.evaluate`.

    Parameters
    ----------
    truth, predictions, frames, run, title, epoch, metadata, progress
        As there.
    checked : dict
        Fields of the evaluation: ``rules, confidence, iou``.
    formats : (str or None, str or None)
        Of truth and predictions.

    Returns
    -------
    Evaluation
    """
    from framelens.data import join, read_both, read_predictions
    from framelens.data.epoch_sources import find_sources
    from framelens.data.given_pictures import open_pictures
    from framelens.data.metadata import read_metadata
    from framelens.evaluation import Evaluation

    sources = find_sources(predictions)
    alone = predictions if sources is None else None
    read, ahead = read_both(truth, alone, formats=formats, frames=frames, progress=progress)
    history, *others = read_histories(run)

    def load(source: Any) -> Dataset:
        return join(read, read_predictions(source, format=formats[1], truth=read, progress=progress))

    def make(epoch: int | None, dataset: Dataset) -> Evaluation:
        return Evaluation(
            **checked | {"dataset": noted(dataset, notes)},
            history=history,
            pictures=pictures,
            title=one_line(title) if title is not None else title_of(dataset),
            epoch=epoch,
            saved=saved,
            other_runs=tuple(one for one in others if one is not None),
            metadata=known,
        )

    pictures, notes = open_pictures(frames, read.frames), ReadLog()
    known = None if metadata is None else read_metadata(metadata, read.frames, notes)
    saved = None if sources is None else SavedEpochs(sources, load)
    if saved is None:
        return make(stated_epoch(epoch, history), load(predictions) if ahead is None else join(read, ahead))
    if history is None:
        history = saved.history(make, one_line(title or "predictions by epoch"))
    shown = choose_epoch("best" if epoch is None else epoch, saved.numbers, history)
    if shown not in saved.numbers:
        raise OptionError(f"there are no predictions of epoch {shown}; they begin at epoch {saved.numbers[0]}")
    return make(shown, saved.dataset(shown))
