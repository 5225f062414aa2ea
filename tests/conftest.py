"""Fixtures that every suite shares."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]


# A busy machine is no failure.
settings.register_profile("framelens", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("framelens")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out unread what a run of the browser, or of all others, has no test of: imports take seconds."""
    asked = config.option.markexpr
    if collection_path.suffix != ".py" or "browser" not in asked:
        return None
    text = collection_path.read_text(encoding="utf-8")
    if asked.startswith("browser"):
        return "mark.browser" not in text or None
    helps = collection_path.parent == ROOT / "tests" / "browser" and not collection_path.name.startswith("test_")
    return ("not browser" in asked and (helps or "\npytestmark = pytest.mark.browser\n" in text)) or None


def real_data() -> Path | None:
    """Folder of real files from public repositories, or None where it is not at hand."""
    named = os.environ.get("FRAMELENS_REAL_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "real"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def real() -> Path:
    """Real files; the test is skipped, by name, where they are absent."""
    folder = real_data()
    if folder is None:
        pytest.skip("real data not found: set FRAMELENS_REAL_DATA or lay it at ../shared/real")
    return folder


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; the test is skipped, by name, where there is none."""
    pytest.importorskip("playwright", reason="playwright is not installed")
    from playwright.sync_api import expect

    from browser.jupyter import WAIT, chromium, find_chromium

    if find_chromium() is None:
        pytest.skip("no Chromium or Chrome found; install one to run the browser tests")
    expect.set_options(timeout=WAIT)
    with chromium() as running:
        yield running
