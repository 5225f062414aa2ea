"""Frames on a web server of this machine: good, missing, failing, silent and slow ones."""

from __future__ import annotations

import io
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from PIL import Image

from framelens.data.pictures import Pictures

pytest.importorskip("fsspec", reason='fsspec is not installed: pip install "framelens[remote]"')
pytest.importorskip("aiohttp", reason='aiohttp is not installed: pip install "framelens[remote]"')

PATIENCE = 1.5
WHOLE = (0, 0, 40, 30)
WAITS = f"the store has not answered within {PATIENCE:g} seconds; the picture may come: ask again"


def picture():
    target = io.BytesIO()
    Image.new("RGB", (40, 30), (90,) * 3).save(target, "PNG")
    return target.getvalue()


class Answers(BaseHTTPRequestHandler):
    """``500.png`` is answered by that status; ``stall.png`` by nothing and ``drip.png`` byte by byte until released."""

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.do_GET()

    def do_GET(self):
        name = self.path.strip("/").partition(".")[0]
        status = 404 if not name else int(name) if name.isdigit() and not self.server.mended.is_set() else 200
        body = picture() if status == 200 else b"what went wrong"
        if name == "stall":
            self.server.mended.wait(60)
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            for byte in body:
                self.wfile.write(bytes([byte]))
                if name == "drip":
                    self.server.mended.wait(0.2)


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_):
        """Who asks may have gone."""


@pytest.fixture
def server():
    with Server(("127.0.0.1", 0), Answers) as running:
        running.mended = threading.Event()
        thread = threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield running
        running.mended.set()
        running.shutdown()
        thread.join()


def test_each_failure_is_named_and_none_holds_up_the_others(server):
    names = ["good.png", "404.png", "410.png", "403.png", "500.png", "503.png", "stall.png", "drip.png"]
    address = f"http://127.0.0.1:{server.server_port}"
    pictures = Pictures.from_url(address, names, patience=PATIENCE)
    page = pictures.crops([(frame, WHOLE) for frame in range(len(names))])
    assert page[0].data is not None
    missing, refused = "the file is missing in the store", "the store refuses to give the file"
    assert [made.note for made in page[1:]] == [
        missing, missing, refused, "the store failed (HTTP 500)", "the store failed (HTTP 503)", WAITS, WAITS,
    ]  # fmt: skip
    assert pictures.whole(0).data is not None

    server.mended.set()
    end = time.monotonic() + 20
    while not all(pictures.whole(frame).data for frame in range(len(names))) and time.monotonic() < end:
        time.sleep(0.05)
    assert [pictures.whole(frame).note for frame in range(len(names))] == [None] * len(names)


def test_a_server_that_is_not_there_is_no_missing_file(server):
    port = server.server_port
    server.server_close()
    note = Pictures.from_url(f"http://127.0.0.1:{port}", ["a.png"], patience=5).whole(0).note
    assert note.startswith("the store failed (Client")
    assert str(port) not in note
