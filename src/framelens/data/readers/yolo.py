"""YOLO ground truth: ``data.yaml``, a folder of label files, or a list of pictures."""

from __future__ import annotations

import glob
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from natsort import natsorted

from framelens.data.dataset import Source
from framelens.data.frame_names import PICTURE_SUFFIXES, SEVERAL_FRAMES, stem_of
from framelens.data.given import decode, read_bytes
from framelens.data.progress import progress
from framelens.data.readers._names import YAML_NAMES, find_names, names_of
from framelens.data.readers._yaml import load_text
from framelens.data.readers._yolo import label_lines, note_shapes, parse_label
from framelens.data.registry import Evidence, Reader
from framelens.data.sizes import FrameSizes
from framelens.data.tables import GroundTruth, make_frames, make_objects
from framelens.errors import DataError

if TYPE_CHECKING:
    from framelens.data.dataset import BoxUnit
    from framelens.data.given import Given

__all__ = ["READERS"]

_DARKNET = "obj.data"
_SPLITS = ("val", "valid", "validation", "test", "train")
_NO_LABELS = frozenset(
    {"classes.txt", "requirements.txt", "readme.txt", "train.txt", "val.txt", "test.txt", "notes.json"}
)
_PLAIN_KEYS = frozenset({"path", "names", "nc", "kpt_shape", "flip_idx", "roboflow", *_SPLITS})


@dataclass(slots=True)
class Layout:
    """What a source says: class names by index, frames with their label files."""

    names: dict[int, str] | None = None
    labels: dict[str, Path] = field(default_factory=dict)
    frames: FrameSizes | None = None
    keypoints: bool = False


def recognise(given: Given) -> Evidence | None:
    """Recognise data.yaml, a label folder, or a txt list of pictures."""
    if given.is_file:
        if given.suffix in {".yaml", ".yml"}:
            return Evidence("a YAML file with class names", 3) if "names" in given.head_text else None
        if given.suffix == ".data":
            return Evidence("a darknet file that names its lists", 3) if "names" in given.head_text else None
        if given.suffix == ".txt" and _is_picture_list(given.head_text):
            return Evidence("a list of picture files", 2)
        return None
    if not given.is_folder or given.path is None:
        return None
    for name in (*YAML_NAMES, _DARKNET):
        if (given.path / name).is_file():
            return Evidence(f"a folder with {name}", 2)
    sample = [path for path in given.files(".txt")[:200] if path.name not in _NO_LABELS]
    for path in sample:
        fields = _first_fields(path)
        if fields:
            return Evidence(f"label files whose lines have {len(fields)} numbers", 2) if _fits(fields) else None
    return None


def _is_picture_list(text: str) -> bool:
    """Whether the first lines name pictures."""
    lines = [line.strip() for line in text.splitlines()[:20] if line.strip()]
    return bool(lines) and all(line.lower().endswith(PICTURE_SUFFIXES) for line in lines[:-1] or lines)


def _first_fields(path: Path) -> list[str]:
    """Return the fields of the first line of a small text file."""
    try:
        for line in decode(read_bytes(path), path.name).split("\n"):
            if line.split():
                return line.split()
    except DataError:
        pass
    return []


def _fits(fields: list[str]) -> bool:
    """Whether a line could be a YOLO label: an index and then fractions."""
    try:
        numbers = [float(text) for text in fields]
    except ValueError:
        return False
    return len(numbers) >= 5 and numbers[0] == int(numbers[0]) and len(numbers) != 6


def read(given: Given) -> GroundTruth:
    """Read YOLO labels.

    Frames are the pictures of the folder (or list, or ``frames=``); a picture without a label file
    holds no object. Where no picture is known, frames are the label files.

    Raises
    ------
    DataError
        Naming file and line.
    """
    assert given.path is not None
    layout = _from_file(given.path, given) if given.is_file else _from_folder(given.path, given)
    if given.sizes is not None and given.sizes.names:
        layout.frames = given.sizes
    elif given.sizes is not None:
        layout.frames = replace(layout.frames or FrameSizes(), every=given.sizes.every)
    frame_labels = _match(layout, given)
    return _build(layout, frame_labels, given)


def _from_file(path: Path, given: Given) -> Layout:
    """Read data.yaml or a list of pictures."""
    if path.suffix.lower() == ".txt":
        layout = Layout(names=find_names(path.parent, given))
        _add_pictures(layout, _listed(path, path.parent))
        return _labels_beside(layout, path.parent, given)
    if path.suffix.lower() == ".data":
        return _from_darknet(path, given)
    document, _ = load_text(given.load(path), path.name)
    layout = Layout(names=names_of(document.get("names"), path.name), keypoints="kpt_shape" in document)
    for key in sorted(document):
        if key == "download":
            given.notes.warn(f"{path.name}: download is a script of the data set; it was not run")
        elif key not in _PLAIN_KEYS:
            given.notes.warn(f"{path.name}: {key} is not used")
    split = _choose_split(document, path, given)
    if split:
        _add_pictures(layout, split)
    return _labels_beside(layout, path.parent, given)


def _from_darknet(path: Path, given: Given) -> Layout:
    """Read ``obj.data``: ``key = value`` lines that name a list of classes and lists of pictures."""
    stated: dict[str, str] = {}
    for line in decode(given.load(path), path.name).split("\n"):
        key, _, value = line.partition("=")
        stated[key.strip()] = value.strip()
    layout = Layout(names=find_names(path.parent, given))
    for key in ("valid", "test", "train"):
        listing = path.parent / Path(stated.get(key) or ".").name
        if listing.is_file() and listing.suffix == ".txt":
            _add_pictures(layout, _listed(listing, path.parent))
            break
    return _labels_beside(layout, path.parent, given)


def _choose_split(document: dict[str, Any], path: Path, given: Given) -> dict[str, Path]:
    """Return the pictures of val, else test, else train."""
    root = path.parent / str(document.get("path") or ".")
    stated = [key for key in _SPLITS if document.get(key)]
    for key in stated:
        value = document[key]
        entries = value if isinstance(value, list) else [value]
        found: dict[str, Path] = {}
        for entry in entries:
            for base in (root, path.parent):
                found.update(_pictures(base, str(entry)))
                if found:
                    break
        if found:
            if len(stated) > 1 and any(document[other] != value for other in stated):
                given.notes.warn(f"{path.name}: split {key} is read; point at its folder or list for another")
            return found
    if stated:
        given.notes.warn(
            f"{path.name}: the pictures of {', '.join(stated)} are not here; labels beside the file are read"
        )
    return {}


def _pictures(base: Path, entry: str) -> dict[str, Path]:
    """Return the pictures of one entry of a split: a folder, a list, or a pattern."""
    target = base / entry
    try:
        if target.is_dir():
            return {name: target / name for name in FrameSizes.folder(target).names}
        if target.is_file() and target.suffix.lower() == ".txt":
            return _listed(target, base)
        if target.suffix.lower() in PICTURE_SUFFIXES and target.is_file():
            return {entry: target}
        if glob.has_magic(entry):
            paths = [Path(found) for found in sorted(glob.glob(str(target), recursive=True))]  # noqa: PTH207 - the text is absolute
            return {path.name: path for path in paths if path.suffix.lower() in PICTURE_SUFFIXES}
    except (OSError, ValueError):
        return {}
    return {}


def _listed(path: Path, base: Path) -> dict[str, Path]:
    """Return the pictures that a txt list names, relative to the list or to the root."""
    found: dict[str, Path] = {}
    for line in decode(read_bytes(path), path.name).split("\n"):
        text = line.strip()
        if text:
            found[text.removeprefix("./")] = _locate(text.removeprefix("./"), path.parent, base)
    return found


def _locate(text: str, *bases: Path) -> Path:
    """Return where a listed picture is: below a base, or there without its first folders (``data/...``)."""
    parts = Path(text).parts
    for start in range(len(parts)):
        for base in bases:
            picture = base.joinpath(*parts[start:])
            if not Path(parts[0]).is_absolute() and (picture.is_file() or _label_of(picture).is_file()):
                return picture
    return bases[0] / text


def _add_pictures(layout: Layout, pictures: dict[str, Path]) -> None:
    """Take the frames and the label file that belongs to each by the folder rule."""
    layout.frames = FrameSizes.files(pictures)
    for name, path in pictures.items():
        label = _label_of(path)
        if label.is_file():
            layout.labels[name] = label


def _label_of(picture: Path) -> Path:
    """Return where YOLO looks for the labels of a picture: the last ``images`` becomes ``labels``."""
    parts = list(picture.parts)
    for position in range(len(parts) - 2, -1, -1):
        if parts[position] == "images":
            parts[position] = "labels"
            break
    folder = Path(*parts[:-1])
    return folder / f"{stem_of(picture.name)}.txt"


def _labels_beside(layout: Layout, folder: Path, given: Given) -> Layout:
    """Where no label was found by the folder rule, take the folder ``labels`` beside the file."""
    if layout.labels:
        _orphans(layout, given)
        return layout
    for name in ("labels", "obj_train_data", "."):
        below = folder / name
        if below.is_dir():
            _add_labels(layout, below, given)
            if layout.labels:
                break
    return layout


def _orphans(layout: Layout, given: Given) -> None:
    """Add the other label files of the folders in use: they have no picture."""
    used = set(layout.labels.values())
    for folder in sorted({path.parent for path in used}):
        for path in given.files(".txt", below=folder):
            if path not in used and path.name not in _NO_LABELS:
                layout.labels.setdefault(f"{path.stem}", path)


def _add_labels(layout: Layout, folder: Path, given: Given) -> None:
    """Take every label file below a folder, named by its relative path without ``.txt``."""
    for path in given.files(".txt", below=folder):
        if path.name not in _NO_LABELS and not _is_picture_list(_start(path)):
            layout.labels[path.relative_to(folder).as_posix()[:-4]] = path


def _start(path: Path) -> str:
    """Return the first characters of a text file."""
    with path.open("rb") as file:
        return file.read(4096).decode("utf-8", errors="replace")


def _from_folder(path: Path, given: Given) -> Layout:
    """Read a data set folder or a folder of label files."""
    for name in (*YAML_NAMES, _DARKNET):
        if (path / name).is_file():
            return _from_file(path / name, given)
    layout = Layout(names=find_names(path, given))
    labels = path / "labels" if (path / "labels").is_dir() else path
    _add_labels(layout, labels, given)
    pictures = path / "images"
    if labels != path and pictures.is_dir():
        layout.frames = FrameSizes.folder(pictures)
    return layout


def _match(layout: Layout, given: Given) -> dict[str, Path | None]:
    """Return the frames in order, each with its label file or None; skip labels without a picture."""
    if layout.frames is None or not layout.frames.names:
        return dict(natsorted(layout.labels.items(), key=lambda item: item[0]))
    found: dict[str, Path | None] = dict.fromkeys(natsorted(layout.frames.names))
    places = {key: layout.frames.place(key) for key in layout.labels}
    for key in sorted(places, key=lambda key: places[key][1]):  # of two files of one picture the nearer spelled
        path, (position, _) = layout.labels[key], places[key]
        frame = layout.frames.names[position] if position >= 0 else None
        if frame is None:
            several = position == SEVERAL_FRAMES
            reason = "label file that fits several pictures" if several else "label file without a picture"
            given.notes.skip(path.name, path.name, reason)
        elif found[frame] is not None:
            given.notes.skip(path.name, key, "another label file is of this picture")
        else:
            found[frame] = path
    empty = sum(path is None for path in found.values())
    if empty:
        given.notes.warn(
            f"{given.name}: {empty} of {len(found)} pictures have no label file and count as holding no object"
        )
    return found


def _build(layout: Layout, frame_labels: dict[str, Path | None], given: Given) -> GroundTruth:
    """Read every label file into columns."""
    names = layout.names
    order = sorted(names) if names is not None else []
    position = {index: number for number, index in enumerate(order)}
    frame: list[int] = []
    category: list[int] = []
    boxes: list[tuple[float, float, float, float]] = []
    shapes: Counter[str] = Counter()
    items = list(frame_labels.items())
    for number, (_, path) in enumerate(progress(items, "labels", shown=given.progress)):
        if path is None:
            continue
        for where, fields in label_lines(given.load(path), path.name):
            row = parse_label(fields, where, path.name, scored=False, keypoints=layout.keypoints)
            if names is not None and row.category not in position:
                known = (
                    f"classes {order[0]}..{order[-1]}" if len(order) == order[-1] - order[0] + 1 else str(order[:20])
                )
                raise DataError(f"class {row.category} is not in names ({known})", file=path.name, where=where)
            if names is None and not 0 <= row.category < 100_000:
                raise DataError(f"class {row.category} is not a class number", file=path.name, where=where)
            if not row.inside:
                given.notes.skip(path.name, where, "box lies outside the picture (fractions must be 0..1)")
                continue
            shapes[row.shape] += 1
            frame.append(number)
            category.append(row.category)
            boxes.append(row.box)
    note_shapes(shapes, given.name, given.notes)
    if names is None:
        given.notes.warn(f"{given.name}: no class names found (data.yaml, classes.txt); classes are shown by number")
        order = list(range(max(category, default=-1) + 1))
        position = {index: index for index in order}
        names = {index: str(index) for index in order}
    return _scaled(
        layout,
        items,
        (frame, [position[index] for index in category], boxes),
        (names, order),
        given,
    )


def _scaled(
    layout: Layout,
    items: list[tuple[str, Path | None]],
    rows: tuple[list[int], list[int], list[tuple[float, float, float, float]]],
    classes: tuple[dict[int, str], list[int]],
    given: Given,
) -> GroundTruth:
    """Turn fractions into pixels where every frame size is known."""
    frame, category, boxes = rows
    names, order = classes
    sizes = np.full((len(items), 2), np.nan)
    if layout.frames is not None:
        for number, (name, _) in enumerate(progress(items, "picture sizes", shown=given.progress)):
            sizes[number] = layout.frames.size(name)
    box = np.array(boxes, dtype=np.float64).reshape(len(boxes), 4)
    known = bool(len(items)) and not np.isnan(sizes).any()
    if known:
        box = box * sizes[frame][:, [0, 1, 0, 1]]
    elif len(items) and not np.isnan(sizes).all():
        missing = int(np.isnan(sizes[:, 0]).sum())
        given.notes.warn(
            f"{given.name}: {missing} of {len(items)} pictures have no readable size; boxes stay fractions"
        )
    unit: BoxUnit = "pixel" if known else "relative"
    objects = make_objects(frame, category, box, unit=unit)
    frames = make_frames([name for name, _ in items], None, sizes[:, 0], sizes[:, 1])
    return GroundTruth(
        frames, tuple(names[index] for index in order), tuple(order), objects, Source("yolo", given.name, given.digest),
        box_unit=unit, classes_listed=layout.names is not None,
        skipped=given.notes.skips, warnings=given.notes.warnings,
    )  # fmt: skip


READERS = (Reader("yolo", "truth", "data.yaml + labels/*.txt: 0 0.5 0.5 0.2 0.4   (class cx cy w h)", recognise, read),)
