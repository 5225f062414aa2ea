"""A trainer as unkind as they come: ``python log_writer.py FOLDER SEED ...`` writes one log for each seed.

It writes 500 epochs in pieces of 1 to 40 bytes, and in between cuts the file, moves it away or begins anew. What a
complete line may say is known beforehand: :func:`values` of seed, generation and epoch.
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


def values(seed: int, generation: int, epoch: int) -> list[str]:
    chosen = random.Random(f"{seed} {generation} {epoch}")
    return [f"{chosen.random():.{chosen.randint(3, 9)}f}" for _ in NAMES]


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
            if chance.random() < 0.06:
                time.sleep(0.001)


def write_log(folder: Path, seed: int) -> int:
    """Write one log and return the number of its last generation."""
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
    return generation


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
        last = write_log(folder, number)
        written = root / f"{number}.written"
        written.write_text(str(last))
        written.replace(root / f"{number}.done")  # whole at once: the reader waits for its name
        while not (root / f"{number}.next").exists():  # the reader has seen the end
            time.sleep(0.002)
