"""How long a random frame of a video takes: ``python benchmarks/video.py [FRAMES] [LOOKS]``.

1080p H.264 with B frames is made with PyAV, with a key frame every 60, 250 (what x264 does unless it is told) and 600
frames: a seek decodes from the key frame before it, or from where one of four decoders waits, so that the distance of
key frames decides. Each look is a frame that was not looked at before, from the click to an encoded JPEG of 640 pixels.
The times need a machine with nothing else to do: decoding uses all processors.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from framelens.data.pictures import Pictures

WIDTH, HEIGHT, RATE = 1920, 1080, 30


def make(path: Path, frames: int, group: int) -> None:
    """Write noise that moves over a gradient, so that the decoder has work to do."""
    noise = np.random.default_rng(0).integers(0, 60, (HEIGHT, WIDTH + 8 * frames, 3), dtype=np.uint8)
    noise += np.linspace(0, 190, HEIGHT).astype(np.uint8)[:, None, None]
    with av.open(str(path), "w") as target:
        settings = {"g": str(group), "keyint_min": str(group), "sc_threshold": "0", "bf": "2", "preset": "veryfast"}
        stream = target.add_stream("libx264", rate=RATE, options=settings)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for index in range(frames):
            picture = np.ascontiguousarray(noise[:, 8 * index : 8 * index + WIDTH])
            target.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        target.mux(stream.encode())


def measure(path: Path, frames: int, looks: int) -> tuple[list[float], list[float], float]:
    """Return seconds and processor seconds of each look, and the seconds until the first frame."""
    pictures = Pictures.from_video(path, [f"{path.name}#{index}" for index in range(frames)])
    began = time.perf_counter()
    assert pictures.whole(0).data
    first = time.perf_counter() - began
    wall, busy = [], []
    for frame in random.Random(1).sample(range(1, frames), looks):
        clock, processor = time.perf_counter(), time.process_time()
        assert pictures.whole(frame).data, pictures.whole(frame).note
        wall.append(time.perf_counter() - clock)
        busy.append(time.process_time() - processor)
    return wall, busy, first


def main(frames: int = 500, looks: int = 60) -> None:
    print(f"{frames} frames of {WIDTH}x{HEIGHT} (more where a group has more), {looks} looks\n")
    print("| key frame every | first frame | median | p95 | processor time, median | p95 |")
    print("|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for group in (60, 250, 600):
            path, length = Path(folder, f"every{group}.mp4"), max(frames, group + group // 4)
            make(path, length, group)
            wall, busy, first = measure(path, length, looks)
            numbers = [first, *np.percentile(wall, [50, 95]), *np.percentile(busy, [50, 95])]
            print(f"| {group} | " + " | ".join(f"{1000 * value:.0f} ms" for value in numbers) + " |")


if __name__ == "__main__":
    main(*(int(value) for value in sys.argv[1:]))
