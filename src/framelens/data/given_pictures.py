"""From what a caller gives as ``frames=`` to pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from framelens.data.pictures import Pictures
from framelens.data.places import is_url, is_video

if TYPE_CHECKING:
    from framelens.data.dataset import Frames

__all__ = ["open_pictures"]


def open_pictures(source: Any, frames: Frames) -> Pictures | None:
    """Open the pictures of ``frames`` where they are.

    Parameters
    ----------
    source : path, mapping, callable, array, (int, int) or None
        A folder (of pictures, videos or both), an address (``s3://bucket/frames``), a video, a mapping from
        frame name to picture or from name
        to video, a function from frame name to picture, or a stack of pictures. None and
        a pair of numbers (the size of every frame) bring no pictures.
    frames : Frames

    Returns
    -------
    Pictures or None
    """
    if source is None or (isinstance(source, tuple) and len(source) == 2):  # only a size
        return None
    if is_url(source):
        pictures = Pictures.from_url(source, frames.names)
    elif isinstance(source, (str, os.PathLike)) and is_video(source) and not os.path.isdir(source):  # noqa: PTH112
        pictures = Pictures.from_video(source, frames.names)
    elif isinstance(source, (str, os.PathLike)):
        pictures = Pictures.from_folder(source, frames.names)
    elif isinstance(source, Mapping):
        pictures = Pictures.from_mapping(source, frames.names)
    elif callable(source):
        pictures = Pictures.from_callable(source, frames.names)
    else:
        pictures = Pictures.from_stack(source, frames.names)
    return pictures.with_sizes(frames.width, frames.height)
