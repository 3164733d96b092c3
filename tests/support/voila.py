"""The page without code, run by its own command, and a page of Chromium that looks at it."""

import re
import signal
import subprocess
import sys
from contextlib import contextmanager

from support.lab import ARTIFACTS, LabPage
from support.waits import PATIENCE


@contextmanager
def running_page(workspace, *options):
    """Run `neuroflow app`; yield the page's address."""
    command = [sys.executable, "-m", "neuroflow", "app", str(workspace), "--no-browser", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            lines = (re.search(r"http://\S+", line) for line in server.stdout)
            yield next(filter(None, lines)).group()
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=PATIENCE)


class VoilaPage(LabPage):
    """The forms of one workspace as a page without code; `elsewhere` is what it fetched there."""

    def __init__(self, page, address):
        super().__init__(page, address, None)
        self.elsewhere = []
        page.on("request", self._asks)

    def _asks(self, request):
        if not request.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def open(self):
        self.page.goto(self._address)
        self.form.wait_for()

    def reload(self):
        self.page.reload()
        self.form.wait_for()

    def leave(self):
        """Close the page; its server ends its kernel."""
        self.page.close()

    def screenshot(self, name):
        """Keep a picture of the whole page in the folder of artifacts."""
        ARTIFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTIFACTS / f"{name}.png", full_page=True)
