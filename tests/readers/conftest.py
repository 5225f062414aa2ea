"""What the tests of readers share."""

from __future__ import annotations

import pytest

from framelens.training import read_run


@pytest.fixture
def read_log(tmp_path):
    """Write a training log and read it."""

    def read(name, text, **options):
        path = tmp_path / "run" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_run(path, **options)

    return read
