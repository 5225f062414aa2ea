"""What counts as a signal: every threshold of :func:`framelens.training.signals.find_signals`, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from framelens.errors import check_not_negative

__all__ = ["SignalSettings"]


@dataclass(frozen=True, slots=True)
class SignalSettings:
    """Thresholds of the signals. Heights of metrics are fractions, of positive losses relative changes.

    A positive loss is looked at as its logarithm: 0.03 means 3 per cent, whatever the scale. Noise is
    the robust standard deviation about the trend, from epoch to epoch.

    Attributes
    ----------
    shortest_run : int
        With fewer epochs that have a value nothing is said of a curve's shape.
    warm_up : int
        First epochs in which a loss may rise and a metric fall without a signal: the learning rate warms up.
    tail_share, shortest_tail : float, int
        The end of a run: this share of its epochs, at least so many.
    trend_z : float
        Mann-Kendall statistic from which a stretch has a direction.
    rising_gain : float
        "rising": the end gains at least this share of the whole rise.
    plateau_band, plateau_gain : float
        "plateau": from its onset the smoothed curve stays within ``plateau_band`` of the whole rise below
        the last level, gains or loses at most ``plateau_gain`` of it, and at most half of that within as
        many epochs as the end of the run has.
    spike_noise, spike_share, longest_spike : float, float, int
        "spike": worse than the median of 11 epochs by so many times the noise nearby and by this share of
        the curve's range, for at most so many epochs.
    drop_noise, drop_share, drop_reach, after_drop : float, float, int, int
        "drop": a step in the line through ``drop_reach`` epochs on both sides, worse by so many times its
        standard error and by this share of the range, of which three quarters are not made up for within twice
        ``longest_spike`` epochs; at least ``after_drop`` epochs must follow.
    least_metric, least_loss : float
        A spike, a drop or a rise smaller than this says nothing (metric: fraction, loss: relative).
    turn_rise, turn_noise, train_fall, after_turn : float, float, float, int
        "divergence": the validation loss ends ``turn_rise`` above its lowest and by ``turn_noise`` times the
        noise of the two levels, while the training loss falls by ``train_fall``, for at least ``after_turn`` epochs.
    near_zero, shortest_near_zero : float, int
        "flat near zero": a metric below ``near_zero`` for at least so many epochs.

    Raises
    ------
    OptionError
        If a value is negative or not a number.
    """

    shortest_run: int = 8
    warm_up: int = 4
    tail_share: float = 0.2
    shortest_tail: int = 8
    trend_z: float = 2.5
    rising_gain: float = 0.03
    plateau_band: float = 0.04
    plateau_gain: float = 0.06
    spike_noise: float = 6.0
    spike_share: float = 0.06
    longest_spike: int = 3
    drop_noise: float = 6.0
    drop_share: float = 0.06
    drop_reach: int = 10
    after_drop: int = 4
    least_metric: float = 0.01
    least_loss: float = 0.03
    turn_rise: float = 0.03
    turn_noise: float = 4.0
    train_fall: float = 0.02
    after_turn: int = 5
    near_zero: float = 0.01
    shortest_near_zero: int = 5

    def __post_init__(self) -> None:
        check_not_negative(self)
