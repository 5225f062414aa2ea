"""Work on two threads: in order, nested, stopped and after a fork."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from framelens.data.threads import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_results_come_in_order_from_at_most_two_threads() -> None:
    names = set()

    def work(number: int) -> int:
        names.add(threading.current_thread().name)
        return number * number

    assert list(in_order(work, range(50))) == [number * number for number in range(50)]
    assert list(in_order(work, range(50))) == [number * number for number in range(50)]
    assert 1 <= len(names) <= 2
    assert threading.current_thread().name not in names


def test_work_that_divides_its_work_again_does_not_wait_for_itself() -> None:
    def outer(number: int) -> int:
        return sum(in_order(lambda inner: inner * number, range(5)))

    assert list(in_order(outer, range(8))) == [10 * number for number in range(8)]


def test_what_raises_raises_here_and_nothing_goes_on_behind() -> None:
    done: list[int] = []

    def work(number: int) -> int:
        if number == 1:
            raise ValueError("one")
        done.append(number)
        return number

    with pytest.raises(ValueError, match="one"):
        list(in_order(work, range(100)))
    seen = list(done)
    assert list(in_order(len, ["a", "bb"])) == [1, 2]  # both threads are free again
    assert done == seen


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_process_has_threads_of_its_own() -> None:
    assert list(in_order(len, ["a", "bb"])) == [1, 2]
    child = os.fork()
    if child == 0:  # pragma: no cover
        os._exit(0 if list(in_order(len, ["a", "bb", "ccc"])) == [1, 2, 3] else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="no signals to one thread on this system")
def test_who_is_interrupted_while_waiting_leaves_nothing_going_on_behind() -> None:
    done: list[int] = []
    handed_out = threading.Event()

    def numbers() -> Iterator[int]:
        yield from range(3)
        handed_out.set()

    def work(number: int) -> int:
        if number == 0:
            handed_out.wait(60)  # else the signal may come before the caller knows what it handed out
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            time.sleep(0.05)  # the work still goes on while the caller is told
        done.append(number)
        return number

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(in_order(work, numbers()))
        assert 0 in done
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_that_collects_garbage_does_not_wait_for_itself() -> None:
    # In a process of its own: a thread that waits for itself never ends, and nor does the process.
    code = """
import gc, threading
from framelens.data.threads import in_order
gc.disable()
dropped = threading.Event()
def work(number):
    if number == 1:
        dropped.wait()
        gc.collect()
    return number
class Ring: pass
def begin():
    ring = Ring()
    ring.myself, ring.results = ring, in_order(work, range(6))
    assert next(ring.results) == 0
begin()
dropped.set()
assert list(in_order(len, ["a", "bb"])) == [1, 2]
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
