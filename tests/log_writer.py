"""A trainer as unkind as they come: ``python log_writer.py FOLDER SEED ...`` writes one log for each seed.

It writes 500 epochs in pieces of 1 to 40 bytes, and in between cuts the file, moves it away or begins anew. Some pieces
stand still until the reader has looked at them. What a complete line may say is known beforehand: :func:`values` of
seed, generation and epoch.
"""

from __future__ import annotations

import random
import sys
import time
from pathlib import Path

EPOCHS = 500
NAMES = ("train/box_loss", "val/box_loss", "metrics/mAP50(B)", "metrics/mAP50-95(B)")
HEADER = f"epoch,{','.join(NAMES)}\n"
LOG = "results.csv"
#: Lies beside the log while the writer waits for a look at it; the reader takes it away.
WAITS = "waits"


def values(seed: int, generation: int, epoch: int) -> list[str]:
    """Numbers of 3 to 9 decimals that look random, as many as there are names."""
    mixed = (seed * 1_000_003 + generation) * 1_000_003 + epoch
    found = []
    for _ in NAMES:
        mixed = (mixed * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % 2**64
        found.append(f"{(mixed >> 11) / 2**53:.{3 + mixed % 1009 % 7}f}")
    return found


def line(seed: int, generation: int, epoch: int) -> str:
    return f"{epoch},{','.join(values(seed, generation, epoch))}\n"


def write_pieces(path: Path, text: str, chance: random.Random, stop_after: int | None = None) -> None:
    data = text.encode()
    data = data if stop_after is None else data[:stop_after]
    with path.open("ab", buffering=0) as file:
        while data:
            size = chance.randint(1, 40)
            file.write(data[:size])
            data = data[size:]
            if chance.random() < 0.005:
                _let_look(path.with_name(WAITS))


def _let_look(waits: Path) -> None:
    waits.touch()
    while waits.exists():
        time.sleep(0.0005)


def write_log(folder: Path, seed: int) -> None:
    chance, path, generation = random.Random(seed), folder / LOG, 0
    write_pieces(path, HEADER, chance)
    epoch, written, trouble = 1, 0, sorted(chance.sample(range(20, EPOCHS - 20), 4))
    while written < EPOCHS:
        row = line(seed, generation, epoch)
        if trouble and written == trouble[0]:
            trouble.pop(0)
            write_pieces(path, row, chance, stop_after=chance.randint(0, len(row) - 1))  # killed in the middle
            generation += 1
            epoch = _begin_again(path, chance, generation, epoch)
            continue
        write_pieces(path, row, chance)
        epoch, written = epoch + 1, written + 1


def _begin_again(path: Path, chance: random.Random, generation: int, epoch: int) -> int:
    """Cut, move or replace the log; return the epoch that is written next."""
    how = chance.choice(["cut", "cut to nothing", "move away", "resume", "replace"])
    epoch = max(1, epoch - chance.randint(0, 15)) if how == "resume" else epoch
    if how in {"cut", "resume"}:  # the torn line goes, and the run goes on
        complete = path.read_bytes().rpartition(b"\n")[0] + b"\n"
        with path.open("r+b") as file:
            file.truncate(len(complete))
        return epoch
    if how == "move away":
        path.rename(path.with_name(f"{LOG}.{generation}"))
    elif how == "replace":
        fresh = path.with_name("fresh.tmp")
        fresh.write_bytes(b"")
        fresh.replace(path)
    else:
        path.write_bytes(b"")
    write_pieces(path, HEADER, chance)
    return epoch if chance.random() < 0.5 else 1


if __name__ == "__main__":
    root = Path(sys.argv[1])
    for number in map(int, sys.argv[2:]):
        folder = root / str(number)
        folder.mkdir()
        write_log(folder, number)
        (root / f"{number}.done").touch()
        while not (root / f"{number}.next").exists():  # the reader has seen the end
            time.sleep(0.002)
