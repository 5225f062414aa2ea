"""Write the pages of the documentation that are made from the code.

Usage: python tools/pages.py            writes docs/formats.md, docs/command-line.md and docs/checklist.md
       python tools/pages.py --check    says which of them are not fresh, and ends with 1
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parents[1] / "docs"


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


PAGES = {"formats.md": formats_page, "command-line.md": command_line_page, "checklist.md": checklist_page}


def main() -> int:
    stale = []
    for name, page in PAGES.items():
        path, text = DOCS / name, page()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        sys.stderr.write(f"not fresh: {', '.join(stale)}; run: make generated\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
