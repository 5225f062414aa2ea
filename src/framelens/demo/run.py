"""The demo from end to end: frames, training, evaluation, notebook, report."""

from __future__ import annotations

import importlib.util
import shlex
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from framelens.demo.files import NOTEBOOK, REPORT, DemoFolder
from framelens.errors import MissingExtraError, OptionError, one_line

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from framelens.evaluation import Evaluation

__all__ = ["DemoResult", "run_demo"]

_NEEDED = {"sklearn": "scikit-learn"}
_NEEDED_FOR_NOTEBOOK = {"nbformat": "nbformat", "nbclient": "nbclient", "ipykernel": "ipykernel"}
_MOST_FRAMES = 9_999
_FEWEST_TO_LEARN = 20  # fewer may hold less than a batch of samples
_MOST_EPOCHS = 999


@dataclass(frozen=True, slots=True, eq=False)
class DemoResult:
    """What the demo made and where it is.

    Attributes
    ----------
    folder, truth, predictions, frames, run : Path
        The folder and, in it, the annotations, the best epoch's detections, the validation frames
        and the training run.
    notebook, report : Path or None
        The executed notebook and the HTML page, None where they were not asked for.
    evaluation : Evaluation
        The best epoch, evaluated from these files.
    seconds : float
        Wall time of the whole demo.
    """

    folder: Path
    truth: Path
    predictions: Path
    frames: Path
    run: Path
    notebook: Path | None
    report: Path | None
    evaluation: Evaluation
    seconds: float

    @property
    def next_steps(self) -> tuple[str, ...]:
        """The next commands to try, ready to paste."""
        steps = []
        if self.notebook is not None:
            steps.append(f"jupyter lab {shlex.quote(str(self.notebook))}")
        if self.report is not None:
            opener = {"darwin": "open", "win32": "start"}.get(sys.platform, "xdg-open")
            steps.append(f"{opener} {shlex.quote(str(self.report))}")
        steps.append("framelens evaluate TRUTH PREDICTIONS --frames DIR --run RUN_DIR --html report.html")
        return tuple(steps)


def run_demo(
    folder: str | os.PathLike[str] = "framelens-demo",
    *,
    seed: int = 0,
    epochs: int = 30,
    train_frames: int = 400,
    validation_frames: int = 120,
    notebook: bool = True,
    html: bool = True,
    progress: bool = True,
) -> DemoResult:
    """Train a small digit detector on frames made on the spot, and evaluate it with framelens.

    The digits are the 1,797 handwritten ones that scikit-learn ships; the frames are validated on
    digits that were not trained on. Losses, metrics and detections of each epoch are written as
    ordinary files, and everything after that is what framelens does with anybody's files. The same
    seed gives the same numbers on every run.

    Parameters
    ----------
    folder : path
        Where to write: a new or empty folder, or one of an earlier demo, whose files are replaced.
    seed : int, 0 or more
        Seed of frames and training.
    epochs : int, 1..999
        Times that the detector sees the training frames.
    train_frames : int, 20..9999
        How many frames of 320x240 pixels to train on.
    validation_frames : int, 1..9999
        How many to evaluate on.
    notebook, html : bool
        Write and run the notebook; write the HTML page.
    progress : bool
        Show progress bars on stderr and say at the end what to try next.

    Returns
    -------
    DemoResult

    Raises
    ------
    MissingExtraError
        If scikit-learn, nbformat, nbclient or ipykernel is not installed.
    OptionError
        If an argument is out of range or the folder holds other files.

    Examples
    --------
    >>> run_demo("framelens-demo").notebook  # doctest: +SKIP
    PosixPath('framelens-demo/framelens-demo.ipynb')
    """
    began = time.monotonic()
    _check_options(seed=seed, epochs=epochs, train_frames=train_frames, validation_frames=validation_frames)
    _check_packages(_NEEDED | (_NEEDED_FOR_NOTEBOOK if notebook else {}))
    from framelens.demo.experiment import PREDICTIONS, TRUTH, Plan, carry_out

    with DemoFolder(folder) as files:
        carry_out(files, Plan(seed, epochs, train_frames, validation_frames, progress))
        evaluation = _evaluate(files.path)
        written = _write_notebook(files, evaluation, shown=progress) if notebook else None
        report = None
        if html:
            evaluation.report(files.path / REPORT)
            report = files.adopt(REPORT)
    result = DemoResult(
        folder=files.path,
        truth=files.path / TRUTH,
        predictions=files.path / PREDICTIONS,
        frames=files.path / "frames" / "val",
        run=files.path / "run",
        notebook=written,
        report=report,
        evaluation=evaluation,
        seconds=time.monotonic() - began,
    )
    if progress:
        _tell(result, files.kept)
    return result


def _check_options(**options: int) -> None:
    limits = {"seed": (0, 2**32 - 1), "epochs": (1, _MOST_EPOCHS), "train_frames": (_FEWEST_TO_LEARN, _MOST_FRAMES)}
    for name, value in options.items():
        low, high = limits.get(name, (1, _MOST_FRAMES))
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            problem = f"{name} must be a whole number from {low} to {high}, not {one_line(repr(value), 40)}"
            raise OptionError(problem)


def _check_packages(needed: dict[str, str]) -> None:
    for module, package in needed.items():
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(package, "demo")


def _evaluate(folder: Path) -> Evaluation:
    """Evaluate the files of the demo like any others."""
    from framelens.demo.experiment import PREDICTIONS, TRUTH
    from framelens.evaluation import evaluate

    return evaluate(
        folder / TRUTH,
        folder / PREDICTIONS,
        frames=folder / "frames" / "val",
        run=folder / "run",
        epoch="best",
        title="Handwritten digits",
        progress=False,
    )


def _write_notebook(files: DemoFolder, evaluation: Evaluation, *, shown: bool) -> Path:
    """Run the notebook in the folder, then store it with what it showed."""
    from framelens.demo.experiment import bar
    from framelens.demo.notebook import build, execute, to_bytes

    notebook = build(evaluation)
    with bar(notebook.cells, "notebook cells", len(notebook.cells), shown=shown) as steps:
        execute(notebook, files.path, on_cell=steps.update)
    return files.write(NOTEBOOK, to_bytes(notebook))


def _tell(result: DemoResult, kept: str | None) -> None:
    """Say what came out and what to try next."""
    history = result.evaluation.history
    best = "" if history is None else f", epoch {history.best_epoch} of {len(history)}"
    lines = [
        repr(result.evaluation),
        "",
        f"The demo took {result.seconds:.0f} s{best}. Try next:",
        *(f"  {step}" for step in result.next_steps),
    ]
    if kept is not None:
        lines.insert(1, f"Your changed notebook was kept as {kept}.")
    sys.stdout.write("\n".join(lines) + "\n")
