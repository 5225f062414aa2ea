"""Write the checklist's documentation: ``python -m framelens.diagnosis.document > docs/checklist.md``."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict

from framelens.diagnosis.rules import RULES
from framelens.diagnosis.thresholds import Thresholds

__all__ = ["document"]

_HEAD = """# The checklist

<!-- Written from src/framelens/diagnosis/rules/: python -m framelens.diagnosis.document > docs/checklist.md -->

`framelens.diagnosis.check(evaluation, history)`, `Evaluation.checklist` and the JSON of `framelens evaluate` and
`framelens run` answer every row below with *present*, *absent* or *cannot tell*, and with the numbers, epochs and
matrix cells behind the answer. A cause is what the evidence likely comes from, never a certainty.
Thresholds are the defaults of `framelens.diagnosis.Thresholds`, the signals those of
`framelens.training.signals.find_signals`.
"""


def document() -> str:
    """Return the page in Markdown.

    >>> document().splitlines()[0]
    '# The checklist'
    """
    limits = asdict(Thresholds())
    parts = [_HEAD]
    for rule in RULES:
        condition = re.sub(r"\{(\w+)\}", lambda match: f"{limits[match[1]]:g} (`{match[1]}`)", rule.condition)
        lines = [
            f"## {rule.title}",
            "",
            f"- **id** `{rule.id}`",
            f"- **present when** {condition}",
            f"- **evidence** {rule.evidence}",
            f"- **likely cause** {rule.cause}",
            f"- **remedy** {rule.remedy}",
        ]
        if rule.other_readings:
            lines.append(f"- **other readings** {'; '.join(rule.other_readings)}")
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    sys.stdout.write(document())
