"""Write the pages of the documentation that are made from the code, and the README's table of speeds.

Usage: python tools/pages.py            writes docs/formats.md, docs/command-line.md, docs/checklist.md, README.md
       python tools/pages.py --check    says which of them are not fresh, and ends with 1
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
#: Where the table of speeds stands in the README.
_SPEEDS = re.compile(r"(?<=<!-- speeds: tools/pages.py -->\n\n).*?(?=\n\n<!-- end of speeds -->)", re.DOTALL)
#: A size in the tables of the benchmark: name, what it holds, its rows.
_SIZE = re.compile(r"\*\*([\w-]+): 12 numbers\*\*: ([^;]*);[^\n]*\n\n\|[^\n]*\n\|[-:|]*\n((?:\|[^\n]*\n?)+)")


def formats_page() -> str:
    from framelens import formats

    kinds = {"truth": "Ground truth", "predictions": "Predictions", "run": "Training logs"}
    rows: dict[str, list[str]] = {}
    for name, kind, example in formats():
        cell = example.replace("|", "\\|").replace("`", "'")
        rows.setdefault(kind, []).append(f"| `{name}` | `{cell}` |")
    parts = [
        "# Formats that are read",
        "<!-- Written from the readers: python tools/pages.py -->",
        (
            "`framelens.evaluate` and `framelens inspect` find the format from the content; where the guess is wrong, "
            '`truth_format="..."`, `predictions_format="..."` or `--format` name it. `framelens formats` lists them. '
            "Training logs are given by themselves or found in the folder of a run: `run=`, `framelens.read_run`, "
            "`framelens run`."
        ),
    ]
    parts += [
        "\n".join([f"## {title}", "", "| format | example |", "|---|---|", *rows[kind]])
        for kind, title in kinds.items()
    ]
    return "\n\n".join(parts) + "\n"


def command_line_page() -> str:
    from framelens.cli import _parser

    os.environ["COLUMNS"] = "100"
    parser = _parser()
    parts = [
        "# Command line",
        "<!-- Written from src/framelens/cli.py: python tools/pages.py -->",
        (
            "Exit code 0; 2 and one line (file, record, field, what to do) for input that cannot be used; never a "
            "traceback. In JSON, undefined is `null`; `-` writes to standard output."
        ),
        f"```text\n{parser.format_help().strip()}\n```",
    ]
    [commands] = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]  # noqa: SLF001
    for name, command in commands.choices.items():
        parts.append(f"## framelens {name}\n\n```text\n{command.format_help().strip()}\n```")
    return "\n\n".join(parts) + "\n"


def checklist_page() -> str:
    from framelens.diagnosis.document import document

    return document()


def readme() -> str:
    """Return the README with the speeds of the last run of the benchmark."""
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    rows = ["| | | time | peak memory | framelens / it (range) |", "|---|---|---:|---:|---:|"]
    sizes = _SIZE.findall(text)
    if not sizes:
        raise SystemExit("benchmarks/README.md holds no table of 12 numbers")
    for name, holds, table in sizes:
        holds += " of all digits, and polygons" if name.endswith("-long") else ""  # noqa: PLW2901
        for line in table.strip().split("\n"):
            tool, wall, _, _, memory, ratio = (cell.strip() for cell in line.strip("|").split("|"))
            rows.append(f"| {holds} | {tool} | {wall} | {memory} | {ratio} |")
            holds = ""  # noqa: PLW2901
    return _SPEEDS.sub("\n".join(rows), (ROOT / "README.md").read_text(encoding="utf-8"))


PAGES = {
    DOCS / "formats.md": formats_page,
    DOCS / "command-line.md": command_line_page,
    DOCS / "checklist.md": checklist_page,
    ROOT / "README.md": readme,
}


def main() -> int:
    stale = []
    for path, page in PAGES.items():
        text = page()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"not fresh: {', '.join(stale)}; run: make generated\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
