"""Makes ``js/test/fixtures/thin.gz``: thinned payloads, for the front end to make the bytes of again.

Run ``python -m front_end.thin`` in ``tests`` to write it again. The file is gzip of JSON: of each case the parts of
the head that are needed, the thinned bytes, and the digest of the bytes that went in.
"""

from __future__ import annotations

import gzip
import json
from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

import handmade
from framelens.comparison import compare
from framelens.evaluation import Evaluation
from framelens.report.thin import thin
from framelens.widgets.comparison_payload import encode_comparison
from framelens.widgets.wire import encode
from made_datasets import tied_dataset

FILE = Path(__file__).resolve().parents[2] / "js" / "test" / "fixtures" / "thin.gz"
DATASETS = 48


def make_payloads():
    """Yield payloads: boxes and scores with few decimals, of float32, and with every digit; ties, crowds, nothing."""
    for seed in range(DATASETS):
        dataset = tied_dataset(seed)
        found = dataset.detections
        dice = np.random.default_rng(seed)
        shift = dice.normal(0, 3, found.box.shape)
        shift[:, 2:] = np.abs(shift[:, 2:])
        score = dice.random(len(found.score))
        boxes = [np.round(found.box + shift, 2), found.box + shift, found.box][seed % 3]
        scores = [np.round(score, 5), score.astype(np.float32).astype(np.float64), score, found.score][seed % 4]
        dataset = replace(dataset, detections=replace(found, box=boxes, score=scores))
        yield encode(Evaluation(dataset=dataset))
    yield encode(handmade.evaluation())
    yield encode_comparison(
        compare(
            {"old": handmade.evaluation(detections=handmade.DETECTIONS[1:]), "new": handmade.evaluation()}, rounds=0
        ),
        "new",
    )


def make_cases():
    """Return the bytes of the file before they are packed."""
    cases = []
    for payload in make_payloads():
        head = {name: payload.head[name] for name in ("classes", "recount", "columns")}
        head["frames"] = {"names": payload.head["frames"]["names"]}
        # unpacked, since another zlib packs otherwise
        text = b64encode(gzip.decompress(b64decode(thin(payload.head, payload.buffer)))).decode()
        cases.append({"head": head, "thin": text, "digest": sha256(payload.buffer).hexdigest()})
    return json.dumps(cases, separators=(",", ":")).encode()


if __name__ == "__main__":
    FILE.write_bytes(gzip.compress(make_cases(), 9, mtime=0))
