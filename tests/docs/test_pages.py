"""The documentation is fresh, complete and runs: generated pages, the built site, and every block of code."""

from __future__ import annotations

import dataclasses
import doctest
import inspect
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import framelens

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path for path in (ROOT / "docs").rglob("*.md") if "decisions" not in path.parts)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(path: Path, language: str) -> list[str]:
    return [code for name, code in BLOCK.findall(path.read_text(encoding="utf-8")) if name == language]


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Return a folder with the files that the examples name: annotations, predictions, images and a run."""
    from framelens.demo import run_demo

    made = run_demo(
        tmp_path_factory.mktemp("docs") / "demo",
        epochs=4,
        train_frames=40,
        validation_frames=20,
        notebook=False,
        html=False,
        progress=False,
    )
    folder = tmp_path_factory.mktemp("examples")
    shutil.copy(made.truth, folder / "annotations.json")
    shutil.copy(made.predictions, folder / "predictions.json")
    shutil.copytree(made.frames, folder / "images")
    shutil.copytree(made.run, folder / "runs" / "train")
    return folder


def with_code(paths):
    return [path for path in paths if blocks(path, "python")]


@pytest.mark.parametrize("page", with_code([ROOT / "README.md", *PAGES]), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_block_of_code_runs(page, files, tmp_path, monkeypatch):
    shutil.copytree(files, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for code in blocks(page, "python"):
        exec(compile(code, page.name, "exec"), names)


def test_the_tables_of_the_readme_and_the_start_page_run(files, monkeypatch):
    """Whatever stands in backticks and begins with ``ev`` is an expression that works."""
    monkeypatch.chdir(files)
    ev = framelens.evaluate("annotations.json", "predictions.json", frames="images/", run="runs/train", progress=False)
    old = ev.at(confidence=0.4)
    names = {"framelens": framelens, "ev": ev, "old": old, "new": ev}
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        for line in page.read_text(encoding="utf-8").splitlines():
            if not line.startswith("| "):
                continue
            for code in re.findall(r"`((?:ev|matrix|framelens)\b[^`]*)`", line):
                given = code.replace('"cat"', '"one"').replace('"dog"', '"seven"')
                exec(given, names)


def test_generated_pages_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "pages.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", target],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target


def test_every_public_name_has_its_place_in_the_reference(site):
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (site / "reference").glob("*.html"))
    anchors = set(re.findall(r'id="(framelens[\w.]*)"', pages))
    assert {f"framelens.{name}" for name in framelens.__all__} <= anchors
    fields = {field.name for field in dataclasses.fields(framelens.Evaluation)}  # listed in the docstring of the class
    methods = {name for name in dir(framelens.Evaluation) if not name.startswith("_")} - fields
    assert {name for name in methods if f"framelens.Evaluation.{name}" not in anchors} == set()
    metrics = {
        f"framelens.metrics.{path.stem}"
        for path in (ROOT / "src" / "framelens" / "metrics").glob("*.py")
        if not path.stem.startswith("_")
    }
    assert metrics <= anchors


def shown(*things) -> str:
    """Return the code of all examples in the docstrings."""
    parser = doctest.DocTestParser()
    return "\n".join(one.source for thing in things for one in parser.get_examples(inspect.getdoc(thing) or ""))


def members(cls):
    """Give the name and the code of every public method and property that framelens wrote."""
    for name in dir(cls):
        given = inspect.getattr_static(cls, name)
        code = getattr(given, "fget", None) or getattr(given, "func", None) or getattr(given, "__func__", given)
        if not name.startswith("_") and inspect.isfunction(code) and code.__module__.startswith("framelens."):
            yield name, code


@pytest.mark.parametrize("name", [name for name in framelens.__all__ if callable(getattr(framelens, name))])
def test_every_public_name_stands_in_an_example_with_its_arguments(name):
    """Its own docstring, or that of the class or base class that it belongs to; doctest runs them."""
    thing = getattr(framelens, name)
    assert shown(thing), "no example"
    if inspect.isclass(thing):
        of_class = [one for one in thing.__mro__ if one.__module__.startswith("framelens.")]
        examples = shown(*of_class, *(code for _, code in members(thing)))
        found = {method for method, _ in members(thing) if re.search(rf"\b{method}\b", examples)}
        assert found == {method for method, _ in members(thing)}
    for method, code in [(name, thing)] if inspect.isfunction(thing) else members(thing):
        said = inspect.getdoc(code) or ""
        arguments = set(inspect.signature(code).parameters) - {"self", "cls"}
        assert {one for one in arguments if not re.search(rf"\b{one}\b", said)} == set(), method


def test_the_schema_names_every_field(files):
    from framelens.training import run_summary

    evaluation = framelens.evaluate(files / "annotations.json", files / "predictions.json", progress=False)
    written = [
        evaluation.as_dict(),
        run_summary(framelens.read_run(files / "runs" / "train")),
        framelens.inspect(files / "annotations.json").as_dict(),
    ]
    sections = (ROOT / "docs" / "schema.md").read_text(encoding="utf-8").split("\n## ")[1:4]
    for section, given in zip(sections, written, strict=True):
        rows = "".join(line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
        assert set(re.findall(r"`(\w+)", rows)) == set(given)


def test_every_test_that_a_page_names_is_there():
    for page in (ROOT / "README.md", ROOT / "docs" / "front-ends.md", ROOT / "CONTRIBUTING.md"):
        for name in re.findall(r"\btest_\w+\.py", page.read_text(encoding="utf-8")):
            assert list((ROOT / "tests").rglob(name)), f"{page.name}: {name}"


def test_every_picture_is_shown_and_made_by_make_pictures():
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    found = {path.name for path in (ROOT / "docs" / "images").iterdir()}
    assert found == {
        name for page in pages for name in re.findall(r"images/([\w.-]+)", page.read_text(encoding="utf-8"))
    }
    maker = (ROOT / "tests" / "browser" / "test_demo_notebook.py").read_text(encoding="utf-8")
    names = re.findall(r'picture\(notebook, "(\w+)"', maker)
    assert found == {f"{name}-{theme}.png" for name in names for theme in ("light", "dark")}


def test_the_reference_links_what_docstrings_name(site):
    page = (site / "reference" / "evaluation.html").read_text(encoding="utf-8")
    assert re.search(r'<a class="[^"]*" [^>]*href="evaluate\.html#framelens\.evaluate"><code>evaluate</code>', page)
    for path in (site / "reference").glob("*.html"):
        assert not re.search(r":(attr|class|data|func|meth|mod):", path.read_text(encoding="utf-8")), path.name


def test_the_site_asks_no_other_host(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        asked = re.findall(r'<(?:script|link|img)[^>]+(?:src|href)="(https?://[^"]+)"', text)
        assert asked == [], page.name


def test_the_command_lines_of_the_readme_are_known():
    """Every option that README and site name exists, and every command has its line in the README."""
    from framelens.cli import _parser

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    [commands] = [action.choices for action in _parser()._actions if action.choices]
    for line in re.findall(r"^    framelens (.*(?:\n {10,}.*)*)", readme, re.MULTILINE):
        name = line.split()[0]
        known = {option for action in commands[name]._actions for option in action.option_strings}
        assert set(re.findall(r"--[a-z-]+", line)) <= known
    named = set(re.findall(r"^    framelens (\w+)", readme, re.MULTILINE))
    assert named == set(commands)


def test_links_of_the_pages_outside_the_site_lead_somewhere():
    for page in (
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        ROOT / "js" / "README.md",
        ROOT / "benchmarks" / "README.md",
    ):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", page.read_text(encoding="utf-8")):
            if not target.startswith(("http://", "https://")):
                assert (page.parent / target).exists(), f"{page.name}: {target}"
