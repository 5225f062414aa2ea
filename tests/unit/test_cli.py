"""The command line: exit codes, one-line errors, JSON on standard output."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys

import pytest

from framelens.cli import main

TRUTH = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
    "categories": [{"id": 3, "name": "cat"}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 3, "bbox": [10, 10, 30, 30], "area": 900, "iscrowd": 0},
        {"id": 2, "image_id": 1, "category_id": 3, "bbox": [60, 10, 30, 30], "area": 900, "iscrowd": 0},
    ],
}
#: Of a class whose name has a letter that ASCII lacks, and half a character.
UNSHOWABLE = {**TRUTH, "categories": [{"id": 3, "name": "caf\u00e9 \ud800"}]}
#: The variables of a process that imports what this one does.
OWN = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
RESULTS = [{"image_id": 1, "category_id": 3, "bbox": [11, 10, 30, 30], "score": 0.9}]


@pytest.fixture
def files(tmp_path):
    (tmp_path / "val.json").write_text(json.dumps(TRUTH))
    (tmp_path / "results.json").write_text(json.dumps(RESULTS))
    return [str(tmp_path / "val.json"), str(tmp_path / "results.json")]


def test_json_goes_to_standard_output_alone(files, capsys):
    assert main(["evaluate", *files, "--json", "-"]) == 0
    out, _ = capsys.readouterr()
    value = json.loads(out)
    assert value["recall"]["macro"] == 0.5
    assert value["confusion"]["counts"] == [[1, 1], [0, 0]]


def test_json_file_is_written_whole(files, tmp_path, capsys):
    assert main(["evaluate", *files, "--json", str(tmp_path / "out.json")]) == 0
    assert json.loads((tmp_path / "out.json").read_text())["objects"] == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "results.json", "val.json"]
    out, err = capsys.readouterr()
    assert "recall         0.500" in out
    assert "wrote" in err


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
@pytest.mark.parametrize("command", [["evaluate", "val.json", "results.json"], ["inspect", "val.json"]])
def test_names_that_the_output_cannot_show_stop_nothing(tmp_path, monkeypatch, capsys, command, encoding):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "val.json").write_text(json.dumps(UNSHOWABLE))
    for rest in ([], ["--json", "-"], ["--json", "out.json"]):
        with io.TextIOWrapper(io.BytesIO(), encoding=encoding) as output:
            monkeypatch.setattr(sys, "stdout", output)
            assert main([*command, *rest]) == 0
            printed = output.buffer.getvalue().decode(encoding)
        assert "error" not in capsys.readouterr().err
        if rest[1:] == ["-"]:
            assert "caf\u00e9 " in json.dumps(json.loads(printed), ensure_ascii=False)
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    named = written["per_class"][0]["class"] if command[0] == "evaluate" else written["classes"][0]["name"]
    assert named == "caf\u00e9 \ud800"


def test_the_installed_command_is_this_one_whatever_its_output_can_show(files, tmp_path):
    (tmp_path / "val.json").write_text(json.dumps(UNSHOWABLE))
    done = subprocess.run(
        [sys.executable, "-m", "framelens.cli", "evaluate", *files, "--json", "-"],
        capture_output=True,
        check=True,
        env={**OWN, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    value = json.loads(done.stdout.decode("ascii"))
    assert (value["schema"], done.stderr) == (1, b"")
    assert value["per_class"][0]["class"].startswith("caf\u00e9 ")


def test_inspect_tells_what_a_file_holds(files, capsys):
    assert main(["inspect", files[0], "--json", "-"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert {"schema", "format", "frames", "objects", "classes", "skipped", "warnings"} <= set(value)
    assert (value["format"], value["frames"], value["objects"]) == ("coco", 1, 2)


def test_formats_are_listed_with_an_example(capsys):
    assert main(["formats"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("coco ") for line in lines)
    assert all(len(line.split()) >= 3 for line in lines)


def test_html_is_one_file(files, tmp_path, capsys):
    assert main(["evaluate", *files, "--html", str(tmp_path / "report.html")]) == 0
    assert "Content-Security-Policy" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert capsys.readouterr().err.startswith("wrote")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["evaluate"], "the following arguments are required: TRUTH, PREDICTIONS"),
        (["evaluate", "{truth}", "missing.json"], "missing.json"),
        (["evaluate", "{truth}", "{results}", "--iou", "2"], "iou must be a number over 0 and at most 1"),
        (["evaluate", "{truth}", "{results}", "--iou", "x"], "invalid float value"),
        (["evaluate", "{truth}", "{results}", "--rules", "coca"], "is not known"),
        (["evaluate", "{truth}", "{results}", "--json", "{nowhere}/x.json"], "no such folder: nowhere"),
        (["evaluate", "{truth}", "{results}", "--html", "{nowhere}/x.html"], "no such folder: nowhere"),
        (["evaluate", "{truth}", "{results}", "--json", "{folder}"], "it is a folder; --json takes a file"),
        (["evaluate", "{truth}", "{results}", "--html", "-"], "--html takes a file"),
        (["evaluate", "{truth}", "{results}", "--json", "{truth}"], "would replace the file that is read"),
        (["evaluate", "{truth}", "{results}", "--html", "{folder}/../{name}/results.json"], "would replace the file"),
        (["evaluate", "{truth}", "{results}", "--html", "one", "--json", "one"], "would replace the file"),
        (["inspect", "{truth}", "--json", "{truth}"], "would replace the file that is read"),
        (["evaluate", "{truth}", "{results}", "--frames", "{truth}"], "a file where a folder of frames belongs"),
        (["frobnicate"], "is not known"),
        (["run", "missing-folder", "--json", "-"], "missing-folder"),
    ],
)
def test_wrong_input_is_one_line_and_exit_code_two(files, tmp_path, arguments, told, capsys):
    places = {"truth": files[0], "results": files[1], "nowhere": tmp_path / "nowhere"}
    places |= {"folder": tmp_path, "name": tmp_path.name}
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert main([argument.format(**places) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("framelens: ")
    assert told in err


def test_broken_file_is_named_by_its_base_name(files, tmp_path, capsys):
    (tmp_path / "results.json").write_text(json.dumps(RESULTS)[:-9])
    assert main(["evaluate", *files, "--json", "-"]) == 2
    err = capsys.readouterr().err
    assert "results.json" in err
    assert str(tmp_path) not in err


@pytest.mark.parametrize("options", [[], ["--memory", "400MB"]])
def test_broken_parquet_is_named_by_its_base_name(options, files, tmp_path, capsys):
    folder = tmp_path / "my secret folder"
    folder.mkdir()
    (folder / "boxes.parquet").write_bytes(b"PAR1 and then nothing PAR1")
    work = ["--resume", str(tmp_path / "work")] if options else []
    assert main(["evaluate", files[0], str(folder / "boxes.parquet"), *options, *work]) == 2
    err = capsys.readouterr().err
    assert "boxes.parquet" in err
    assert "secret" not in err


def test_a_missing_file_is_not_answered_with_a_format(files, capsys):
    assert main(["evaluate", files[0], "missing.json"]) == 2
    said = "framelens: missing.json: no such file or folder; check the path: a relative one begins where the notebook"
    assert capsys.readouterr().err == f"{said} or command runs\n"


def test_broken_record_is_skipped_and_counted(files, tmp_path, capsys):
    (tmp_path / "results.json").write_text(json.dumps([*RESULTS, {**RESULTS[0], "bbox": [1, 2, 3]}]))
    assert main(["evaluate", *files, "--json", "-"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert value["detections"] == 1
    assert [(skip["file"], skip["count"]) for skip in value["skipped"]] == [("results.json", 1)]


def test_evaluate_in_batches_gives_the_same_numbers(files, tmp_path, capsys):
    assert main(["evaluate", *files, "--json", "-"]) == 0
    whole = json.loads(capsys.readouterr().out)
    assert main(["evaluate", *files, "--memory", "400MB", "--resume", str(tmp_path / "work"), "--json", "-"]) == 0
    large = json.loads(capsys.readouterr().out)
    for key in ("coco", "operating_point", "precision", "recall", "per_class", "confusion"):
        assert large[key] == whole[key]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--memory", "much"], "memory must be a size such as '2GB' or a number of bytes, not 'much'"),
        (["--engine", "dusk"], "engine must be None or 'dask', not 'dusk'; did you mean 'dask'?"),
        (["--memory", "1GB", "--rules", "voc"], "--rules voc needs every box in memory"),
        (["--memory", "1GB", "--html", "report.html"], "--html needs every box in memory"),
    ],
)
def test_what_batches_cannot_do_is_one_line(options, words, files, tmp_path, capsys):
    assert main(["evaluate", *files, "--resume", str(tmp_path / "work"), *options]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


def test_a_reader_that_goes_away_is_no_error():
    """``framelens formats | head -1``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "framelens.cli", "formats"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=OWN,
    )  # fmt: skip
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert (process.wait(timeout=60), error) == (0, b"")
