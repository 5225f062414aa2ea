"""Time and peak memory against the number of detections: in memory, in batches, on two Dask workers.

python -m benchmarks.scale                          # 1 and 4 million, prints the table
python -m benchmarks.scale --millions 1 4 16 64 --write
python -m benchmarks.scale --millions 100 --modes batches

Every run is a process of its own; all ways of one size must give the same numbers to the last digit. With
--write the table and the plot go to benchmarks/scale/README.md and benchmarks/scale/growth.svg.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks.scale.make import write

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARK = "<!-- table -->"
MODES = {"whole": "in memory", "batches": 'memory="2GB"', "dask": "2 Dask workers"}
#: Sizes past these do not fit into the memory of a small machine.
LARGEST = {"whole": 4, "batches": 10**9, "dask": 10**9}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--millions", nargs="+", type=float, default=[1, 4], help="detections")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "data" / "scale")
    parser.add_argument("--keep", action="store_true", help="keep the tables that were made")
    parser.add_argument("--write", action="store_true", help="put table and plot into benchmarks/scale")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for millions in options.millions:
        folder = options.folder / f"{millions:g}"
        files = write(int(millions * 1e6), folder)
        results = [_run(mode, millions, files, folder) for mode in options.modes if millions <= LARGEST[mode]]
        _check(results)
        rows += results
        if not options.keep:
            shutil.rmtree(folder)
        if options.write:
            _write(rows)
    print(_table(rows))


def _write(rows: list[dict[str, Any]]) -> None:
    """Put what has been measured so far into the note and the plot."""
    readme = HERE / "README.md"
    before, _, _ = readme.read_text().partition(MARK)
    readme.write_text(f"{before}{MARK}\n\n{_machine()}\n\n{_table(rows)}\n")
    (HERE / "growth.svg").write_text(_plot(rows))


def _run(mode: str, millions: float, files: tuple[Path, Path], folder: Path) -> dict[str, Any]:
    work = folder / f"work-{mode}"
    shutil.rmtree(work, ignore_errors=True)
    path = os.pathsep.join((str(ROOT / "src"), str(ROOT)))
    command = [sys.executable, "-m", "benchmarks.scale.worker", mode, *map(str, files), str(work)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": path})
    line = next(line for line in done.stdout.splitlines() if line.startswith("RESULT "))
    result: dict[str, Any] = json.loads(line.removeprefix("RESULT ")) | {"mode": mode, "millions": millions}
    result["disk"] = sum(file.stat().st_size for file in work.rglob("*") if file.is_file()) if work.exists() else 0
    shutil.rmtree(work, ignore_errors=True)
    print(f"{millions:g} million, {mode}: {result['wall']:.1f} s, {result['peak'] / 1e6:.0f} MB", file=sys.stderr)
    return result


def _check(results: list[dict[str, Any]]) -> None:
    """Speed counts only where the numbers are the same."""
    for result in results[1:]:
        if json.dumps(result["numbers"]) != json.dumps(results[0]["numbers"]):
            raise SystemExit(f"{result['mode']} gives other numbers than {results[0]['mode']}")


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| detections | how | wall | a million | growth of time | peak memory, all processes | work folder |",
        "|---:|---|---:|---:|---:|---:|---:|",
    ]
    last: dict[str, dict[str, Any]] = {}
    for row in rows:
        before = last.get(row["mode"])
        growth = ""
        if before is not None:
            growth = f"{row['wall'] / before['wall']:.2f} for {row['millions'] / before['millions']:g} times as many"
        last[row["mode"]] = row
        disk = f"{row['disk'] / 1e6:,.0f} MB" if row["disk"] else ""
        lines.append(
            f"| {row['millions']:g} million | {MODES[row['mode']]} | {row['wall']:.1f} s | "
            f"{row['wall'] / row['millions']:.2f} s | {growth} | {row['peak'] / 1e6:,.0f} MB | {disk} |"
        )
    return "\n".join(lines)


def _machine() -> str:
    import platform

    python = platform.python_version()
    load = f"{os.getloadavg()[0]:.0f} processes wanted to run at the end" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Python {python}; {load}."


def _plot(rows: list[dict[str, Any]]) -> str:
    """Draw time and memory against detections, both axes by powers of 10, as SVG."""
    panels = [("wall", "seconds", 1.0), ("peak", "peak memory, GB", 1e9)]
    dashes = {"whole": "2 4", "batches": "none", "dask": "8 4"}
    parts = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 300" font-family="sans-serif" font-size="12">',
        '<rect width="720" height="300" fill="white"/>',
    ]
    for number, (key, title, unit) in enumerate(panels):
        left = 60 + number * 350
        values = [row[key] / unit for row in rows]
        x = _scale([row["millions"] for row in rows], left, left + 270)
        y = _scale(values, 250, 40)
        parts.append(f'<text x="{left}" y="20">{title} against detections in millions</text>')
        parts.append(f'<path d="M{left} 30V250H{left + 280}" fill="none" stroke="black"/>')
        parts += [
            f'<text x="{x(millions):.0f}" y="268" text-anchor="middle">{millions:g}</text>'
            for millions in sorted({row["millions"] for row in rows})
        ]
        parts += [
            f'<text x="{left - 6}" y="{y(value) + 4:.0f}" text-anchor="end">{value:.3g}</text>'
            for value in sorted({min(values), max(values)})
        ]
        for mode, dash in dashes.items():
            points = [(x(row["millions"]), y(row[key] / unit)) for row in rows if row["mode"] == mode]
            if points:
                line = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
                parts.append(f'<polyline points="{line}" fill="none" stroke="black" stroke-dasharray="{dash}"/>')
                parts += [f'<circle cx="{a:.1f}" cy="{b:.1f}" r="3"/>' for a, b in points]
    for number, (mode, dash) in enumerate(dashes.items()):
        at = 60 + 170 * number
        parts.append(f'<path d="M{at} 290h30" stroke="black" stroke-dasharray="{dash}"/>')
        parts.append(f'<text x="{at + 36}" y="294">{MODES[mode].replace(chr(34), "")}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _scale(values: list[float], start: float, end: float) -> Any:
    """Map the logarithm of values to a line."""
    from math import log

    low, high = log(min(values)), log(max(values))
    span = (high - low) or 1.0
    return lambda value: start + (log(value) - low) / span * (end - start)


if __name__ == "__main__":
    main()
