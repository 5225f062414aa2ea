"""Pictures: what is shown, from where, in which coordinates, and why not."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framelens.data.pictures import Picture, Pictures, crop_region, frame_names
from framelens.errors import DataError, OptionError, ReadLog

RED, GREY = (220, 20, 20), (100, 100, 100)


def scene(width=100, height=80, box=(10, 10, 20, 20)):
    """Grey with one red box."""
    array = np.full((height, width, 3), GREY, np.uint8)
    x, y, w, h = box
    array[y : y + h, x : x + w] = RED
    return array


def pixels(picture):
    assert picture.data is not None, picture.note
    image = Image.open(io.BytesIO(picture.data))
    assert image.size == (picture.width, picture.height)
    return np.asarray(image.convert("RGB")).astype(int)


def is_red(picture):
    return np.abs(pixels(picture).reshape(-1, 3).mean(axis=0) - RED).max() < 25


def save(path, array, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


# ---------------------------------------------------------------- which file


def test_exact_path_then_base_name_then_stem(tmp_path):
    save(tmp_path / "train/a.png", scene())
    save(tmp_path / "deep/er/b.png", scene())
    save(tmp_path / "c.jpg", scene())
    names = ["train/a.png", "b.png", "c", "c.png", "/home/someone/data/b.png", "C:\\data\\b.png", "./train/a.png"]
    pictures = Pictures.from_folder(tmp_path, names)
    assert [pictures.size(frame) for frame in range(len(names))] == [(100, 80)] * len(names)
    assert pictures.skipped == ()


def test_longest_common_path_decides_between_equal_names(tmp_path):
    save(tmp_path / "x/train/a.png", scene(30, 20))
    save(tmp_path / "x/val/a.png", scene(50, 40))
    pictures = Pictures.from_folder(tmp_path, ["images/val/a.png"])
    assert pictures.size(0) == (50, 40)


def test_ambiguous_name_shows_nothing_and_is_reported(tmp_path):
    save(tmp_path / "train/a.png", scene())
    save(tmp_path / "val/a.png", scene())
    pictures = Pictures.from_folder(tmp_path, ["a.png"])
    picture = pictures.whole(0)
    assert picture.data is None
    assert "ambiguous" in picture.note
    assert "train/a.png" in pictures.warnings[0]
    assert pictures.skipped[0].where == "a.png"


def test_same_stem_side_by_side_is_one_picture_with_a_warning(tmp_path):
    save(tmp_path / "a.tif", scene())
    save(tmp_path / "a.png", scene())
    pictures = Pictures.from_folder(tmp_path, ["a"])
    assert pictures.size(0) == (100, 80)
    assert "several" in pictures.warnings[0]


def test_a_dot_in_the_name_is_no_ending(tmp_path):
    save(tmp_path / "clip.0001.png", scene())
    assert Pictures.from_folder(tmp_path, ["clip.0001"]).size(0) == (100, 80)
    assert Pictures.from_folder(tmp_path, ["clip.0002"]).size(0) is None


@pytest.mark.parametrize(
    "name",
    ["../outside.png", "..\\outside.png", "/etc/hostname", "~/outside.png", "link.png", "linked/outside.png",
     "loop.png", "a\0.png", "x" * 5000, "", ".", "..", "a.png/", "a.png\n", "A.PNG", "pipe.png", "folder.png"],
)  # fmt: skip
def test_nothing_outside_the_root_and_nothing_odd_is_opened(tmp_path, name):
    root = tmp_path / "root"
    save(tmp_path / "outside.png", scene())
    save(root / "a.png", scene())
    (root / "link.png").symlink_to("../outside.png")
    (root / "linked").symlink_to("..")
    (root / "loop.png").symlink_to("loop.png")
    (root / "folder.png").mkdir()
    os.mkfifo(root / "pipe.png")
    picture = Pictures.from_folder(root, [name]).whole(0)
    assert picture.data is None
    assert picture.note
    assert str(tmp_path) not in picture.note


def test_links_inside_the_root_and_a_linked_root_are_followed(tmp_path):
    save(tmp_path / "root/a.png", scene())
    (tmp_path / "root/b.png").symlink_to("a.png")
    (tmp_path / "again").symlink_to("root")
    assert Pictures.from_folder(tmp_path / "again", ["b.png"]).size(0) == (100, 80)


def test_composed_and_decomposed_letters_are_one_name(tmp_path):
    save(tmp_path / "cafe\u0301.png", scene())
    assert Pictures.from_folder(tmp_path, ["caf\u00e9.png"]).size(0) == (100, 80)


def test_no_such_folder_is_an_error_without_a_path(tmp_path):
    with pytest.raises(DataError, match=r"^nowhere: there is no such frame folder") as caught:
        Pictures.from_folder(tmp_path / "nowhere", ["a.png"])
    assert str(tmp_path) not in str(caught.value)


def test_frame_names_are_in_natural_order_and_gaps_are_counted(tmp_path):
    for number in (1, 2, 9, 10, 12):
        save(tmp_path / f"frame_{number}.png", scene(8, 8, (0, 0, 1, 1)))
    (tmp_path / "notes.txt").write_text("x")
    names, warnings = frame_names(tmp_path)
    assert names == ("frame_1.png", "frame_2.png", "frame_9.png", "frame_10.png", "frame_12.png")
    assert len(warnings) == 1
    assert "7 frame numbers are missing" in warnings[0]


# ---------------------------------------------------------------- what is shown


def test_crop_shows_the_region_and_says_so(tmp_path):
    save(tmp_path / "a.png", scene())
    picture = Pictures.from_folder(tmp_path, ["a.png"]).crop(0, (10, 10, 20, 20), 16)
    assert (picture.width, picture.height, picture.mime, picture.note) == (16, 16, "image/jpeg", None)
    assert picture.region == (10.0, 10.0, 20.0, 20.0)
    assert is_red(picture)


def test_crop_is_cut_to_the_frame_and_never_enlarged():
    pictures = Pictures.from_stack(scene()[None], ["a"])
    picture = pictures.crop(0, (-30, 60, 60, 500), 160)
    assert picture.region == (0.0, 60.0, 30.0, 20.0)
    assert (picture.width, picture.height) == (30, 20)


@pytest.mark.parametrize(
    "region", [(np.nan, 0, 1, 1), (200, 0, 5, 5), (0, -50, 10, 10), (0, 0, -5, 5), (0, 0, np.inf, 1)]
)
def test_regions_that_show_nothing_are_notes(region):
    picture = Pictures.from_stack(scene()[None], ["a"]).crop(0, region)
    assert picture.data is None
    assert picture.note


def test_declared_size_scales_coordinates_and_is_noted(tmp_path):
    save(tmp_path / "b.png", scene(50, 40, (5, 5, 10, 10)))
    pictures = Pictures.from_folder(tmp_path, ["b.png"]).with_sizes([100], [80])
    picture = pictures.crop(0, (10, 10, 20, 20))
    assert is_red(picture)
    assert picture.region == (10.0, 10.0, 20.0, 20.0)
    assert "100 x 80" in picture.note
    assert "50 x 40" in picture.note
    assert pictures.whole(0).region == (0.0, 0.0, 100.0, 80.0)


def test_unknown_declared_size_is_no_doubt(tmp_path):
    save(tmp_path / "b.png", scene())
    assert Pictures.from_folder(tmp_path, ["b.png"]).with_sizes([np.nan], [np.nan]).whole(0).note is None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["jpg", "png", "webp"])
def test_orientation_is_honoured_unless_the_labels_say_otherwise(tmp_path, orientation, kind):
    undo = {2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}  # fmt: skip
    shown = Image.fromarray(scene())
    stored = shown.transpose(undo[orientation]) if orientation > 1 else shown
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / f"a.{kind}", exif=exif, quality=95)
    pictures = Pictures.from_folder(tmp_path, [f"a.{kind}"])
    assert pictures.size(0) == (100, 80)
    assert is_red(pictures.crop(0, (12, 12, 16, 16)))
    if orientation >= 5:
        as_stored = pictures.with_sizes([80], [100])
        assert as_stored.size(0) == (80, 100)
        assert as_stored.whole(0).note is None
        reds = np.abs(pixels(as_stored.whole(0)) - RED).max(axis=2) < 60
        kept = np.abs(np.asarray(stored).astype(int) - RED).max(axis=2) < 60
        assert (reds == kept).mean() > 0.98


def test_sixteen_bit_is_not_white(tmp_path):
    ramp = np.tile(np.linspace(20000, 24000, 100).astype(np.uint16), (50, 1))
    Image.fromarray(ramp).save(tmp_path / "a.png")
    values = pixels(Pictures.from_folder(tmp_path, ["a.png"]).whole(0))
    assert 100 < values.mean() < 155
    assert (values > 250).mean() < 0.05


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I", "F", "YCbCr"])
def test_every_mode_is_shown(tmp_path, mode):
    name = "a.tif" if mode in ("I", "F", "CMYK", "YCbCr") else "a.png"
    Image.fromarray(scene()).convert(mode).save(tmp_path / name)
    picture = Pictures.from_folder(tmp_path, [name]).whole(0)
    assert (picture.width, picture.height, picture.note) == (100, 80, None)
    if mode in ("P", "RGBA", "CMYK", "YCbCr"):
        assert np.abs(pixels(picture)[15, 20] - RED).max() < 40


def test_transparency_lies_on_white(tmp_path):
    layers = np.dstack([scene(), np.zeros((80, 100), np.uint8)])
    Image.fromarray(layers).save(tmp_path / "a.png")
    assert pixels(Pictures.from_folder(tmp_path, ["a.png"]).whole(0)).min() > 250


def test_first_frame_of_an_animation(tmp_path):
    frames = [Image.fromarray(np.full((20, 20, 3), colour, np.uint8)) for colour in (RED, GREY)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert is_red(Pictures.from_folder(tmp_path, ["a.gif"]).whole(0))


def test_metadata_stays_behind(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "SECRET-description"
    Image.fromarray(scene()).save(tmp_path / "a.jpg", exif=exif, comment=b"SECRET-comment", icc_profile=b"SECRET" * 30)
    pictures = Pictures.from_folder(tmp_path, ["a.jpg"])
    for picture in (pictures.whole(0), pictures.crop(0, (0, 0, 50, 50))):
        assert b"SECRET" not in picture.data
        assert b"Exif" not in picture.data


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("empty.png", b"", "empty"),
        ("page.jpg", b"<html>404</html>", "not a picture"),
        ("drawing.png", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n", "not a picture"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not a picture"),
    ],
)
def test_what_is_no_picture_says_why(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    picture = Pictures.from_folder(tmp_path, [name]).whole(0)
    assert picture == Picture(None, "", 0, 0, (0.0, 0.0, 0.0, 0.0), picture.note)
    assert reason in picture.note


def test_cut_off_picture_has_a_size_but_no_data(tmp_path):
    target = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 100, 3), np.uint8)).save(target, "JPEG")
    (tmp_path / "a.jpg").write_bytes(target.getvalue()[: len(target.getvalue()) // 2])
    pictures = Pictures.from_folder(tmp_path, ["a.jpg"])
    assert pictures.size(0) == (100, 80)
    assert "cut off" in pictures.whole(0).note


def test_pixel_limit(tmp_path):
    save(tmp_path / "a.png", scene())
    picture = Pictures.from_folder(tmp_path, ["a.png"], max_pixels=7999).whole(0)
    assert "too large (100 x 80" in picture.note
    assert Pictures.from_folder(tmp_path, ["a.png"], max_pixels=8000).whole(0).data


def test_check_counts_what_cannot_be_shown(tmp_path):
    save(tmp_path / "a.png", scene())
    (tmp_path / "b.png").write_bytes(b"")
    pictures = Pictures.from_folder(tmp_path, ["a.png", "b.png", "c.png"])
    notes = ReadLog()
    assert pictures.check(notes) == 1
    assert [skip.file for skip in notes.skips] == ["b.png", "c.png"]


def test_broken_pictures_are_counted_once_they_were_met(tmp_path):
    target = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (80, 100, 3), np.uint8)).save(target, "JPEG")
    save(tmp_path / "a.png", scene())
    (tmp_path / "b.png").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(target.getvalue()[: len(target.getvalue()) // 2])
    pictures = Pictures.from_folder(tmp_path, ["a.png", "b.png", "c.jpg", "d.png"]).with_sizes([100] * 4, [80] * 4)
    told = {(skip.where, skip.reason.removeprefix("no picture: "), skip.count) for skip in pictures.skipped}
    missing = ("d.png", "the file is missing in the frame folder", 1)
    assert told == {missing, ("b.png", "the file is empty", 1)}
    for frame in (2, 2, 3, 1):
        pictures.whole(frame)
    assert ("c.jpg", "no picture: the picture is cut off", 1) in [
        (skip.where, skip.reason, skip.count) for skip in pictures.skipped
    ]
    assert sum(skip.count for skip in pictures.skipped) == 3
    pictures.crop(0, (500, 500, 10, 10))  # nothing of a good picture
    assert sum(skip.count for skip in pictures.skipped) == 3
    save(tmp_path / "b.png", scene())
    pictures.whole(1)
    assert [skip.where for skip in pictures.skipped] == ["d.png", "c.jpg"]


def test_a_cut_off_picture_stays_counted_when_headers_are_looked_at_later(tmp_path):
    target = io.BytesIO()
    Image.fromarray(scene()).save(target, "JPEG", quality=95)
    (tmp_path / "a.jpg").write_bytes(target.getvalue()[:700])
    pictures = Pictures.from_folder(tmp_path, ["a.jpg"]).with_sizes([100], [80])
    assert pictures.whole(0).data is None
    assert [skip.where for skip in pictures.skipped] == ["a.jpg"]


def test_other_sizes_are_one_warning_with_count_and_first_example(tmp_path):
    names = [f"{number}.png" for number in range(5)]
    for name in names:
        save(tmp_path / name, scene(50, 40) if name in {"1.png", "3.png"} else scene())
    pictures = Pictures.from_folder(tmp_path, names).with_sizes([100] * 5, [80] * 5)
    [warning] = pictures.warnings
    assert warning.startswith("frames: 2 of 5 pictures looked at differ in size from the labels; 1.png: ")
    assert "100 x 80" in warning
    assert "50 x 40" in warning


def test_only_a_sample_of_headers_and_no_function_is_asked_beforehand(tmp_path):
    names = [f"{number}.png" for number in range(1000)]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
    pictures = Pictures.from_folder(tmp_path, names).with_sizes([10] * 1000, [10] * 1000)
    assert sum(skip.count for skip in pictures.skipped) == 200
    asked = []
    lazy = Pictures.from_callable(asked.append, ["a"]).with_sizes([10], [10])
    assert (lazy.skipped, lazy.warnings, asked) == ((), (), [])


# ---------------------------------------------------------------- other sources


def test_mapping_takes_paths_arrays_bytes_and_images(tmp_path):
    save(tmp_path / "a.png", scene())
    mapping = {
        "path": tmp_path / "a.png",
        "text": str(tmp_path / "a.png"),
        "bytes": (tmp_path / "a.png").read_bytes(),
        "array": scene(),
        "image": Image.fromarray(scene()),
        "first": np.moveaxis(scene(), 2, 0),
        "fractions": scene() / 255,
    }
    pictures = Pictures.from_mapping(mapping, [*mapping, "absent"])
    for frame in range(len(mapping)):
        assert pictures.size(frame) == (100, 80)
        assert is_red(pictures.crop(frame, (12, 12, 16, 16))), pictures.names[frame]
    assert pictures.whole(len(mapping)).data is None
    assert pictures.skipped[0].where == "absent"


def test_an_image_of_the_users_is_left_as_it_is():
    target = io.BytesIO()
    Image.fromarray(scene(1600, 1200)).save(target, "JPEG")
    image = Image.open(target)
    Pictures.from_mapping({"a": image}, ["a"]).whole(0, 100)
    assert image.size == (1600, 1200)
    assert image.getpixel((0, 0))


def test_a_failing_function_becomes_a_note():
    def broken(_name):
        raise RuntimeError("no disk\nhere")

    picture = Pictures.from_callable(broken, ["a"]).whole(0)
    assert picture.data is None
    assert "RuntimeError: no disk here" in picture.note


@pytest.mark.parametrize(
    "value", [None, 3, "no such file", np.zeros(5), np.zeros((0, 4, 3)), np.array([["a"]]), object()]
)
def test_odd_values_become_notes(value):
    assert Pictures.from_callable(lambda _: value, ["a"]).whole(0).note


def test_stack_must_fit_the_names():
    with pytest.raises(DataError, match="expected \\(3, height"):
        Pictures.from_stack(np.zeros((2, 5, 5)), ["a", "b", "c"])


def test_wrong_arguments_are_option_errors():
    pictures = Pictures.from_stack(scene()[None], ["a"])
    for call in (lambda: pictures.whole(1), lambda: pictures.whole(-1), lambda: pictures.whole(0, 0),
                 lambda: pictures.with_sizes([1, 2], [1, 2])):  # fmt: skip
        with pytest.raises(OptionError):
            call()


# ---------------------------------------------------------------- memory and scale


def test_small_cache_keeps_working_and_shows_the_same():
    stack = np.random.default_rng(1).integers(0, 255, (4, 60, 60, 3), np.uint8)
    large = Pictures.from_stack(stack, list("abcd"))
    small = Pictures.from_stack(stack, list("abcd"), cache_bytes=1)
    for frame in (0, 1, 2, 3, 0, 0, 2):
        assert small.crop(frame, (5, 5, 40, 40)).data == large.crop(frame, (5, 5, 40, 40)).data


def test_a_coarse_look_does_not_blur_a_later_close_one(tmp_path):
    detail = np.kron(np.indices((300, 400)).sum(axis=0) % 2, np.ones((4, 4)))[:, :, None] * np.ones(3)
    Image.fromarray((detail * 255).astype(np.uint8)).save(tmp_path / "a.jpg", quality=95)
    pictures = Pictures.from_folder(tmp_path, ["a.jpg"])
    pictures.whole(0, 100)
    close = pixels(pictures.crop(0, (0, 0, 64, 64), 64))
    assert close.std() > 100


def test_files_are_read_once_while_in_memory(tmp_path):
    save(tmp_path / "a.png", scene())
    calls = []
    pictures = Pictures.from_callable(lambda name: calls.append(name) or tmp_path / "a.png", ["a"])
    for _ in range(5):
        pictures.crop(0, (0, 0, 50, 50))
    assert len(calls) == 1


def test_many_crops_equal_single_crops(tmp_path):
    stack = np.random.default_rng(2).integers(0, 255, (3, 90, 120, 3), np.uint8)
    for number, array in enumerate(stack):
        Image.fromarray(array).save(tmp_path / f"{number}.jpg")
    (tmp_path / "3.jpg").write_bytes(b"")
    pictures = Pictures.from_folder(tmp_path, ["0.jpg", "1.jpg", "2.jpg", "3.jpg"])
    items = [(2, (0, 0, 120, 90)), (0, (5, 5, 30, 30)), (2, (9, 9, 20, 20)), (3, (0, 0, 9, 9)), (0, (5, 5, 30, 30))]
    fresh = Pictures.from_folder(tmp_path, pictures.names)
    assert pictures.crops(items, 100) == [fresh.crop(*item, 100) for item in items]
    assert pictures.crops([]) == []


# ---------------------------------------------------------------- the region of an example

box = st.tuples(*[st.floats(-50, 700), st.floats(-50, 500), st.floats(0, 400), st.floats(0, 400)])


@given(st.lists(box, min_size=1, max_size=4))
def test_region_lies_in_the_frame_and_holds_the_boxes(boxes):
    x, y, width, height = crop_region(boxes, (640, 480))
    assert 0 <= x <= x + width <= 640 + 1e-6
    assert 0 <= y <= y + height <= 480 + 1e-6
    assert min(width, height) >= 48 - 1e-6
    for bx, by, bw, bh in boxes:
        assert x <= max(bx, 0) + 1e-6 or bx > 640 - 48
        assert y <= max(by, 0) + 1e-6 or by > 480 - 48
        assert x + width >= min(bx + bw, 640) - 1e-6 or bx + bw < 48
        assert y + height >= min(by + bh, 480) - 1e-6 or by + bh < 48


def test_region_of_nothing_is_the_frame():
    assert crop_region(np.empty((0, 4)), (640, 480)) == (0.0, 0.0, 640.0, 480.0)
    assert crop_region([[np.nan] * 4], (640, 480)) == (0.0, 0.0, 640.0, 480.0)


def test_thin_boxes_get_a_bearable_aspect():
    _, _, width, height = crop_region([[100, 300, 600, 4]], (1920, 1080))
    assert width / height <= 2.0 + 1e-9


# ---------------------------------------------------------------- real files


def test_real_odd_pictures(real):
    folder = real / "awkward/images"
    names, _ = frame_names(folder)
    pictures = Pictures.from_folder(folder, names)
    shown = {name for frame, name in enumerate(names) if pictures.whole(frame, 160).data}
    assert set(names) - shown == {"pillow/broken.png", "pillow/truncated_jpeg.jpg", "pillow/zero_width.gif"}


def test_real_orientations_look_alike(real):
    folder = real / "awkward/images/exif"
    names, _ = frame_names(folder)
    pictures = Pictures.from_folder(folder, names)
    for kind, size in (("Landscape", (1800, 1200)), ("Portrait", (1200, 1800))):
        frames = [frame for frame, name in enumerate(names) if name.startswith(kind)]
        assert {pictures.size(frame) for frame in frames} == {size}
        # the number of the orientation is printed on the photo; the rest is the same scene
        looks = [pixels(pictures.whole(frame, 64)) for frame in frames]
        assert max(np.abs(look - looks[0]).mean() for look in looks) < 12
