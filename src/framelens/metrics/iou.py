"""Intersection over union of boxes given as x, y, width, height."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["iou_matrix", "paired_iou"]


def paired_iou(
    detections: NDArray[np.float64], objects: NDArray[np.float64], crowd: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the IoU of each detection box with the object box of the same row.

    ``intersection / (area of detection + area of object - intersection)``; for a crowd object
    ``intersection / area of detection``, as pycocotools defines it. The operations stand in the
    order of pycocotools' ``bbIou``, so that results agree to the last bit.

    Parameters
    ----------
    detections, objects : float64 array, shape (P, 4)
        x, y, width, height, all finite, in one unit. A box without area has IoU 0 with all.
    crowd : bool array, shape (P,), optional
        Rows whose object is a crowd region.

    Returns
    -------
    float64 array, shape (P,)
        In [0, 1]; up to rounding for boxes far from the origin.

    Examples
    --------
    >>> import numpy as np
    >>> paired_iou(np.array([[0., 0., 10., 10.]]), np.array([[5., 0., 10., 10.]])).round(4).tolist()
    [0.3333]
    """
    x, y, width, height = detections.T
    object_x, object_y, object_width, object_height = objects.T
    # Boxes of 1e200 or 1e-200 leave the range of doubles: inf / inf and 0 / 0 are no overlap.
    with np.errstate(all="ignore"):
        overlap = np.minimum(width + x, object_width + object_x) - np.maximum(x, object_x)
        overlap_height = np.minimum(height + y, object_height + object_y) - np.maximum(y, object_y)
        apart = (overlap <= 0) | (overlap_height <= 0)
        overlap *= overlap_height
        area = width * height
        union = area + object_width * object_height - overlap
        if crowd is not None:
            union = np.where(crowd, area, union)
        result: NDArray[np.float64] = overlap / union
    result[apart | np.isnan(result)] = 0.0
    return result


def iou_matrix(
    detections: NDArray[np.float64], objects: NDArray[np.float64], crowd: NDArray[np.bool_] | None = None
) -> NDArray[np.float64]:
    """Return the IoU of every detection with every object.

    Parameters
    ----------
    detections : float64 array, shape (M, 4)
    objects : float64 array, shape (N, 4)
    crowd : bool array, shape (N,), optional

    Returns
    -------
    float64 array, shape (M, N)
        See :func:`paired_iou`.

    Examples
    --------
    >>> import numpy as np
    >>> boxes = np.array([[0., 0., 2., 2.], [1., 0., 2., 2.]])
    >>> iou_matrix(boxes, boxes).round(4).tolist()
    [[1.0, 0.3333], [0.3333, 1.0]]
    """
    rows, columns = len(detections), len(objects)
    pairs = paired_iou(
        np.repeat(detections, columns, axis=0),
        np.tile(objects, (rows, 1)),
        None if crowd is None else np.tile(crowd, rows),
    )
    return pairs.reshape(rows, columns)
