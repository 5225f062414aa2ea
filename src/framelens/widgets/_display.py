"""What every framelens widget shows where it cannot live, and how it goes."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any, TypeAlias

from ipywidgets import DOMWidget, Widget

from framelens.widgets.shown import forget, freeze, present_cell, show

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from framelens.evaluation import Evaluation
    from framelens.report.html import Subject

__all__ = ["Fallback", "FallbackMixin", "close_all"]

#: Plain text and a PNG.
Fallback: TypeAlias = "tuple[str, bytes]"


class FallbackMixin(DOMWidget):  # type: ignore[misc]
    """Adds a text, a picture and the static twin to the widget's output, and takes its layout along when it closes.

    There is no ``text/html`` among them: GitHub, Markdown exports and notebooks that are not trusted
    show the picture, terminals and search the text. Both are made when the widget is displayed.
    """

    made_in: str

    def __init__(self, *args: Any, **options: Any) -> None:
        self.made_in = present_cell()
        super().__init__(*args, **options)

    def _fallback(self) -> Fallback:
        """Return the text and the PNG that stand for the widget."""
        raise NotImplementedError

    def subject(self) -> Subject:
        """Return what is shown now, for a page without a kernel."""
        raise NotImplementedError

    def _twin_traits(self) -> dict[str, Any]:
        """Return the values that the page begins with."""
        raise NotImplementedError

    def export(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write what is shown as tables, numbers and pictures into a folder; see :meth:`framelens.Evaluation.export`.

        Parameters
        ----------
        folder : path
            Made if it is not there.

        Raises
        ------
        OptionError
            If the folder cannot be written.
        """
        raise NotImplementedError

    def shows(self, evaluation: Evaluation) -> bool:  # noqa: ARG002 - a widget may show none
        """Tell whether the widget was made for, or shows, this evaluation."""
        return False

    def freeze(self, *, pictures: int | None = None, max_bytes: int | None = None) -> None:
        """Make the static twins of this widget again; see :meth:`framelens.Evaluation.freeze`."""
        freeze(self, pictures=pictures, max_bytes=max_bytes)

    def _ipython_display_(self) -> None:
        show(self)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"], png = self._fallback()
        data["image/png"] = b64encode(png).decode("ascii")
        return bundle

    def close(self) -> None:
        """Leave the page and free every part."""
        forget(self)
        close_all(self)


def close_all(*widgets: Widget, keep: Iterable[Widget] = ()) -> None:
    """Close widgets with everything they hold: layouts, styles, children, marks, scales.

    ``Widget.close`` closes one; ipywidgets keeps the others for ever. What is in ``keep`` lives on.
    """
    kept = {id(widget) for widget in keep}
    found: dict[int, Widget] = {}
    waiting = list(widgets)
    while waiting:
        widget = waiting.pop()
        if id(widget) not in found and id(widget) not in kept:
            found[id(widget)] = widget
            held = (getattr(widget, name) for name in widget.keys if widget.trait_has_value(name))
            waiting.extend(part for value in held for part in _widgets_in(value))
    for widget in found.values():
        Widget.close(widget)


def _widgets_in(value: object) -> Iterator[Widget]:
    if isinstance(value, Widget):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _widgets_in(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _widgets_in(part)
