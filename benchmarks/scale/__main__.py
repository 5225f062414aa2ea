"""Time and peak memory against the number of detections: in memory, in batches, on two Dask workers.

python -m benchmarks.scale                          # 1 and 4 million, prints the table
python -m benchmarks.scale --millions 1 4 16 64 --write
python -m benchmarks.scale --millions 100 --modes batches --write

Tables that lie in --folder already are used again and kept. Every run is a process of its own; all ways of one size
must give the same numbers to the last digit. With --write the table and the plot go to benchmarks/scale/README.md and
growth.svg, beside what was measured before (measured.json).
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil

from benchmarks.scale.make import write
from benchmarks.scale.plot import plot

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARK = "<!-- table -->"
MEASURED = HERE / "measured.json"
MODES = {"whole": "in memory", "batches": 'memory="2GB"', "dask": "2 Dask workers"}
#: Bytes a detection in memory, and the share of the machine's memory that is taken for it.
IN_MEMORY, SHARE = 380, 0.6

Row = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--millions", nargs="+", type=float, default=[1, 4], help="detections")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "data" / "scale")
    parser.add_argument(
        "--keep", action="store_true", help="keep the tables that were made; found ones are kept anyway"
    )
    parser.add_argument("--write", action="store_true", help="put table and plot into benchmarks/scale")
    options = parser.parse_args()
    rows: list[Row] = json.loads(MEASURED.read_text()) if options.write and MEASURED.exists() else []
    for millions in options.millions:
        folder = options.folder / f"{millions:g}"
        found = folder.exists()
        files = write(int(millions * 1e6), folder)
        results = [_run(mode, millions, files, folder) for mode in options.modes]
        _check([result for result in results if "wall" in result])
        rows = _merged(rows, results)
        if not (options.keep or found):
            shutil.rmtree(folder)
        if options.write:
            _write(rows)
    print(_table(rows) + "\n\n" + _stages(rows))


def _merged(rows: list[Row], new: list[Row]) -> list[Row]:
    """Replace what was measured before; ways of one size stand together."""
    every = {(row["millions"], row["mode"]): row for row in (*rows, *new)}
    return [every[key] for key in sorted(every, key=lambda key: (key[0], list(MODES).index(key[1])))]


def _write(rows: list[Row]) -> None:
    """Put what has been measured so far into the note and the plot."""
    MEASURED.write_text(json.dumps(rows, indent=1) + "\n")
    readme = HERE / "README.md"
    before, _, _ = readme.read_text().partition(MARK)
    readme.write_text(f"{before}{MARK}\n\n{_machine()}\n\n{_table(rows)}\n\n{_stages(rows)}\n")
    (HERE / "growth.svg").write_text(plot(rows, {mode: name.replace('"', "") for mode, name in MODES.items()}))


def _run(mode: str, millions: float, files: tuple[Path, Path], folder: Path) -> Row:
    row = {"mode": mode, "millions": millions}
    needed, there = millions * 1e6 * IN_MEMORY, psutil.virtual_memory().total
    if mode == "whole" and needed > SHARE * there:
        return row | {"refused": f"about {needed / 1e9:.0f} GB would be needed, the machine has {there / 1e9:.0f}"}
    work = folder / f"work-{mode}"
    shutil.rmtree(work, ignore_errors=True)
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    command = [sys.executable, "-m", "benchmarks.scale.worker", mode, *map(str, files), str(work)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    result: Row = row | json.loads(line.removeprefix("RESULT "))
    result["disk"] = sum(file.stat().st_size for file in work.rglob("*") if file.is_file()) if work.exists() else 0
    shutil.rmtree(work, ignore_errors=True)
    print(f"{millions:g} million, {mode}: {result['wall']:.1f} s, {result['peak'] / 1e6:.0f} MB", file=sys.stderr)
    return result


def _check(results: list[Row]) -> None:
    """Speed counts only where the numbers are the same."""
    for result in results[1:]:
        if result["numbers"] != results[0]["numbers"]:
            raise SystemExit(f"{result['mode']} gives other numbers than {results[0]['mode']}")


def _table(rows: list[Row]) -> str:
    lines = [
        "| detections | how | wall | a million | growth of time | processor time | peak memory | work folder |",
        "|---:|---|---:|---:|---:|---:|---:|---:|",
    ]
    last: dict[str, Row] = {}
    for row in rows:
        begin = f"| {row['millions']:g} million | {MODES[row['mode']]} | "
        if "refused" in row:
            lines.append(f"{begin}{row['refused']} | | | | | |")
            continue
        before, growth = last.get(row["mode"]), ""
        if before is not None:
            growth = f"{row['wall'] / before['wall']:.2f} for {row['millions'] / before['millions']:g} times as many"
        last[row["mode"]] = row
        disk = f"{row['disk'] / 1e6:,.0f} MB" if row["disk"] else ""
        lines.append(
            f"{begin}{row['wall']:.1f} s | {row['wall'] / row['millions']:.2f} s | {growth} | "
            f"{row['processor']:.1f} s | {row['peak'] / 1e6:,.0f} MB | {disk} |"
        )
    return "\n".join(lines)


def _stages(rows: list[Row]) -> str:
    """Return wall and processor seconds of each step, one process beside two workers."""
    rows = [row for row in rows if row.get("stages")]
    names = list(dict.fromkeys(name for row in rows for name in row["stages"]))
    lines = [
        "Seconds of each step, wall / processor; the start of the workers is not in the times above.\n",
        "| detections | how | " + " | ".join(names) + " |",
        "|---:|---|" + "---:|" * len(names),
    ]
    for row in rows:
        cells = [
            f"{row['stages'][name][0]:.1f} / {row['stages'][name][1]:.1f}" if name in row["stages"] else ""
            for name in names
        ]
        lines.append(f"| {row['millions']:g} million | {MODES[row['mode']]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _machine() -> str:
    python = platform.python_version()
    load = f"{os.getloadavg()[0]:.0f} processes wanted to run at the end" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Python {python}; {load}."


if __name__ == "__main__":
    main()
