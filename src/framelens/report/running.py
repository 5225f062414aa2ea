"""Runs the cells of a notebook, for the page made of it and for the demo. Needs the extra ``export`` or ``demo``."""

from __future__ import annotations

from typing import Any

import zmq
from nbclient import NotebookClient

__all__ = ["CellRunner"]


class CellRunner(NotebookClient):
    """Runs the cells of a notebook in a kernel, and misses no reply of it.

    For a cell that prints into an ``ipywidgets.Output``, nbclient answers the kernel on the socket on which it waits
    for the end of the cell. That sending takes away the signal of a message that has just arrived there (the signal
    of a ZeroMQ socket is edge-triggered), and nbclient would wait until its time limit for what lies before it.
    Seen with nbclient 0.11.0 and jupyter_client 8.10.0, as in https://github.com/jupyter/nbclient/issues/312.
    """

    def process_message(self, *arguments: Any, **options: Any) -> Any:
        """Take in one message of the kernel as nbclient does, then look whether another has come meanwhile."""
        try:
            return super().process_message(*arguments, **options)
        finally:
            if self.kc is not None:
                # Reading the events of an asyncio socket schedules those that wait.
                self.kc.shell_channel.socket.get(zmq.EVENTS)
