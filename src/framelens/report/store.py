"""Which pictures a page without a kernel holds, within a budget of pictures and bytes."""

from __future__ import annotations

import time
from base64 import b64encode
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from framelens.errors import OptionError, one_line
from framelens.report.choose import choose_examples, picked_examples
from framelens.widgets.picture_service import WHOLE, PictureService

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pandas as pd

    from framelens.data.pictures import Picture
    from framelens.evaluation import Evaluation
    from framelens.widgets.picture_service import Wanted
    from framelens.widgets.wire import Payload

__all__ = ["LARGEST", "MOST_PICTURES", "REPORT", "TWIN", "Budget", "plan_pictures", "stored_pictures"]

MOST_PICTURES: Final = 5000
#: Bytes of all pictures of a page that no author is kept from.
LARGEST: Final = 500_000_000
_SMALL_FRAME: Final = 130_000  # pixels: about 30 kB
_CROP_SHAPE: Final = 0.75  # a crop is so high, as a share of its width
_PAGE: Final = 24  # pictures cut at a time


@dataclass(frozen=True, slots=True)
class Budget:
    """What the pictures of one page may cost.

    Attributes
    ----------
    pictures : int
        At most so many examples or small whole frames; large whole frames come on top.
    max_bytes : int
        Of all pictures, before base64.
    crop_side, frame_side : int
        Pixels of the longer side of a crop and of a whole frame.
    frames_share : int
        One large whole frame is stored for so many crops.
    seconds : float or None
        Cutting stops after so long.
    """

    pictures: int = 200
    max_bytes: int = 8_000_000
    crop_side: int = 208
    frame_side: int = 640
    frames_share: int = 16  # whole frames cost most: a report of COCO val size must stay under 4 MB
    seconds: float | None = None

    def __post_init__(self) -> None:
        for name, highest in (("pictures", MOST_PICTURES), ("max_bytes", LARGEST)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= highest:
                msg = f"{name} must be a whole number from 0 to {highest}, not {one_line(repr(value), 40)}"
                raise OptionError(msg)


REPORT: Final = Budget()  # crops of about 10 kB and frames of about 50 kB
TWIN: Final = Budget(pictures=60, max_bytes=900_000, crop_side=160, frame_side=420, frames_share=20, seconds=3.0)


def stored_pictures(
    evaluation: Evaluation, payload: Payload, budget: Budget, picked: pd.DataFrame | None = None
) -> dict[str, Any]:
    """Return ``{"items": [...], "requested": int}`` as ``js/src/entries/report.ts`` describes it.

    Parameters
    ----------
    evaluation : Evaluation
    payload : Payload
        Of this evaluation.
    budget : Budget
    picked : DataFrame or None
        Rows of ``evaluation.examples(...)`` or ``evaluation.objects`` to store, and no others.

    Raises
    ------
    OptionError
        ``picked`` is another kind of table, or none of its rows stands in the matrix.
    """
    start = payload.column("cell_start")
    order = choose_examples(payload, int(start[-1])) if picked is None else picked_examples(evaluation, picked)
    requested = budget.pictures if picked is None else len(order)
    if evaluation.pictures is None or requested == 0:
        return {"items": [], "requested": requested}
    service = PictureService(evaluation.dataset, evaluation.pictures, payload)
    thing, found = payload.column("example_object").tolist(), payload.column("example_detection").tolist()
    rows = [(thing[row], found[row]) for row in order.tolist()]
    wanted: list[Wanted] = [(service.locate(*row), row) for row in rows]
    crops, frames = plan_pictures(wanted, _size_reader(evaluation), budget, requested, every_frame=picked is not None)
    items: list[dict[str, Any]] = []
    room = budget.max_bytes
    for one, picture in _cut(service, crops, frames, budget):
        size = len(picture.data or b"")
        if size <= room:
            room -= size
            items.append(_item(*one, picture))
    return {"items": items, "requested": requested}


def plan_pictures(
    wanted: Sequence[Wanted],
    size_of: Callable[[int], tuple[float, float] | None],
    budget: Budget,
    most: int,
    *,
    every_frame: bool = False,
) -> tuple[list[Wanted], list[Wanted]]:
    """Choose between a crop for each example and one whole frame for all that stand in it.

    A small frame is stored whole where that costs less than its crops: then every example in it has
    its picture, and so has the enlarged view. Of large frames the examples are cut out, and one whole
    frame comes with every ``frames_share`` of them.

    Parameters
    ----------
    wanted : sequence of (frame, (object, detection))
        The most worth first.
    size_of : callable
        Frame to (width, height) in pixels, None where unknown.
    budget : Budget
    most : int
        At most so many crops and small frames.
    every_frame : bool
        Store the frame of every crop.

    Returns
    -------
    crops, frames : lists of (frame, (object, detection))
    """
    standing = Counter(frame for frame, _ in wanted)
    crop_pixels = _CROP_SHAPE * budget.crop_side**2
    whole: dict[int, bool] = {}
    crops: list[Wanted] = []
    for frame, rows in wanted:
        if whole.get(frame):
            continue
        if len(crops) + sum(whole.values()) >= most:
            break
        if frame not in whole:
            width, height = size_of(frame) or (float("inf"), float("inf"))
            fits = max(width, height) <= budget.frame_side and width * height <= _SMALL_FRAME
            whole[frame] = fits and width * height <= standing[frame] * crop_pixels
        if not whole[frame]:
            crops.append((frame, rows))
    large = list(dict.fromkeys(frame for frame, _ in crops))
    share = len(large) if every_frame else -(-len(crops) // budget.frames_share)
    chosen = [frame for frame, stored in whole.items() if stored] + large[:share]
    return crops, [(frame, WHOLE) for frame in chosen]


def _size_reader(evaluation: Evaluation) -> Callable[[int], tuple[float, float] | None]:
    pictures = evaluation.pictures
    assert pictures is not None
    return pictures.size


def _cut(
    service: PictureService, crops: list[Wanted], frames: list[Wanted], budget: Budget
) -> Iterator[tuple[Wanted, Picture]]:
    from tqdm.auto import tqdm

    until = None if budget.seconds is None else time.monotonic() + budget.seconds
    small = [(frame, budget.frame_side) for frame in frames]
    parts = [(crop, budget.crop_side) for crop in crops]
    quiet = budget.seconds is not None
    with tqdm(total=len(parts) + len(small), desc="pictures", delay=1, leave=False, disable=quiet) as bar:
        for some_sided in (small, parts):
            for first in range(0, len(some_sided), _PAGE):
                if until is not None and time.monotonic() > until:
                    return
                page = some_sided[first : first + _PAGE]
                some = [one for one, _ in page]
                for one, picture in zip(some, service.pictures(some, page[0][1]), strict=True):
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
