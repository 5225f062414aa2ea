"""What is shown of a picture: the region, right way up, in every mode, without its metadata; and all real ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from framelens.data.pictures import Pictures, crop_region, frame_names
from scenes import GREY, RED, is_red, pixels, save, scene


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
