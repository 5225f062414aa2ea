"""One JupyterLab for all browser tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.jupyter import JupyterServer

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def workspace(tmp_path_factory) -> Path:
    """Folder that the servers of this session serve."""
    return tmp_path_factory.mktemp("notebooks")


@pytest.fixture(scope="session")
def lab(tmp_path_factory, workspace):
    """A running JupyterLab."""
    server = JupyterServer(tmp_path_factory.mktemp("lab"), workspace)
    server.start()
    yield server
    server.stop()
