"""Write the payload of this version as later versions must be able to open it.

Run once for each release that changes the schema: ``python tests/report/make_frozen.py 1``.
"""

from __future__ import annotations

import json
import sys
from base64 import b64encode
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent)]


def main(name: str) -> None:
    import handmade
    from framelens.report.store import REPORT, stored_pictures
    from framelens.widgets.wire import encode

    evaluation = handmade.evaluation()
    payload = encode(evaluation)
    content = {
        "head": payload.head,
        "data": b64encode(payload.buffer).decode(),
        "pictures": stored_pictures(evaluation, payload, REPORT),
        "options": {"view": "report", "selected_cells": [[0, 1]], "normalize": "row", "transpose": True},
        "counts": handmade.COUNTS,
    }
    (HERE / "frozen" / f"schema-{name}.json").write_text(json.dumps(content, sort_keys=True) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
