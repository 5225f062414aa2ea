"""Run every installed evaluator on generated files, in turn, and write the table.

python -m benchmarks                      # COCO val size, 5 rounds, prints the table
python -m benchmarks --sizes coco-val objects365 --rounds 7 --write
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.generate import SIZES, write
from benchmarks.worker import EVALUATORS, TASKS

HERE = Path(__file__).resolve().parent
MARK = "<!-- table -->"
SAME = 1e-9
# These take minutes a round at larger sizes and tell nothing new there.
SLOW = {"pycocotools": 500_000, "faster-coco-eval": 500_000}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=["coco-val"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=EVALUATORS, default=list(EVALUATORS))
    parser.add_argument("--folder", type=Path, default=HERE / "data", help="where the generated files are kept")
    parser.add_argument("--reading", action="store_true", help="also time detections to columns beside DuckDB")
    parser.add_argument("--numbers", action="store_true", help="time the 12 numbers only")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/README.md")
    options = parser.parse_args()
    tables = []
    for size in options.sizes:
        for task, evaluators in TASKS.items():
            reading = "duckdb" in evaluators
            if options.reading if reading else not options.numbers or evaluators is EVALUATORS:
                names = [name for name in evaluators if reading or name in options.only]
                runs = _measure(size, options.folder / size, task, names, options.rounds)
                tables.append(_table(size, runs, options.rounds, task))
    text = "\n\n".join(tables)
    print(text)
    if options.write:
        readme = HERE / "README.md"
        before, _, _ = readme.read_text().partition(MARK)
        readme.write_text(f"{before}{MARK}\n\n{_machine()}\n\n{text}\n")
        subprocess.run([sys.executable, HERE.parent / "tools" / "pages.py"], check=True)  # the README shows some of it


def _measure(size: str, folder: Path, task: str, names: list[str], rounds: int) -> dict[str, list[dict[str, Any]]]:
    files = write(SIZES[size], folder)
    installed = [
        name for name in names if name.startswith("framelens") or importlib.util.find_spec(name.replace("-", "_"))
    ]
    installed = [name for name in installed if SIZES[size].detections <= SLOW.get(name, sys.maxsize)]
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in installed}
    for turn in range(rounds):
        for name in installed[turn % len(installed) :] + installed[: turn % len(installed)]:
            runs[name].append(_run(task, name, *files))
            print(f"{size}, {task}, round {turn + 1}: {name} {runs[name][-1]['wall']:.3f} s", file=sys.stderr)
    _check(runs)
    return runs


def _run(task: str, name: str, truth: Path, found: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.worker", task, name, str(truth), str(found)]
    path = os.pathsep.join((str(HERE.parent / "src"), str(HERE.parent)))
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path}, timeout=3600
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def _check(runs: dict[str, list[dict[str, Any]]]) -> None:
    """Speed counts only where the numbers agree."""
    reference = next(iter(runs.values()))[0]["numbers"]
    for name, results in runs.items():
        for ours, theirs in zip(reference, results[0]["numbers"], strict=True):
            if abs(ours - theirs) > SAME * max(1, abs(ours)):
                raise SystemExit(f"{name} gives other numbers: {results[0]['numbers']} instead of {reference}")


def _table(size: str, runs: dict[str, list[dict[str, Any]]], rounds: int, task: str) -> str:
    shape = SIZES[size]
    title = (
        f"**{size}: {task}**: {shape.frames:,} images, {shape.classes} classes, {shape.objects:,} objects, "
        f"{shape.detections:,} detections; {rounds} rounds. All give the same numbers."
    )
    lines = [
        title,
        "",
        "| | wall (median) | best | processor time | peak memory | framelens / it, median (range) |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    first = next(iter(runs))
    ours = [run["wall"] for run in runs[first]] if first.startswith("framelens") else []
    for name, results in runs.items():
        wall = [run["wall"] for run in results]
        ratios = [mine / theirs for mine, theirs in zip(ours, wall, strict=True)] if ours else []
        ratio = f"{statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})" if ratios else ""
        lines.append(
            f"| {name} {results[0]['version']} | {statistics.median(wall):.3f} s | {min(wall):.3f} s "
            f"| {statistics.median(run['processor'] for run in results):.3f} s "
            f"| {max(run['peak'] for run in results):.0f} MB | {'1' if ours and name == first else ratio} |"
        )
    return "\n".join(lines)


def _machine() -> str:
    return (
        f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Python {platform.python_version()}."
    )


if __name__ == "__main__":
    main()
