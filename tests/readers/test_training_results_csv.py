"""results.csv and tables of one's own: complete lines, restarts, odd values."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from framelens.errors import DataError, OptionError
from framelens.training import read_run, run_readers, run_summary

HEAD = "epoch,time,train/box_loss,val/box_loss,metrics/mAP50(B)\n"
ROWS = [f"{e},{10 * e}.5,{1 / e:.5f},{1.2 / e:.5f},{0.1 * e:.5f}\n" for e in range(1, 6)]


@pytest.fixture
def write(tmp_path):
    def write(text, name="results.csv"):
        path = tmp_path / "run" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_plain(write):
    path = write(HEAD + "".join(ROWS))
    for source in (path, path.parent, str(path)):
        history = read_run(source)
        assert history.epochs.tolist() == [1, 2, 3, 4, 5]
        assert list(history.series) == ["train/box", "val/box", "map50"]
        assert history.wall_time.tolist() == [10.5, 20.5, 30.5, 40.5, 50.5]
        assert (history.best_epoch, history.name, history.skipped, history.warnings) == (5, "run", (), ())


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_padding_mark_and_line_ends(write, ending):
    text = "\ufeff" + "                  epoch,         train/box_loss,       metrics/mAP50(B)\n"
    text += "".join(f"{e:>23},{1 / e:>23.5f},{0.1 * e:>23.5f}\n" for e in range(1, 4)) + "\n  \n"
    history = read_run(write(text.replace("\n", ending)))
    assert len(history) == 3
    assert history.series["map50"].tolist() == [0.1, 0.2, 0.3]


def test_half_written_last_line_is_never_a_number(write):
    """Cut the file after every byte: what is shown is always a prefix of the whole."""
    whole = (HEAD + "".join(ROWS)).encode()
    full = read_run(write(whole))
    for length in range(len(whole)):
        history = read_run(write(whole[:length]))
        lines = whole[:length].count(b"\n")
        assert len(history) == max(0, lines - 1)
        for name, column in history.series.items():
            assert column.tolist() == full.series[name][: len(history)].tolist()
        open_line = bool(whole[:length].rpartition(b"\n")[2])
        assert sum(skip.count for skip in history.skipped) == open_line


def test_nothing_yet(write):
    assert len(read_run(write(b""))) == 0
    history = read_run(write(HEAD))
    assert (len(history), history.best_epoch, list(history.series)) == (0, None, ["train/box", "val/box", "map50"])


def test_values_that_are_not_finite_are_gaps_and_counted(write):
    history = read_run(write(HEAD + ROWS[0] + "2,20.5,nan,inf,\n" + "3,30.5,-inf,NaN,0.3\n" + ROWS[3]))
    assert [skip.count for skip in history.skipped] == [5]
    assert "line 3" in history.skipped[0].where
    assert np.isnan(history.series["train/box"]).tolist() == [False, True, True, False]
    assert history.best_epoch == 4
    text = json.dumps(run_summary(history), allow_nan=False)
    assert json.loads(text)["series"]["map50"] == [0.1, None, 0.3, 0.4]


def test_second_run_is_counted_on(write):
    history = read_run(write(HEAD + "".join(ROWS) + "".join(ROWS[:3])))
    assert history.epochs.tolist() == list(range(1, 9))
    assert history.run_starts == (6,)
    assert "line 7: epoch goes back from 5 to 1: another run begins" in history.warnings[0]
    assert history.series["map50"][5] == 0.1
    assert history.stopped_early is None


def test_repeated_header_is_no_row(write):
    history = read_run(write(HEAD + "".join(ROWS) + HEAD + "".join(ROWS[:2])))
    assert (len(history), history.run_starts) == (7, (6,))


def test_resumed_run_replaces_what_it_wrote_again(write):
    again = "4,99.0,0.9,0.9,0.9\n5,99.0,0.8,0.8,0.8\n6,99.0,0.7,0.7,0.7\n"
    history = read_run(write(HEAD + "".join(ROWS) + again))
    assert history.epochs.tolist() == [1, 2, 3, 4, 5, 6]
    assert history.series["map50"].tolist() == [0.1, 0.2, 0.3, 0.9, 0.8, 0.7]
    assert history.run_starts == ()
    assert history.skipped[0].count == 2
    assert "resumed at epoch 4" in history.skipped[0].reason


def test_repeated_epoch_is_merged(write):
    history = read_run(write(HEAD + ROWS[0] + ROWS[1] + "2,21.0,0.5,0.6,0.25\n" + ROWS[2]))
    assert history.series["map50"].tolist() == [0.1, 0.25, 0.3]


def test_epochs_from_zero_are_counted_from_one(write):
    history = read_run(write("epoch,train/box_loss,metrics/mAP_0.5,x/lr0\n0,1,0.1,0.01\n1,0.9,0.2,0.01\n"))
    assert history.epochs.tolist() == [1, 2]
    assert "counted from 0" in history.warnings[0]
    resumed = read_run(write("epoch,train/box_loss,metrics/mAP_0.5,x/lr0\n50,1,0.1,0.01\n51,0.9,0.2,0.01\n"))
    assert resumed.epochs.tolist() == [51, 52]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        (HEAD + "".join(ROWS[:3]) + "4,40.5,0.2,0.3,0.4,0.5,0.6\n", ("line 5", "7 fields")),
        (HEAD + ROWS[0] + "2,20.5,0.2\n", ("line 3", "3 fields")),
        (HEAD + "1,2,abc,0.1,0.2\n", ("line 2", "train/box_loss", "'abc'")),
        (HEAD + "1.5,2,1,0.1,0.2\n", ("line 2", "1.5")),
        (HEAD + "nan,2,1,0.1,0.2\n", ("line 2",)),
        (HEAD + "-3,2,1,0.1,0.2\n", ("line 2", "-3")),
        (HEAD + "99999999999,2,1,0.1,0.2\n", ("line 2",)),
        ("epoch;loss\n1;0,5\n2;0,4\n", ("line 1", "semicolons")),
        ("epoch,loss\n1," + "9" * 200_000 + "\n", ("line 2",)),
        ("epoch,loss\n1," + "9" * 2_000 + "\n", ("line 2", "2000 characters")),
    ],
)
def test_what_cannot_be_trusted_names_its_place(write, text, places):
    with pytest.raises(DataError) as caught:
        read_run(write(text))
    message = str(caught.value)
    assert message.startswith("results.csv: ")
    assert "\n" not in message
    for place in places:
        assert place in message


def test_block_of_nul_bytes(write):
    row = ROWS[2].encode()
    for tail, epochs in ((b"\0" * 512, 2), (b"\0" * 512 + b"\n" + row, 3), (b"\0\0" + row, 2)):
        history = read_run(write((HEAD + "".join(ROWS[:2])).encode() + tail))
        assert len(history) == epochs
        assert history.skipped[0].where == "line 4"
        assert "NUL" in history.skipped[0].reason


def test_hostile_column_names_are_only_names(write):
    header = 'epoch,<img src=x onerror=alert(1)>,"=HYPERLINK(""http://a.invalid"")",</script>,__proto__\n'
    history = read_run(write(header + "1,0.5,0.5,0.5,0.5\n"))
    assert list(history.series)[1:] == ['=HYPERLINK("http://a.invalid")', "</script>", "__proto__"]


def test_twin_columns_are_both_kept(write):
    history = read_run(write("epoch,loss,loss\n1,0.5,0.6\n"))
    assert [column[0] for column in history.series.values()] == [0.5, 0.6]
    assert any("'loss'" in warning for warning in history.warnings)


# ---------------------------------------------------------------- settings and folders


def test_settings_beside_the_log(write):
    path = write(HEAD + "".join(ROWS))
    (path.parent / "args.yaml").write_text("task: segment\nepochs: 10\npatience: 3\nmodel: !!python/object:x.y {}\n")
    broken = read_run(path)
    assert broken.planned_epochs is None
    assert "args.yaml" in broken.warnings[0]
    (path.parent / "args.yaml").write_text("task: segment\nepochs: 10\npatience: 3\n")
    history = read_run(path)
    assert (history.task, history.planned_epochs, history.patience, history.stopped_early) == ("segment", 10, 3, None)
    (path.parent / "args.yaml").write_text("task: <b>\nepochs: 1e3\npatience: yes\n")
    odd = read_run(path)
    assert (odd.task, odd.planned_epochs, odd.patience) == ("detect", None, None)


@pytest.mark.parametrize("text", ["a: [" * 50_000, "\0", "a: &a [*a]", "- 1\n- 2\n", "x: 2024-99-99\n", ""])
def test_odd_settings_never_stop_the_reading(write, text):
    path = write(HEAD + "".join(ROWS))
    (path.parent / "args.yaml").write_text(text)
    assert len(read_run(path)) == 5


def test_early_stop(write):
    rows = "".join(f"{e},1,{0.5 if e == 3 else 0.4},{0.5 if e == 3 else 0.4}\n" for e in range(1, 14))
    path = write("epoch,train/box_loss,metrics/mAP50(B),metrics/mAP50-95(B)\n" + rows)
    for settings, expected in (
        ("epochs: 100\npatience: 10\n", True),
        ("epochs: 13\npatience: 10\n", False),
        ("epochs: 100\npatience: 11\n", None),
        ("epochs: 100\n", None),
        ("patience: 10\n", None),
    ):
        (path.parent / "args.yaml").write_text(settings)
        assert read_run(path).stopped_early is expected, settings


def test_log_in_a_folder_below(write):
    path = write(HEAD + ROWS[0])
    assert len(read_run(path.parent.parent)) == 1


def test_several_runs_in_a_folder_are_named(tmp_path):
    for name in ("train", "train2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.csv").write_text(HEAD + ROWS[0])
    with pytest.raises(DataError, match=r"holds 2 training logs \(train/results.csv, train2/results.csv\)"):
        read_run(tmp_path)


def test_nothing_there(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_run(tmp_path / "absent")
    with pytest.raises(DataError, match="no training log was found"):
        read_run(tmp_path)
    os.mkfifo(tmp_path / "results.csv")
    with pytest.raises(DataError, match="no training log was found"):
        read_run(tmp_path)
    with pytest.raises(DataError, match="not a regular file"):
        read_run(tmp_path / "results.csv")
    (tmp_path / "picture.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(DataError, match="not recognised"):
        read_run(tmp_path / "picture.png")


def test_format_is_checked_and_used(write):
    path = write("epoch,train/box_loss,metrics/mAP50(B)\n1,0.5,0.5\n")
    assert read_run(path, format="csv").framework == "unknown"
    with pytest.raises(OptionError, match="did you mean 'ultralytics'"):
        read_run(path, format="ultralitics")


def test_a_history_is_returned_as_it_is(write):
    history = read_run(write(HEAD + ROWS[0]))
    assert read_run(history) is history


def test_readers_have_examples_and_unique_names():
    names = [reader.name for reader in run_readers()]
    assert len(set(names)) == len(names)
    assert {"ultralytics", "csv"} <= set(names)
    assert all(reader.example and reader.patterns for reader in run_readers())


# ---------------------------------------------------------------- tables of one's own


def test_columns_are_guessed_and_shown(write):
    text = "Epoch,Train Loss,valid_loss,mAP@0.5,mAP@0.5:0.95,note,lr\n1,2,3,50.0,20,good,0.1\n2,1,2,60.0,30,bad,0.1\n"
    history = read_run(write(text, "mine.csv"))
    assert history.series["map50"].tolist() == [0.5, 0.6]
    assert history.series["map50_95"].tolist() == [0.2, 0.3]
    assert {"train/total", "val/total", "lr/0"} <= history.series.keys()
    assert any("valid_loss → val/total" in warning for warning in history.warnings)
    assert any("percent" in warning for warning in history.warnings)
    assert history.skipped[0].where == "column 'note'"
