"""What the curves of a run are said to do: on made runs, on real logs, and whatever is thrown at them."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from framelens.errors import OptionError
from framelens.training import History, read_run
from framelens.training.signals import KINDS, SignalSettings, find_signals
from made_runs import make_runs
from signal_scores import score_signals

SHAPES = ("plateau", "rising", "drop", "spike", "divergence")


def run(**series):
    columns = {name.replace("__", "/"): np.asarray(values, dtype=float) for name, values in series.items()}
    count = len(next(iter(columns.values())))
    return History("made", "detect", np.arange(1, count + 1), columns)


def found(history, *kinds, options=None):
    signals = find_signals(history, options) if options else find_signals(history)
    return [(s.kind, s.series, s.start_epoch) for s in signals if s.kind in (kinds or SHAPES)]


def rise(count, onset, top=0.8, noise=0.004, seed=0):
    at = np.arange(1, count + 1)
    return top * np.minimum(at / onset, 1) + noise * np.random.default_rng(seed).standard_normal(count)


# -- made runs -------------------------------------------------------------------------------------


def test_known_events_are_found_and_little_else():
    """The whole sample of 500 runs is reported by ``python benchmarks/signals.py``."""
    for kind, score in score_signals(make_runs(150, seed=11)).items():
        assert score.events >= 15, f"{kind}: too few events to tell"
        assert score.recall >= 0.95, f"{kind}: {score}"
        assert score.alarm_rate <= 0.05, f"{kind}: {score}"


@pytest.mark.parametrize("length", [12, 30, 100, 400])
def test_noise_alone_gives_no_signal(length):
    alarmed = 0
    for seed in range(60):
        noise = np.random.default_rng([length, seed]).standard_normal((3, length))
        history = run(
            map50_95=0.5 + 0.02 * noise[0], train__box=np.exp(0.02 * noise[1]), val__box=np.exp(0.02 * noise[2])
        )
        alarmed += bool(found(history))
    assert alarmed <= 3


@pytest.mark.parametrize("length", range(8))
def test_a_short_run_has_no_shape(length):
    curve = np.array([0.1, 0.5, 0.2, 0.6, 0.6, 0.1, 0.6])[:length]
    assert found(run(map50_95=curve, train__box=1 / (1 + curve), val__box=1 + curve)) == []


def test_the_end_of_a_run_is_flat_or_climbs_never_both():
    for made in make_runs(60, seed=5):
        kinds = {(kind, series) for kind, series, _ in found(made.history, "plateau", "rising")}
        assert len(kinds) == len({series for _, series in kinds})


def test_a_spike_is_not_a_drop():
    curve = rise(60, 20)
    spiked, dropped = curve.copy(), curve.copy()
    spiked[40:42] -= 0.3
    dropped[40:] -= 0.3
    assert found(run(map50_95=spiked), "spike", "drop") == [("spike", "map50_95", 41)]
    assert found(run(map50_95=dropped), "spike", "drop") == [("drop", "map50_95", 41)]


def test_a_jump_for_the_better_is_no_alarm():
    curve, loss = rise(60, 20), np.exp(-rise(60, 20))
    curve[40], loss[30:32] = 1.0, loss[30:32] * 0.7
    loss[45:] *= 0.7  # as when the trainer turns its augmentation off
    assert found(run(map50_95=curve, train__box=loss), "spike", "drop") == []


def test_a_step_within_the_last_epochs_cannot_be_told_from_a_spike():
    curve = rise(60, 20)
    curve[-2:] -= 0.3
    assert found(run(map50_95=curve), "spike", "drop") == []


def test_the_warm_up_may_be_wild():
    loss = np.concatenate(([1.0, 3.0, 4.0, 2.0], np.geomspace(1.5, 0.5, 46)))
    assert found(run(val__box=loss), "spike", "drop") == []


def test_divergence_needs_a_training_loss_that_falls():
    epochs = np.arange(1, 61)
    up = np.exp(np.abs(epochs - 30) / 60)
    falling, flat = np.geomspace(2, 0.5, 60), np.concatenate((np.geomspace(2, 1, 30), np.ones(30)))
    noise = np.exp(0.004 * np.random.default_rng(1).standard_normal(60))
    [(_, series, onset)] = found(run(train__box=falling * noise, val__box=up), "divergence")
    assert series == "val/box"
    assert abs(onset - 30) <= 3
    assert found(run(train__box=flat * noise, val__box=up), "divergence") == []
    assert found(run(val__box=up), "divergence") == []


def test_a_validation_loss_that_came_down_again_is_no_divergence():
    epochs = np.arange(1, 121)
    hump = np.exp(0.4 * np.exp(-(((epochs - 60) / 15) ** 2)) - epochs / 200)
    assert found(run(train__box=np.geomspace(2, 0.5, 120), val__box=hump), "divergence") == []


# -- what logs are like ------------------------------------------------------------------------------


def test_a_loss_that_is_always_zero_says_nothing_and_makes_no_total():
    epochs = np.arange(1, 61)
    zero, up = np.zeros(60), np.exp(np.abs(epochs - 30) / 60)
    history = run(train__box=np.geomspace(2, 0.5, 60), val__box=up, train__cls=zero, val__cls=zero)
    assert {signal.series for signal in find_signals(history)} == {"val/box"}


def test_several_parts_make_a_total():
    epochs = np.arange(1, 61)
    up, falling = np.exp(np.abs(epochs - 30) / 60), np.geomspace(2, 0.5, 60)
    history = run(train__box=falling, val__box=up, train__cls=falling, val__cls=2 * up)
    assert [series for _, series, _ in found(history, "divergence")] == ["val/total", "val/box", "val/cls"]


def test_gaps_are_left_out():
    curve = rise(80, 30)
    curve[10:13] = np.nan
    curve[np.random.default_rng(3).random(80) < 0.2] = np.nan
    [(_, _, onset)] = found(run(map50_95=curve), "plateau")
    assert 24 <= onset <= 34


def test_values_that_a_log_repeats_between_evaluations_count_once():
    steps = np.repeat(rise(30, 12, noise=0.002), 10)
    [(kind, _, onset)] = found(run(map50_95=steps))
    assert kind == "plateau"
    assert abs(onset - 120) <= 21


def test_zeros_before_the_first_evaluation_do_not_count():
    loss = np.concatenate((np.zeros(10), np.geomspace(3, 1, 60)))
    assert found(run(train__box=loss, val__box=loss)) == []


def test_each_run_of_an_appended_log_is_looked_at_by_itself():
    first, second = rise(40, 15, top=0.8), rise(40, 20, top=0.6, seed=1)
    joined = replace(run(map50_95=np.concatenate((first, second))), run_starts=(41,))
    plateaus = [s for s in find_signals(joined) if s.kind == "plateau"]
    assert [s.end_epoch for s in plateaus] == [40, 80]
    assert found(joined, "drop") == []


def test_flat_near_zero_has_its_epochs():
    curve = np.concatenate((np.full(18, 0.001), rise(30, 25)))
    [signal] = [s for s in find_signals(run(map50=curve)) if s.kind == "flat_near_zero"]
    assert (signal.start_epoch, signal.end_epoch) == (1, 18)
    assert found(run(map50=np.zeros(4)), "flat_near_zero") == []


def test_early_stop_names_the_plan():
    history = replace(run(map50_95=rise(91, 41)), best_epoch=41, stopped_early=True, planned_epochs=200, patience=50)
    [signal] = [s for s in find_signals(history) if s.kind == "early_stop"]
    assert (signal.start_epoch, signal.end_epoch) == (41, 91)
    assert signal.text == "stopped at epoch 91 of 200 planned; best epoch 41, patience 50"


def test_noise_is_measured():
    [signal] = [s for s in find_signals(run(map50_95=rise(300, 100, noise=0.02))) if s.kind == "noise"]
    assert 0.015 < float(signal.text.split("varies by ")[1].split()[0]) < 0.025


def test_an_empty_history_has_no_signals():
    assert find_signals(run(map50_95=[])) == ()
    assert find_signals(History("made", "detect", np.arange(1, 4), {})) == ()


# -- properties --------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(number=st.integers(0, 200), factor=st.floats(1e-6, 1e6), shift=st.integers(0, 1000))
def test_scale_of_losses_and_number_of_first_epoch_do_not_matter(number, factor, shift):
    made = make_runs(1, seed=number)[0].history
    series = {name: col * (factor if "/" in name else 1) for name, col in made.series.items()}
    moved = replace(made, series=series, epochs=made.epochs + shift)
    assert [(k, s, e + shift) for k, s, e in found(made)] == found(moved)


@settings(max_examples=15)
@given(number=st.integers(0, 200), factor=st.floats(1e-3, 1e3))
def test_losses_below_zero_have_no_scale_either(number, factor):
    made = make_runs(1, seed=number)[0].history
    losses = {name: np.log(made.series[name]) for name in ("train/box", "val/box")}
    moved = {name: column * factor for name, column in losses.items()}
    assert found(replace(made, series=losses)) == found(replace(made, series=moved))


@settings(max_examples=20)
@given(number=st.integers(0, 200), more=st.integers(1, 60))
def test_more_of_the_same_changes_no_earlier_event(number, more):
    """A flat end that goes on flat: what was found stays where it was."""
    curve = rise(100, 35, seed=number)
    curve[70] -= 0.3
    longer = np.concatenate((curve, 0.8 + 0.004 * np.random.default_rng(number + 1).standard_normal(more)))
    before, after = ({k: e for k, _, e in found(run(map50_95=c))} for c in (curve, longer))
    assert before.keys() == after.keys() == {"plateau", "spike"}
    assert before["spike"] == after["spike"] == 71
    assert abs(before["plateau"] - after["plateau"]) <= 2


@settings(max_examples=150)
@given(
    arrays.arrays(
        np.float64,
        st.tuples(st.just(4), st.integers(0, 40)),
        elements=st.floats(allow_nan=True, allow_infinity=False, width=32) | st.sampled_from([0.0, 0.5, 1.0]),
    )
)
def test_any_numbers_give_sound_signals(columns):
    names = ("map50", "precision", "train/box", "val/box")
    history = run(**dict(zip(names, columns, strict=True)))
    for signal in find_signals(history):
        assert signal.kind in KINDS
        assert 1 <= signal.start_epoch <= signal.end_epoch <= len(history)
        assert 0 <= signal.strength <= 1
        json.dumps(signal.as_dict(), allow_nan=False)


@pytest.mark.parametrize("wrong", [-1, float("nan"), float("inf"), "a"])
def test_settings_are_checked(wrong):
    with pytest.raises(OptionError, match="spike_noise"):
        SignalSettings(spike_noise=wrong)


def test_settings_are_thresholds():
    curve = rise(60, 20)
    curve[40] -= 0.3
    assert found(run(map50_95=curve), "spike", options=SignalSettings(spike_share=0.9)) == []


# -- real logs ---------------------------------------------------------------------------------------

#: log: what must be found as (kind, series, first and last epoch it may begin at), and kinds that must not be
REAL = {
    "ultralytics/predict_yolo_batch_size__train67": (
        [("divergence", "val/total", 78, 90), ("best_epoch", "map50_95", 85, 85)],
        ["rising", "early_stop", "flat_near_zero"],
    ),
    "ultralytics/predict_yolo_batch_size__train70": (
        [("best_epoch", "map50_95", 89, 89), ("plateau", "map50_95", 55, 85)],
        ["divergence", "rising", "early_stop"],
    ),
    "ultralytics/predict_yolo_batch_size__train10": ([("best_epoch", "map50_95", 1, 1)], [*SHAPES, "noise"]),
    "ultralytics/predict_yolo_batch_size__train181": ([("best_epoch", "map50_95", 4, 4)], list(SHAPES)),
    "ultralytics/cv4ecology__2_exp_nobirds_gpu": (
        [("early_stop", "map50_95", 41, 41), ("best_epoch", "map50_95", 41, 41), ("plateau", "map50_95", 35, 50)],
        ["rising", "divergence"],
    ),
    "ultralytics/cv4ecology__olds_3_exp_batch_32": (
        [("drop", "map50_95", 147, 149), ("drop", "map50", 147, 149), ("early_stop", "map50_95", 115, 120)],
        ["rising", "divergence"],
    ),
    "ultralytics/cv4ecology__1_exp_batch_16": ([("plateau", "map50", 40, 110)], ["early_stop", "divergence"]),
    "ultralytics/yolov5_obb__exp2": ([("flat_near_zero", "map50_95", 1, 1)], ["plateau", "rising", "divergence"]),
    "ultralytics/yolov5_obb__exp3": ([("best_epoch", "map50_95", 50, 50)], ["plateau", "early_stop"]),
    "ultralytics/yolo_learn__obb_train": ([("flat_near_zero", "map50_95", 1, 1)], list(SHAPES)),
    "ultralytics/yolo_learn__detect_train": ([], list(SHAPES)),
    "ultralytics/yolov5_70_seg__exp/results.csv": ([("best_epoch", "map50_95", 1, 1)], [*SHAPES, "noise"]),
    "ultralytics/ANPR__v5_exp/results.csv": ([("plateau", "map50", 3, 10)], ["divergence", "drop"]),
    "ultralytics/UltralythicsModelTesting__seg_train6": (
        [("rising", "map50_95", 80, 100)],
        ["divergence", "plateau", "drop"],
    ),
    "ultralytics/UltralythicsModelTesting__seg_train40": ([("plateau", "map50", 50, 110)], ["rising", "drop"]),
    "ultralytics/arrow_detection__train": ([("plateau", "map50", 10, 20)], ["divergence", "rising", "drop"]),
    "ultralytics/kitti_cv_project__rtdetr": ([("divergence", "val/giou", 8, 17)], ["early_stop"]),
    "ultralytics/yolov9-PID__exp/results.csv": ([("rising", "map50_95", 16, 20)], ["divergence", "drop", "plateau"]),
    "ultralytics/yolov10__yolov10n.csv": ([("best_epoch", "map50_95", 491, 500)], ["divergence", "drop"]),
    "ultralytics/yolov10__yolov10m.csv": ([("best_epoch", "map50_95", 491, 500)], ["divergence", "drop"]),
    "custom_csv/kitti_cv_project__faster_rcnn_lr_0.005_batch_4": (
        [("rising", "map50", 40, 42), ("best_epoch", "map50", 49, 49)],
        ["plateau", "drop", "spike", "divergence"],
    ),
    "yolov7/Bone-Fracture__results.txt": ([("plateau", "map50", 50, 80)], ["rising", "early_stop"]),
}


@pytest.mark.parametrize("log", REAL)
def test_real_logs(real, log):
    wanted, unwanted = REAL[log]
    signals = find_signals(read_run(real / "logs" / log))
    for kind, series, first, last in wanted:
        starts = [s.start_epoch for s in signals if (s.kind, s.series) == (kind, series)]
        assert any(first <= start <= last for start in starts), f"{kind} of {series} begins at {starts}"
    main = [s for s in signals if s.series in {"map50", "map50_95"} or s.kind == "divergence"]
    assert [s.text for s in main if s.kind in unwanted] == []
