"""A whole notebook as one page that asks for nothing, for nbconvert and the command line.

``jupyter nbconvert --to framelens``, *Save and Export Notebook As → Offline_report* in JupyterLab
and Notebook 7, and ``framelens report`` all end here. Needs the extra ``export``.
"""

from __future__ import annotations

import copy
import mimetypes
import sys
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from jinja2 import pass_context
from nbconvert.exporters import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from traitlets import default

from framelens.data.writing import write_file
from framelens.errors import DataError, OptionError, one_line
from framelens.report.markup import inert
from framelens.report.mathematics import as_mathml
from framelens.report.others import other_widgets
from framelens.report.seal import seal
from framelens.report.state import read_notebook

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

__all__ = ["CommandLineExporter", "OfflineReportExporter", "write_notebook_report"]

_VIEW = "application/vnd.jupyter.widget-view+json"
_SCRIPT = "application/javascript"
#: What a page shows of an output.
_SHOWN = frozenset(
    {
        _SCRIPT,
        *("text/html", "text/markdown", "text/latex", "text/plain"),
        *("image/svg+xml", "image/png", "image/jpeg"),
    }
)
_SECONDS_PER_CELL = 600
_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' blob:; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:; media-src data: blob:; frame-src blob: data:; base-uri 'none'; form-action 'none'"
)
_TEMPLATE = """
{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}
<meta http-equiv="Content-Security-Policy" content="POLICY">
{%- endblock html_head_js -%}
{%- block jupyter_widgets -%}{{ resources.framelens_others }}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
""".replace("POLICY", _POLICY)


class _Renderer(IPythonRenderer):
    """Mathematics without a script, and pictures of the notebook's own folder."""

    def _src_to_base64(self, src: str) -> Any:
        root = Path(self.path or ".").resolve()
        file = (root / src).resolve()
        picture = (mimetypes.guess_type(file.name)[0] or "").startswith("image/")
        return super()._src_to_base64(src) if picture and file.is_relative_to(root) else None

    def inline_math(self, body: str) -> str:
        return as_mathml(body, block=False)

    def block_math(self, body: str) -> str:
        return as_mathml(body, block=True)

    def latex_environment(self, name: str, body: str) -> str:
        return as_mathml(f"\\begin{{{name}}}{body}\\end{{{name}}}", block=True)


class OfflineReportExporter(HTMLExporter):
    """One HTML file: framelens views, other saved widgets, pictures and mathematics, and no request.

    What would be fetched from elsewhere (pictures, scripts and styles with an address) is replaced by
    its description; the page's own policy forbids every connection.

    Examples
    --------
    >>> exporter = OfflineReportExporter()
    >>> notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Hello")])
    >>> page, _ = exporter.from_notebook_node(notebook)
    >>> "Hello" in page, "http://" in page.split("<style")[0]
    (True, False)
    """

    export_from_notebook = "Offline report"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # type: ignore[no-untyped-call]
        self.embed_images = True
        self.raw_template = _TEMPLATE

    @pass_context
    def markdown2html(self, context: Any, source: str) -> str:
        """Render Markdown without a script and without addresses."""
        cell = context.get("cell", {})
        renderer = _Renderer(
            escape=False,
            attachments=cell.get("attachments", {}),
            embed_images=self.embed_images,
            path=context.get("resources", {}).get("metadata", {}).get("path", ""),
            anchor_link_text=self.anchor_link_text,
            exclude_anchor_links=self.exclude_anchor_links,
            **self.lexer_options,
        )
        return inert(seal(str(MarkdownWithMath(renderer=renderer).render(source))))

    def from_notebook_node(  # type: ignore[override]
        self, nb: Any, resources: Any = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """Return the page and nbconvert's resources; the notebook itself is left as it is."""
        notebook = copy.deepcopy(nb)
        for outputs in _outputs(notebook):
            _without_dead_views(outputs)
            for output in outputs:
                _make_showable(output.get("data", {}))
        widgets = notebook["metadata"].pop("widgets", None)
        shown = [
            output["data"][_VIEW]["model_id"] for part in _outputs(notebook) for output in part if _is_view(output)
        ]
        head, alive = other_widgets(widgets, shown)
        for outputs in _outputs(notebook):
            for output in outputs:
                if _is_view(output):
                    _place_view(output["data"], alive)
        resources = {**(resources or {}), "framelens_others": head}
        page, resources = super().from_notebook_node(notebook, resources, **kw)
        return page, resources


class CommandLineExporter(OfflineReportExporter):
    """The same page for ``jupyter nbconvert --to framelens``.

    A server lists every exporter that is enabled in the menu of its front ends, by the name of its
    entry point and whatever its ``export_from_notebook`` says; there the page stands once, as
    ``Offline_report``.

    Examples
    --------
    >>> CommandLineExporter().enabled
    True
    """

    export_from_notebook = None  # type: ignore[assignment]

    @default("enabled")
    def _enabled_default(self) -> bool:
        server = sys.modules.get("jupyter_server.serverapp")
        return server is None or not server.ServerApp.initialized()


def _outputs(notebook: Any) -> Iterator[list[Any]]:
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            yield cell.get("outputs", [])


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _make_showable(data: Any) -> None:
    """Take addresses out of what an output holds, mathematics as Markdown, and say what no page can draw."""
    for mime in ("text/html", "image/svg+xml"):
        if mime in data:
            data[mime] = seal(_joined(data[mime]))
    if "text/latex" in data and not {"text/html", "text/markdown"} & set(data):
        data["text/markdown"] = _joined(data["text/latex"])
    if data and not any(mime == _VIEW or mime in _SHOWN for mime in data):
        data["text/plain"] = f"({one_line(', '.join(data), 120)}: nothing in this page draws it)"


def _is_view(output: Any) -> bool:
    return "model_id" in output.get("data", {}).get(_VIEW, {})


def _without_dead_views(outputs: list[Any]) -> None:
    """Take the live widget out where its twin follows; its picture stays for readers without scripts."""
    for output, following in pairwise(outputs):
        if _is_view(output) and "twinHost" in _joined(following.get("data", {}).get(_SCRIPT, "")):
            del output["data"][_VIEW]


def _place_view(data: Any, alive: set[str]) -> None:
    """Put a place for a widget that can be drawn; otherwise the other forms of the output stay."""
    identity = data.pop(_VIEW)["model_id"]
    if identity in alive:
        data.clear()
        data["text/html"] = f'<div class="framelens-other" data-model="{identity}"></div>'
    elif set(data) <= {"text/plain"}:
        data["text/plain"] = f"{_joined(data.get('text/plain', ''))}\n(a widget whose state was not saved)"


def write_notebook_report(
    notebook: str | os.PathLike[str], out: str | os.PathLike[str] | None = None, *, execute: bool = False
) -> Path:
    """Write a notebook as one page that asks for nothing.

    Parameters
    ----------
    notebook : path
    out : path or None
        None puts it beside the notebook, with the ending ``.html``.
    execute : bool
        Run the notebook first; the notebook file itself is not changed.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    DataError
        The notebook cannot be read, or a cell of it fails.
    OptionError
        The page cannot be written.
    """
    path = Path(notebook)
    read_notebook(path)
    try:
        content = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    except (nbformat.ValidationError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"is not a notebook: {one_line(error, 120)}", file=path.name) from error
    if execute:
        _execute(content, path)
    target = path.with_suffix(".html") if out is None else Path(out)
    if target.exists() and target.samefile(path):
        raise OptionError("the page would replace the notebook; give another name")
    resources = {"metadata": {"name": path.stem, "path": str(path.parent)}}
    page, _ = OfflineReportExporter().from_notebook_node(content, resources)
    return write_file(target, page.encode("utf-8", "replace"))


def _execute(content: Any, path: Path) -> None:
    from jupyter_client.kernelspec import NoSuchKernel
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    from framelens.report.running import CellRunner

    client = CellRunner(content, timeout=_SECONDS_PER_CELL, resources={"metadata": {"path": str(path.parent) or "."}})
    try:
        client.execute()
    except CellExecutionError as error:
        reason = f"ended with {error.ename}: {one_line(error.evalue, 200)}"
        raise DataError(reason, file=path.name, where=_failed_cell(content)) from error
    except NoSuchKernel as error:
        raise DataError(
            f"cannot be run: kernel {one_line(repr(error.name), 60)} is not installed here",
            file=path.name,
            remedy="choose another kernel in the notebook, or install that one",
        ) from error
    except (CellTimeoutError, DeadKernelError, OSError) as error:
        raise DataError(f"cannot be run: {one_line(error, 200)}", file=path.name) from error


def _failed_cell(content: Any) -> str | None:
    """Return the last cell that holds an error, counted from 1: there running ended."""
    for place, cell in reversed(list(enumerate(content["cells"], 1))):
        if any(output.get("output_type") == "error" for output in cell.get("outputs", [])):
            return f"cell {place}"
    return None
