"""What is displayed: each widget with its static twin, and never two generations in one cell."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol

from framelens.errors import OptionError
from framelens.settings import options

if TYPE_CHECKING:
    from collections.abc import Mapping

    from framelens.evaluation import Evaluation
    from framelens.report.html import Subject

__all__ = ["Shown", "current_traits", "forget", "freeze", "present_cell", "show"]

#: Bytes of the notebook around text, picture and script of the two outputs.
_OF_OUTPUTS: Final = 2_000
_STATE_OF_THE_FRONT_END: Final = {"head", "data", "core", "panels", "picked", "layout", "tabbable", "tooltip"}


class Twinned(Protocol):
    """A widget that has a twin; ``made_in``: the cell that made it."""

    made_in: str

    def subject(self) -> Subject:
        """Return what it shows now, for a page without a kernel."""

    def shows(self, evaluation: Evaluation) -> bool:
        """Tell whether it was made for, or shows, this evaluation."""

    def add_class(self, name: str) -> object:
        """Mark its element."""

    def close(self) -> None:
        """Free it."""

    def _repr_mimebundle_(self) -> Any: ...

    def _fallback(self) -> tuple[str, bytes]: ...

    def _twin_traits(self) -> Mapping[str, Any]: ...


@dataclass(slots=True)
class Shown:
    """One output: the widget, its twin's handle, and the cell and run that displayed it."""

    widget: Twinned
    identity: str
    cell: str
    run: str
    handle: Any = None


_shown: list[Shown] = []


def show(widget: Twinned) -> None:
    """Display a widget and then its twin, and close what an earlier run of this cell displayed.

    The widget is on its way to the browser before the twin is made.

    Parameters
    ----------
    widget : Dashboard or EvaluationWidget
    """
    from IPython.display import display

    cell, run = _place()
    _close_earlier(widget, cell, run)
    one = Shown(widget, f"fl-{secrets.token_hex(6)}", cell, run)
    widget.add_class(one.identity)  # after display it would have no effect
    bundle = widget._repr_mimebundle_()
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    display(data, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
    _shown.append(one)
    if options.twin:
        one.handle = display(_twin(one), raw=True, display_id=f"{one.identity}-twin")  # type: ignore[no-untyped-call]


def freeze(
    widget: Twinned | None,
    *,
    evaluation: Evaluation | None = None,
    pictures: int | None = None,
    max_bytes: int | None = None,
) -> None:
    """Make the twins of a widget, or of all that show an evaluation, again with what is selected now.

    Parameters
    ----------
    widget : Dashboard, EvaluationWidget or None
    evaluation : Evaluation or None
        Where no widget is given.
    pictures, max_bytes : int or None
        Budget; None takes that of :data:`framelens.options`.

    Raises
    ------
    OptionError
        Nothing of it is displayed, so there is no output to write into.
    """
    from IPython.display import display

    found = [one for one in _shown if one.widget is widget or (evaluation is not None and one.widget.shows(evaluation))]
    if not found:
        raise OptionError("nothing of this evaluation is displayed in this notebook; display it first")
    for one in found:
        twin = _twin(one, pictures, max_bytes)
        if one.handle is None:  # displayed while twins were off
            one.handle = display(twin, raw=True, display_id=f"{one.identity}-twin")  # type: ignore[no-untyped-call]
        else:
            one.handle.update(twin, raw=True)


def _twin(one: Shown, pictures: int | None = None, max_bytes: int | None = None) -> dict[str, str]:
    from framelens.report.twin import MIME, make_twin

    widget = one.widget
    text, png = widget._fallback()  # noqa: SLF001 - those of the first output
    if max_bytes is None:  # the limit is that of both outputs
        max_bytes = max(options.twin_bytes - len(png) * 4 // 3 - 2 * len(text) - _OF_OUTPUTS, 0)
    script = make_twin(
        widget.subject(),
        one.identity,
        traits=widget._twin_traits(),  # noqa: SLF001
        pictures=pictures,
        max_bytes=max_bytes,
        png=png,
    )
    return {MIME: script, "text/plain": ""}


def _close_earlier(widget: Twinned, cell: str, run: str) -> None:
    """Close the widgets of an earlier run of the cell: nobody sees them, and each would stay in the kernel and file.

    A widget that was made in another cell is the user's, who may show it again.
    """
    if not cell:
        return
    for one in [one for one in _shown if one.cell == cell and one.run != run]:
        _shown.remove(one)
        if one.widget is not widget and one.widget.made_in == cell:
            one.widget.close()


def present_cell() -> str:
    """Return the identity of the cell that runs; empty where the front end does not tell."""
    return _place()[0]


def forget(widget: object) -> None:
    """Drop a widget that is closed."""
    _shown[:] = [one for one in _shown if one.widget is not widget]


def _place() -> tuple[str, str]:
    """Return the identity of the cell that runs and of this run; empty where the front end does not tell."""
    from IPython.core.getipython import get_ipython

    parent = getattr(get_ipython(), "parent_header", None) or {}
    metadata, header = parent.get("metadata") or {}, parent.get("header") or {}
    return str(metadata.get("cellId") or ""), str(header.get("msg_id") or "")


def current_traits(widget: Any) -> dict[str, Any]:
    """Return the values that a view starts from: every shared trait of ours that JSON can hold."""
    names = [
        name
        for name in widget.trait_names(sync=True)
        if not name.startswith("_") and name not in _STATE_OF_THE_FRONT_END
    ]
    return {name: value for name, value in sorted(widget.get_state(names).items()) if _is_plain(value)}


def _is_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(part) for key, part in value.items())
    if isinstance(value, (list, tuple)):
        return all(map(_is_plain, value))
    return value is None or isinstance(value, (str, int, bool)) or (isinstance(value, float) and value - value == 0)
