"""A proxy that answers nothing and counts who asks, and a page that speaks to nobody else."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from typing import TYPE_CHECKING

from browser.jupyter import KNOWN_NOISE, WAIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

#: Whom Chromium itself asks, about the fields of any page that comes over HTTP.
_BROWSER_OWN = "content-autofill.googleapis.com"
_VIOLATIONS = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => {
  window.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
});
"""


class CountingProxy:
    """Ends every connection and keeps what was asked for."""

    def __init__(self, server: socketserver.ThreadingTCPServer) -> None:
        self.address = f"http://127.0.0.1:{server.server_address[1]}"
        self.asked: list[str] = []


@contextlib.contextmanager
def counting_proxy() -> Iterator[CountingProxy]:
    """Run the proxy on loopback."""

    class Ear(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            line = self.rfile.readline(2000).decode("latin-1").strip()
            if _BROWSER_OWN not in line:
                proxy.asked.append(line)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Ear) as server:
        server.daemon_threads = True
        proxy = CountingProxy(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield proxy
        finally:
            server.shutdown()


class SilentPage:
    """A page whose every connection but those to ``friend`` ends in the counting proxy."""

    def __init__(self, browser: Browser, proxy: CountingProxy, *, friend: str = "", height: int = 1100) -> None:
        settings = {"server": proxy.address, "bypass": friend.removeprefix("http://")}
        self.context = browser.new_context(proxy=settings, viewport={"width": 1300, "height": height})
        self.proxy, self.errors = proxy, []
        self.context.add_init_script(_VIOLATIONS)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(WAIT)
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.errors.append(str(e)))

    def assert_silent(self) -> None:
        """Nobody was asked, nothing went wrong, and no policy was broken in any frame."""
        broken = [one for frame in self.page.frames for one in frame.evaluate("window.violations ?? []")]
        errors = [text for text in self.errors if not KNOWN_NOISE.search(text)]
        found = {"asked": self.proxy.asked, "broken": broken, "errors": errors}
        assert not any(found.values()), found

    def close(self) -> None:
        self.context.close()
