"""Pictures from mappings, functions and stacks, and what is kept of them in memory."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from framelens.data.pictures import Pictures
from framelens.errors import DataError, OptionError
from scenes import is_red, pixels, save, scene


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
