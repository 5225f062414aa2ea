"""How long a person waits in the browser: ``python -m benchmarks.browser [--only sliders classes] [--write]``."""

from __future__ import annotations

import argparse
import os
import platform
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.browser import cases

if TYPE_CHECKING:
    from benchmarks.browser.measure import Times

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MARK = "<!-- table -->"
CASES = {"sliders": cases.sliders, "stored": cases.stored, "live": cases.live, "classes": cases.many_classes}
BUDGET = 60_000


def main() -> None:
    from tests.browser.jupyter import chromium

    parser = argparse.ArgumentParser(prog="python -m benchmarks.browser", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--folder", type=Path, default=ROOT / "benchmarks" / "data" / "browser")
    parser.add_argument("--write", action="store_true", help="put the tables into benchmarks/browser/README.md")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    rows: list[Times] = []
    with chromium() as browser:
        version = browser.version
        for name in options.only:
            for times in CASES[name](browser, options.folder.resolve()):
                rows.append(times)
                print(_row(times), flush=True)
    text = f"{_machine(version)}\n\n{_table(rows)}\n\n{_sizes()}\n"
    print(f"\n{text}")
    if options.write:
        readme = HERE / "README.md"
        before, _, _ = readme.read_text().partition(MARK)
        readme.write_text(f"{before}{MARK}\n\n{text}")


def _machine(version: str) -> str:
    return f"{os.cpu_count()} processors, {platform.machine()}, {platform.system()}, Chromium {version}, headless."


def _table(rows: list[Times]) -> str:
    return "\n".join(
        [
            "| | times | budget, p95 | painted p50 | painted p95 | handler p50 | p95 | processor p50 | p95 | load |",
            "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
            *map(_row, rows),
        ]
    )


def _row(times: Times) -> str:
    cells = [times.what, str(len(times.painted)), f"{times.budget:g} ms" if np.isfinite(times.budget) else ""]
    for values in (times.painted, times.handled, times.processor):
        for share in (50, 95):
            value = np.percentile(values, share) if values else np.nan
            cells.append("" if np.isnan(value) else f"{value:.1f} ms")
    return f"| {' | '.join([*cells, f'{times.load:.1f}'])} |"


def _sizes() -> str:
    from framelens.widgets._assets import STATIC, packed_asset

    lines = ["| bundle | budget | as it is | as it is sent, packed |", "|---|---:|---:|---:|"]
    for file in sorted(STATIC.iterdir()):
        size = file.stat().st_size
        packed = "" if file.name != "panels.js" else f"{len(b64decode(packed_asset(file.name))):,}"
        budget = f"{BUDGET:,}" if file.name in {"framelens.js", "panels.js"} else ""
        lines.append(f"| {file.name} | {budget} | {size:,} | {packed} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
