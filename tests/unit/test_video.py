"""Frames of videos: found by their names, the right ones, and nothing breaks on damaged files."""

from __future__ import annotations

import threading
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest

import framelens
from framelens.data._video_file import VideoFile
from framelens.data._video_source import Videos
from framelens.data.pictures import Pictures
from framelens.data.places import place_of, places
from framelens.errors import DataError, ReadLog

av = pytest.importorskip("av", reason='PyAV is not installed: pip install "framelens[video]"')

WIDTH, HEIGHT, FRAMES = 96, 64, 40


def shade(index):
    return 20 + 5 * index


def make_video(path, *, codec="libx264", group=12, frames=FRAMES, turned=0, rate=25):
    """A grey that says the number of the frame, darker in the upper left quarter."""
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, rate=rate, options={"g": str(group), "bf": "3", "crf": "8"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.bit_rate = 8_000_000  # of codecs that know no crf
        if turned:
            stream.set_display_rotation(turned)
        for index in range(frames):
            picture = np.full((HEIGHT, WIDTH, 3), shade(index), np.uint8)
            picture[: HEIGHT // 2, : WIDTH // 2] = 0
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                target.mux(packet)
        for packet in stream.encode():
            target.mux(packet)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_video(tmp_path_factory.mktemp("video") / "clip.mp4")


def shown(picture, place=-4):
    """The grey of the lower right corner of what is shown."""
    import io

    from PIL import Image

    assert picture.data is not None, picture.note
    pixels = np.asarray(Image.open(io.BytesIO(picture.data)).convert("L"))
    return int(pixels[place, place])


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "avi", "ts", "mov"])
def test_random_frames_are_the_right_ones(tmp_path, suffix):
    path = make_video(tmp_path / f"clip.{suffix}", codec="mpeg4" if suffix == "avi" else "libx264")
    pictures = Pictures.from_video(path, [f"{path.name}#{index}" for index in range(FRAMES)])
    for index in [39, 0, 17, 18, 3, 30, 11, 12, 29]:
        assert abs(shown(pictures.whole(index)) - shade(index)) <= 3, index


def test_many_at_once_are_the_same_as_one_by_one(clip):
    names = [f"#{index}" for index in range(FRAMES)]
    order = [31, 4, 5, 6, 38, 0, 22]
    whole = (0, 0, WIDTH, HEIGHT)
    some = Pictures.from_video(clip, names).crops([(index, whole) for index in order])
    assert [abs(shown(picture) - shade(index)) <= 3 for picture, index in zip(some, order, strict=True)] == [True] * 7


@pytest.mark.parametrize(
    ("names", "index"),
    [
        (["clip.mp4#7"], 7),
        (["#7"], 7),
        (["clip.mp4#t=0.28"], 7),
        (["clip_000007.jpg", "clip_000000.jpg"], 7),
        (["clip_8", "clip_1"], 7),  # Ultralytics and FFmpeg count from 1
        (["clip/frame_000008.png"], 7),
        (["000008.jpg"], 7),
        (["7", "0"], 7),
        (["frame-8.png"], 7),
    ],
)
def test_names_mean_frames(clip, names, index):
    pictures = Pictures.from_video(clip, names)
    assert abs(shown(pictures.whole(0)) - shade(index)) <= 3
    assert pictures.times[0] == pytest.approx(index / 25)


@pytest.mark.parametrize("name", ["other_7.jpg", "clip", "clip.mp4#-1", "clip.mp4#x", "clip7"])
def test_names_that_mean_no_frame_are_counted(clip, name):
    pictures = Pictures.from_video(clip, [name])
    assert pictures.skipped[0].count == 1
    assert pictures.whole(0).data is None
    assert np.isnan(pictures.times[0])


def test_beyond_the_end_is_said(clip):
    pictures = Pictures.from_video(clip, ["clip.mp4#40", "clip.mp4#t=99"])
    assert "it has 40 frames" in pictures.whole(0).note
    assert "beyond the end" in pictures.whole(1).note


def test_the_same_stem_in_two_folders_is_ambiguous():
    log = ReadLog()
    found = places(["clip_1", "a/clip_1"], ["a/clip.mp4", "b/clip.mp4"], log)
    assert found[0] == "more than one video fits the name"
    assert found[1][0] == "a/clip.mp4"


def test_digits_at_the_end_of_a_sequence_name():
    assert (place_of("cam_01_000123.jpg").sequence, place_of("cam_01_000123.jpg").number) == ("cam_01", 123)
    assert place_of("dog.jpg") is None


@pytest.mark.parametrize(("colours", "bytes_a_pixel"), [("yuv420p", 1.5), ("yuv444p", 3), ("yuv420p10le", 3)])
def test_what_is_kept_of_a_video_takes_no_more_than_it_may(tmp_path, colours, bytes_a_pixel):
    path = tmp_path / "clip.mkv"
    with av.open(str(path), "w") as target:
        stream = target.add_stream("ffv1", rate=25)
        stream.width, stream.height, stream.pix_fmt = 256, 128, colours  # rows without padding
        for _ in range(6):
            target.mux(stream.encode(av.VideoFrame(256, 128, colours)))
        target.mux(stream.encode())
    video = VideoFile(path, max_pixels=10**6, cache_bytes=int(3.5 * 256 * 128 * bytes_a_pixel))
    for index in (0, 1, 2, 3, 4, 5, 2, 2):
        video.frame(index)
    assert len(video._held) == 3
    video.release()
    video.frame(0)
    assert len(video._held) == 1


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [
        ("pyramid.mp4", "libx264", {"x264-params": "bframes=3:b-pyramid=normal:b-adapt=0:keyint=16"}),
        ("open.mkv", "libx264", {"x264-params": "bframes=3:b-adapt=0:open-gop=1:keyint=16"}),
        ("hevc.mp4", "libx265", {"x265-params": "log-level=none:bframes=4:keyint=16"}),
        ("av1.mp4", "libsvtav1", {"preset": "12", "g": "16"}),
        ("vp9.webm", "libvpx-vp9", {"g": "16", "cpu-used": "8"}),
    ],
)
def test_frames_by_seeking_are_those_of_playing(tmp_path, name, codec, options):
    if codec not in av.codecs_available:
        pytest.skip(f"this PyAV has no {codec}")
    path = tmp_path / name
    with av.open(str(path), "w") as target:
        stream = target.add_stream(codec, options=options)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.codec_context.time_base = stream.time_base = Fraction(1, 1000)
        for index in range(40):
            ramp = (np.arange(96 * 64 * 3).reshape(64, 96, 3) // (7 + index % 5) + 9 * index) % 256
            frame = av.VideoFrame.from_ndarray(ramp.astype(np.uint8), format="rgb24")
            frame.pts = 40 * index + 11 * (index % 3) + 500  # begins late, and not at an even rate
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
    with av.open(str(path)) as played:
        wanted = [frame.to_ndarray() for frame in played.decode(video=0)]
    video = VideoFile(path, max_pixels=10**6, cache_bytes=5 * 96 * 64)
    assert len(wanted) == len(video.timeline().stamps) == 40
    for index in [31, 33, 38, 37, 5, 39, 30, 7, 8, 0, 39, 20]:
        video.frame(index)
        assert np.array_equal(video._held[index].to_ndarray(), wanted[index]), index
    assert len(video._readers) <= 4


def test_a_video_does_not_wait_for_another_that_is_being_decoded(tmp_path, clip):
    other = tmp_path / "other.mp4"
    other.write_bytes(clip.read_bytes())
    videos, sizes = Videos.among({"one": clip, "other": other}), []
    asks = threading.Thread(target=lambda: sizes.append(videos.file("other").frame(0).size), daemon=True)
    with videos.file("one")._lock:
        asks.start()
        asks.join(timeout=30)
        assert len(sizes) == 1


def test_neighbours_come_from_the_video(clip):
    pictures = Pictures.from_video(clip, ["clip.mp4#1", "clip.mp4#3"])
    beside = pictures.neighbours(0)
    assert [near.offset for near in beside] == [-1, 1, 2]
    assert [near.frame for near in beside] == [None, None, 1]
    assert [near.name for near in beside] == ["clip.mp4#0", "clip.mp4#2", "clip.mp4#3"]
    assert [near.time for near in beside] == pytest.approx([0, 0.08, 0.12])
    assert [abs(shown(near.picture) - shade(index)) <= 3 for near, index in zip(beside, [0, 2, 3], strict=True)]


def test_neighbours_of_numbered_pictures_are_those_of_the_dataset():
    stack = np.stack([np.full((8, 8, 3), 40 * n, np.uint8) for n in range(4)])
    pictures = Pictures.from_stack(stack, ["a_1.jpg", "a_10.jpg", "a_2.jpg", "b_3.jpg"])
    beside = pictures.neighbours(2, 1, 1)
    assert [(near.offset, near.name, near.frame, near.time) for near in beside] == [
        (-1, "a_1.jpg", 0, None), (1, "a_10.jpg", 1, None),
    ]  # fmt: skip
    assert pictures.neighbours(3) == []


def test_a_turned_video_is_shown_upright(tmp_path):
    try:
        path = make_video(tmp_path / "turned.mp4", turned=90)
    except (AttributeError, TypeError):
        pytest.skip("this PyAV writes no rotation")
    pictures = Pictures.from_video(path, ["#0"])
    assert pictures.size(0) == (HEIGHT, WIDTH)
    small = pictures.whole(0, side=24)
    assert (small.width, small.height) == (16, 24)


@pytest.mark.parametrize("side", [12, 23, 24, 47, 95, 96])
def test_frames_scaled_while_they_are_converted_show_the_same(clip, side):
    pictures = Pictures.from_video(clip, [f"#{index}" for index in range(FRAMES)])
    for index in (37, 5):
        small = pictures.whole(index, side=side)
        assert (small.width, small.height) == (side, round(HEIGHT * side / WIDTH))
        assert abs(shown(small, -1) - shade(index)) <= 4
    # a finer look at a frame that is held small, and a region in pixels of the video
    corner = pictures.crop(5, (0, 0, WIDTH // 2, HEIGHT // 2))
    assert (corner.width, corner.height) == (WIDTH // 2, HEIGHT // 2)
    assert shown(corner) <= 3
    assert abs(shown(pictures.crop(5, (WIDTH // 2, HEIGHT // 2, WIDTH // 2, HEIGHT // 2), side=12)) - shade(5)) <= 3


@pytest.mark.parametrize("size", [0, 8, 60, 300, 900])
def test_damaged_videos_are_placeholders(tmp_path, clip, size):
    (tmp_path / "cut.mp4").write_bytes(clip.read_bytes()[:size])
    pictures = Pictures.from_video(tmp_path / "cut.mp4", ["#0", "#30"])
    assert all(pictures.whole(frame).data is None and pictures.whole(frame).note for frame in (0, 1))
    assert np.isnan(pictures.times).all()
    assert pictures.neighbours(0) == []


@pytest.mark.parametrize("seed", range(12))
def test_flipped_bytes_never_raise(tmp_path, clip, seed):
    rng = np.random.default_rng(seed)
    data = bytearray(clip.read_bytes())
    for place in rng.integers(0, len(data), 40).tolist():
        data[place] ^= int(rng.integers(1, 256))
    (tmp_path / "clip.mp4").write_bytes(bytes(data))
    pictures = Pictures.from_video(tmp_path / "clip.mp4", ["#0", "#20", "#39", "#t=0.4"])
    for frame in range(4):
        picture = pictures.whole(frame)
        assert (picture.data is None) == (picture.width == 0)
        assert picture.data is not None or picture.note


@pytest.mark.parametrize(
    "content",
    [
        b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n",
        b"ffconcat version 1.0\nfile /etc/passwd\n",
        b"\xff\xd8\xff\xe0 a picture",
    ],
)
def test_playlists_and_others_are_refused(tmp_path, content):
    (tmp_path / "clip.mp4").write_bytes(content)
    assert "known container" in Pictures.from_video(tmp_path / "clip.mp4", ["#0"]).whole(0).note


def test_a_missing_video_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"clip\.mp4: no such video"):
        Pictures.from_video(tmp_path / "clip.mp4", ["#0"])


def test_links_that_lead_out_are_not_followed(tmp_path, clip):
    (tmp_path / "in").mkdir()
    try:
        (tmp_path / "in" / "clip.mp4").symlink_to(clip)
    except OSError:
        pytest.skip("no links here")
    pictures = Pictures.from_folder(tmp_path / "in", ["clip.mp4#3"])
    assert pictures.whole(0).data is None


def boxes(**columns):
    return pd.DataFrame({**columns, "class": "cat", "x": 10.0, "y": 10.0, "width": 20.0, "height": 20.0})


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        ({"video": "clip.mp4", "frame_index": [3, 5]}, ("clip.mp4#3", "clip.mp4#5")),
        ({"video": "clip.mp4", "frame": [3, 5]}, ("clip.mp4#3", "clip.mp4#5")),
        ({"video": "clip.mp4", "time": [0.12, 0.2]}, ("clip.mp4#t=0.120", "clip.mp4#t=0.200")),
        ({"time": [0.12, 0.2]}, ("#t=0.120", "#t=0.200")),
        ({"frame": ["clip_000003", "clip_000005"]}, ("clip_000003", "clip_000005")),
    ],
)
def test_tables_of_video_frames_are_evaluated(clip, columns, names):
    truth = boxes(**columns)
    ev = framelens.evaluate(truth, truth.assign(score=0.9), frames=clip)
    assert ev.dataset.frames.names == names
    assert (ev.dataset.frames.width == WIDTH).all()
    assert len(ev.examples("cat", "cat")) == 2
    assert abs(shown(ev.pictures.whole(0)) - shade(3 if "frame" not in columns or "video" in columns else 2)) <= 3


def test_folders_and_mappings_hold_videos_and_pictures(tmp_path, clip):
    from PIL import Image

    (tmp_path / "clip.mp4").write_bytes(clip.read_bytes())
    Image.new("RGB", (WIDTH, HEIGHT), (250,) * 3).save(tmp_path / "still.png")
    truth = boxes(frame=["clip.mp4#9", "still.png"])
    for frames in (tmp_path, {"clip.mp4": tmp_path / "clip.mp4", "still.png": tmp_path / "still.png"}):
        ev = framelens.evaluate(truth, truth.assign(score=0.9), frames=frames)
        assert abs(shown(ev.pictures.whole(0)) - shade(9)) <= 3
        assert shown(ev.pictures.whole(1)) >= 245
        assert ev.pictures.skipped == ()


def test_a_wrong_frame_number_names_its_row():
    truth = boxes(video="clip.mp4", frame_index=[1, 2.5])
    with pytest.raises(DataError, match=r"row 1: frame_index is 2.5, expected a frame number from 0"):
        framelens.evaluate(truth, truth.assign(score=0.5))


def test_the_page_is_told_the_times(clip):
    from framelens.widgets.wire import encode

    truth = boxes(video="clip.mp4", frame_index=[5, 10])
    ev = framelens.evaluate(truth, truth.assign(score=0.9), frames=clip)
    assert encode(ev).head["frames"]["time"] == pytest.approx([0.2, 0.4])
    stated = boxes(time=[0.5, 1.25])
    assert encode(framelens.evaluate(stated, stated.assign(score=0.9))).head["frames"]["time"] == [0.5, 1.25]
    still = boxes(frame=["a.jpg", "b.jpg"])
    assert encode(framelens.evaluate(still, still.assign(score=0.9))).head["frames"]["time"] == [None, None]
