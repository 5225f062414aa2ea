"""One HTML file that is interactive with no kernel, no package and no network."""

from __future__ import annotations

import os
import secrets
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from framelens.errors import OptionError, one_line
from framelens.report.choose import choose_examples
from framelens.report.page import Bundle, render_page
from framelens.report.plain import plain_summary
from framelens.widgets._assets import asset_text
from framelens.widgets.picture_service import WHOLE, PictureService
from framelens.widgets.wire import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from framelens.data.pictures import Picture
    from framelens.evaluation import Evaluation
    from framelens.widgets.picture_service import Wanted
    from framelens.widgets.wire import Payload

__all__ = ["MOST_PICTURES", "write_report"]

MOST_PICTURES: Final = 5000
_LARGEST: Final = 8_000_000  # bytes of all stored pictures
_CROP_SIDE, _FRAME_SIDE = 208, 640  # pixels: about 10 kB and 50 kB
_FRAMES_SHARE: Final = 8  # one whole frame is stored for so many crops
_PAGE: Final = 24  # pictures cut at a time


def write_report(evaluation: Evaluation, path: str | os.PathLike[str], *, pictures: int = 200) -> Path:
    """Write a self-contained page: cards, matrix, gallery and curves, as in the live widget.

    The page makes no request: a strict Content-Security-Policy allows its own script, its own style
    and its own pictures and nothing else. It holds no path, user or host name. An existing file is
    replaced only when the new one is complete.

    Parameters
    ----------
    evaluation : Evaluation
    path : path
        File to write.
    pictures : int, 0..5000
        At most so many examples get a stored picture (every non-empty cell first, then the worst
        errors, then a spread); one whole frame comes with every 8 of them. All pictures together
        stay under 8 MB.

    Returns
    -------
    Path
        The file that was written.

    Raises
    ------
    OptionError
        ``pictures`` is out of range, or the file cannot be written.
    """
    if isinstance(pictures, bool) or not isinstance(pictures, int) or not 0 <= pictures <= MOST_PICTURES:
        msg = f"pictures must be a whole number from 0 to {MOST_PICTURES}, not {one_line(repr(pictures), 40)}"
        raise OptionError(msg)
    payload = encode(evaluation)
    payload.head["stamp"].append(["written", _date()])
    page = render_page(
        payload.head,
        payload.buffer,
        Bundle(*(asset_text(name) for name in ("framelens.js", "panels.js", "framelens.css", "report.js"))),
        pictures={"items": _stored(evaluation, payload, pictures), "requested": pictures},
        options={"view": "report"},
        summary=plain_summary(payload),
    )
    return _replace(Path(path), page.encode())


def _date() -> str:
    """Return the date in UTC; ``SOURCE_DATE_EPOCH`` sets it where equal input must give equal bytes."""
    return time.strftime("%Y-%m-%d", time.gmtime(float(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))


def _stored(evaluation: Evaluation, payload: Payload, budget: int) -> list[dict[str, Any]]:
    if evaluation.pictures is None or budget == 0:
        return []
    service = PictureService(evaluation.dataset, evaluation.pictures, payload)
    thing, found = payload.column("example_object").tolist(), payload.column("example_detection").tolist()
    chosen = [(thing[row], found[row]) for row in choose_examples(payload, budget).tolist()]
    crops: list[Wanted] = [(service.locate(*rows), rows) for rows in chosen]
    frames: list[Wanted] = [(frame, WHOLE) for frame in dict.fromkeys(frame for frame, _ in crops)]
    items: list[dict[str, Any]] = []
    room = _LARGEST
    for (frame, rows), picture in _cut(service, crops, frames[: -(-budget // _FRAMES_SHARE)]):
        size = len(picture.data or b"")
        if size <= room:
            room -= size
            items.append(_item(frame, rows, picture))
    return items


def _cut(service: PictureService, crops: list[Wanted], frames: list[Wanted]) -> Iterator[tuple[Wanted, Picture]]:
    from tqdm.auto import tqdm

    with tqdm(total=len(crops) + len(frames), desc="pictures", unit="picture", delay=1, leave=False) as bar:
        for wanted, side in ((crops, _CROP_SIDE), (frames, _FRAME_SIDE)):
            for first in range(0, len(wanted), _PAGE):
                some = wanted[first : first + _PAGE]
                for one, picture in zip(some, service.pictures(some, side), strict=True):
                    if picture is not None:
                        yield one, picture
                bar.update(len(some))


def _item(frame: int, rows: tuple[int, int], picture: Picture) -> dict[str, Any]:
    place: dict[str, Any] = (
        {"kind": "frame", "frame": frame}
        if rows == WHOLE
        else {"kind": "crop", "object": rows[0], "detection": rows[1]}
    )
    return place | {
        "mime": picture.mime,
        "width": picture.width,
        "height": picture.height,
        "region": [float(value) for value in picture.region],
        "note": picture.note,
        "data": None if picture.data is None else b64encode(picture.data).decode("ascii"),
    }


def _replace(path: Path, content: bytes) -> Path:
    """Write beside the target first, so that a report that is open or wanted is never half a file."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        msg = f"cannot write {one_line(path.name)}: {error.strerror or type(error).__name__}"
        raise OptionError(msg) from error
    finally:
        temporary.unlink(missing_ok=True)
    return path
