"""The command line: ``framelens demo``, ``evaluate``, ``run``, ``inspect``, ``formats``.

Exit codes: 0 done; 2 bad input or options, said in one line; 1 anything else, also in one line
(``FRAMELENS_DEBUG=1`` shows the traceback); 130 interrupted.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from framelens import __version__
from framelens.errors import FramelensError, MissingExtraError, OptionError, nearest, one_line
from framelens.option_names import in_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main"]


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line instead of printing the usage first."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what the command itself does not know, so that its own options are the ones to be named."""
        known, rest = super().parse_known_args(args, namespace)
        if rest:
            self.error(self._unknown(rest))
        return known, rest

    def _unknown(self, rest: Sequence[str]) -> str:
        word = next((one.split("=")[0] for one in rest if one.startswith("-")), None)
        if word is None:
            return f"too many arguments: {one_line(' '.join(rest), 60)}"
        options = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        return f"{one_line(word, 40)} is no option; {nearest(word, options)}"

    def error(self, message: str) -> NoReturn:
        choice = re.fullmatch(r"argument (\S+): invalid choice: '(.*)' \(choose from (.*)\)", message)
        if choice is not None:
            what, word, allowed = choice.groups()
            known = [name.strip("'") for name in allowed.split(", ")]
            message = f"{what} {one_line(word, 40)!r} is not known; {nearest(word, known)}"
        raise OptionError(f"{message}; see: {self.prog} --help")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # names that its encoding lacks stop nothing
    try:
        options = _parser().parse_args(argv)
        command = options.command
        with _plain_warnings():
            command(options)
        sys.stdout.flush()  # a reader that went away is met here and not at the end of the interpreter
    except BrokenPipeError:
        return _unheard()
    except (FramelensError, OSError) as error:
        return _fail(f"framelens: {_words(in_options(error))}", 2)
    except KeyboardInterrupt:
        return _fail("framelens: interrupted", 130)
    except Exception as error:
        if os.environ.get("FRAMELENS_DEBUG"):
            raise
        return _fail(f"framelens: internal error ({type(error).__name__}): {_words(error)}", 1)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="framelens", description="See what your object detector gets wrong.")
    parser.add_argument("--version", action="version", version=f"framelens {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    _add_evaluate(commands)
    _add_run(commands)
    _add_inspect(commands)
    _add_formats(commands)
    _add_report(commands)
    _add_strip(commands)
    _add_demo(commands)
    return parser


def _add_evaluate(commands: Any) -> None:
    from framelens.metrics.rule_sets import RULES

    add = commands.add_parser(
        "evaluate", help="compare predictions with ground truth", description="Compare predictions with ground truth."
    )
    add.add_argument("truth", metavar="TRUTH", help="COCO JSON, YOLO data.yaml or label folder ...")
    add.add_argument("predictions", metavar="PREDICTIONS", help="COCO results JSON, folder of YOLO txt files ...")
    add.add_argument("--frames", metavar="DIR", help="folder of the frames")
    add.add_argument("--run", metavar="DIR", help="training run folder or log file")
    add.add_argument("--rules", choices=RULES, default="coco", help="rule set of the average precision")
    add.add_argument("--confidence", type=float, metavar="C", help="default: the best mean F1")
    add.add_argument("--iou", type=float, metavar="T", help="default: 0.5; with --rules ultralytics 0.45")
    add.add_argument("--truth-format", metavar="NAME", help="where the guess is wrong")
    add.add_argument("--predictions-format", metavar="NAME", help="where the guess is wrong")
    add.add_argument("--memory", metavar="SIZE", help="read tables in batches and take at most SIZE, such as 2GB")
    add.add_argument("--engine", metavar="NAME", help="dask: match on several processes or machines")
    add.add_argument("--scheduler", metavar="ADDRESS", help="of the Dask cluster; default: processes on this machine")
    add.add_argument("--resume", metavar="DIR", help="folder for half-done work; default: the user's cache folder")
    add.add_argument("--json", metavar="FILE", help="write the numbers as JSON; - for standard output")
    add.add_argument("--html", metavar="FILE", help="write the interactive report, one offline HTML file")
    add.set_defaults(command=_evaluate)


def _add_run(commands: Any) -> None:
    add = commands.add_parser("run", help="read a training run", description="Read a training run.")
    add.add_argument("run", metavar="RUN_DIR", help="run folder or log file")
    add.add_argument("--format", metavar="NAME", help="where the guess is wrong")
    add.add_argument("--json", metavar="FILE", help="write the history as JSON; - for standard output")
    add.set_defaults(command=_run)


def _add_inspect(commands: Any) -> None:
    add = commands.add_parser(
        "inspect",
        help="say what a file or folder is and holds",
        description="Say what labels, predictions, frames, a picture, a video or a training run are and hold.",
    )
    add.add_argument("path", metavar="PATH", help="label file or folder, predictions, frames, video, run")
    add.add_argument("--frames", metavar="DIR", help="folder of the frames")
    add.add_argument("--format", metavar="NAME", help="where the guess is wrong; see: framelens formats")
    add.add_argument("--json", metavar="FILE", help="write what was found as JSON; - for standard output")
    add.set_defaults(command=_inspect)


def _add_formats(commands: Any) -> None:
    add = commands.add_parser("formats", help="list the formats that are read, with an example each")
    add.set_defaults(command=_formats)


def _add_report(commands: Any) -> None:
    add = commands.add_parser(
        "report",
        help="write a notebook as one offline HTML page",
        description="Write a notebook as one HTML page in which framelens views and other saved widgets live on "
        "with no kernel, no package and no network.",
    )
    add.add_argument("notebook", metavar="NOTEBOOK", help="a Jupyter notebook")
    add.add_argument("-o", "--out", metavar="FILE", help="default: beside the notebook, ending .html")
    add.add_argument("--execute", action="store_true", help="run the notebook first; the file itself stays as it is")
    add.set_defaults(command=_report)


def _add_strip(commands: Any) -> None:
    add = commands.add_parser(
        "strip",
        help="remove dead widget state from a notebook",
        description="Remove saved widget state from a notebook; cells and outputs stay as they are.",
    )
    add.add_argument("notebook", metavar="NOTEBOOK", help="a Jupyter notebook, changed in place")
    add.set_defaults(command=_strip)


def _add_demo(commands: Any) -> None:
    add = commands.add_parser(
        "demo",
        help="train a small digit detector and evaluate it",
        description="Train a small digit detector on frames that are made on the spot, evaluate it, "
        "and write a notebook and an HTML report. Needs no download.",
    )
    add.add_argument("folder", nargs="?", default="framelens-demo", metavar="DIR", help="default: framelens-demo")
    add.add_argument("--seed", type=int, default=0, help="default: 0")
    add.add_argument("--epochs", type=int, default=30, metavar="N", help="of training; default: 30")
    add.add_argument("--frames", type=int, default=400, metavar="N", help="to train on; default: 400")
    add.set_defaults(command=_demo)


def _evaluate(options: argparse.Namespace) -> None:
    from framelens.evaluation import evaluate

    _check_outputs(options, options.truth, options.predictions, options.run)
    if options.html and any((options.memory, options.engine, options.scheduler, options.resume)):
        from framelens.scale.outline import no_boxes

        no_boxes("--html")
    evaluation = evaluate(
        options.truth,
        options.predictions,
        frames=options.frames,
        run=options.run,
        rules=options.rules,
        confidence=options.confidence,
        iou=options.iou,
        truth_format=options.truth_format,
        predictions_format=options.predictions_format,
        memory=options.memory,
        engine=options.engine,
        client=options.scheduler,
        resume=options.resume,
    )
    if options.html:
        written = evaluation.report(options.html)
        _say(f"wrote {written}")
    if options.json:
        _write_json(evaluation.as_dict(), options.json)
    if options.json != "-":
        print(repr(evaluation))


def _run(options: argparse.Namespace) -> None:
    from framelens.diagnosis import check, present_lines
    from framelens.training import read_run, run_summary
    from framelens.training.signals import find_signals

    _check_outputs(options, options.run)
    history = read_run(options.run, format=options.format)
    findings = check(history=history)
    if options.json:
        signals = [signal.as_dict() for signal in find_signals(history)]
        checklist = [finding.as_dict() for finding in findings]
        _write_json(run_summary(history, signals=signals, checklist=checklist), options.json)
    if options.json != "-":
        print("\n".join([one_line(history, 2000), *present_lines(findings)]))


def _inspect(options: argparse.Namespace) -> None:
    from framelens.inspecting import inspect

    _check_outputs(options, options.path)
    found = inspect(options.path, options.frames, format=options.format)
    if options.json:
        _write_json(found.as_dict(), options.json)
    if options.json != "-":
        print(found)


def _formats(_options: argparse.Namespace) -> None:
    from framelens.inspecting import formats

    for name, kind, example in formats():
        print(f"{name:16} {kind:12} {example}")


def _report(options: argparse.Namespace) -> None:
    try:
        from framelens.report.notebook import write_notebook_report
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name or "nbconvert"), "export") from error
    _say(f"wrote {write_notebook_report(options.notebook, options.out, execute=options.execute)}")


def _strip(options: argparse.Namespace) -> None:
    from framelens.report.state import strip_widget_state

    _say(f"{strip_widget_state(options.notebook)} widget models removed")


def _demo(options: argparse.Namespace) -> None:
    from framelens.demo import run_demo

    run_demo(options.folder, seed=options.seed, epochs=options.epochs, train_frames=options.frames)


def _write_json(value: dict[str, Any], target: str) -> None:
    escaped = target == "-" and "utf" not in (sys.stdout.encoding or "utf").lower()
    text = json.dumps(value, ensure_ascii=escaped, allow_nan=False, indent=1) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    from framelens.data.writing import utf8, write_file

    _say(f"wrote {write_file(Path(target), utf8(text))}")


def _check_outputs(options: argparse.Namespace, *inputs: str | None) -> None:
    """Refuse, before any work is done, to write where nothing can be written or over what is read."""
    read = {_place(path) for path in inputs if path is not None}
    targets = {"--html": getattr(options, "html", None), "--json": options.json if options.json != "-" else None}
    for option, target in targets.items():
        if not target:
            continue
        if target == "-":
            raise OptionError(f"{option} takes a file; only --json writes to standard output")
        path = Path(target)
        if _place(target) in read:
            raise OptionError(f"{option} {one_line(path.name)} would replace the file that is read; give another name")
        if path.is_dir():
            raise OptionError(f"cannot write {one_line(path.name)}: it is a folder; {option} takes a file")
        if not path.parent.is_dir():
            raise OptionError(f"cannot write {one_line(path.name)}: no such folder: {one_line(path.parent.name)}")
        read.add(_place(target))


def _place(path: str) -> str:
    return os.path.normcase(os.path.realpath(path))


def _say(text: str) -> None:
    """Tell what happened without disturbing what stands on standard output."""
    print(text, file=sys.stderr)


@contextmanager
def _plain_warnings() -> Iterator[None]:
    """Say in one line, without a place in our code, what is wrong with the readers of another package."""
    from framelens.data.discovery import PluginWarning

    with warnings.catch_warnings():
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, PluginWarning):
                _say(f"framelens: {message}")
            else:
                usual(message, category, *place, **more)

        warnings.showwarning = show
        yield


def _words(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror and error.filename:
        return one_line(f"{Path(str(error.filename)).name}: {error.strerror.lower()}")
    return one_line(error, 1000) or type(error).__name__


def _fail(text: str, code: int) -> int:
    sys.stderr.write(text + "\n")
    return code


def _unheard() -> int:
    """End quietly where whoever read the output has gone (``framelens formats | head``)."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


if __name__ == "__main__":
    sys.exit(main())
