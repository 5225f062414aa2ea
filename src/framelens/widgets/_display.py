"""What every framelens widget shows where it cannot live, and how it goes."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

from ipywidgets import DOMWidget

if TYPE_CHECKING:
    from framelens.evaluation import Evaluation

__all__ = ["FallbackMixin"]


class FallbackMixin(DOMWidget):  # type: ignore[misc]
    """Adds a text and a picture to the widget's own output, and takes its layout along when it closes.

    There is no ``text/html`` among them: GitHub, Markdown exports and notebooks that are not trusted
    show the picture, terminals and search the text. Both are made when the widget is displayed.
    """

    @property
    def evaluation(self) -> Evaluation:
        """The evaluation that is shown."""
        raise NotImplementedError

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        from framelens.summary import as_text
        from framelens.widgets.snapshot import draw_snapshot

        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        data["text/plain"] = as_text(self.evaluation)
        data["image/png"] = b64encode(draw_snapshot(self.evaluation)).decode("ascii")
        return bundle

    def close(self) -> None:
        """Leave the page and free everything; ipywidgets itself would keep the layout for ever."""
        layout = self.layout if self.comm is not None else None
        super().close()
        if layout is not None:
            layout.close()
