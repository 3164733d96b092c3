"""Firefox as Debian packages it, steered over WebDriver BiDi."""

import json
import re
import shutil
import subprocess
import tempfile
import threading
import time
from contextlib import closing, contextmanager
from itertools import count

import pytest
from support.waits import PATIENCE


@contextmanager
def running_firefox():
    """Run Firefox without a window; yield its one page."""
    executable = shutil.which("firefox-esr") or shutil.which("firefox")
    if executable is None:
        pytest.skip("NO FIREFOX: the forms were not tried in it; install the package firefox-esr.")
    with tempfile.TemporaryDirectory() as profile:
        command = [executable, "--headless", "--remote-debugging-port=0", "--profile", profile]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as browser:
            try:
                lines = (re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
                         for line in browser.stderr)  # fmt: skip
                address = next(filter(None, lines))[1]
                threading.Thread(target=browser.stderr.read, daemon=True).start()
                with closing(FirefoxPage(f"{address}/session")) as page:
                    yield page
            finally:
                browser.terminate()
                browser.wait(timeout=PATIENCE)


class FirefoxPage:
    """A page: what it logs as an error is kept in `complaints`."""

    def __init__(self, address):
        from websocket import create_connection

        self._socket = create_connection(address, timeout=PATIENCE, suppress_origin=True)
        self._numbers = count(1)
        self.complaints = []
        self._ask("session.new", capabilities={})
        self._ask("session.subscribe", events=["log.entryAdded"])
        (context,) = self._ask("browsingContext.getTree")["contexts"]
        self._context = context["context"]

    def _ask(self, method, **params):
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            answer = json.loads(self._socket.recv())
            if answer.get("method") == "log.entryAdded" and answer["params"]["level"] == "error":
                self.complaints.append(answer["params"]["text"])
            if answer.get("id") == number:
                assert answer["type"] == "success", answer
                return answer["result"]

    def close(self):
        """End the session."""
        self._socket.close()

    def open(self, address):
        """Load a page."""
        self._ask("browsingContext.navigate", context=self._context, url=address, wait="complete")

    def evaluate(self, code):
        """Return what a line of JavaScript gives, as plain values."""
        target = {"context": self._context}
        found = self._ask(
            "script.evaluate",
            expression=f"JSON.stringify({code}) ?? null",
            target=target,
            awaitPromise=True,
        )
        assert found["type"] == "success", found
        return json.loads(found["result"].get("value", "null"))

    def waits_for(self, code):
        """Wait until a line of JavaScript gives something true; return it."""
        end = time.monotonic() + PATIENCE
        while not (value := self.evaluate(code)):
            assert time.monotonic() < end, (code, self.evaluate("document.body.innerText"))
            time.sleep(0.1)
        return value

    def press(self, *keys):
        """Press keys one after the other; special ones by their WebDriver code."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        source = {"type": "key", "id": "keyboard", "actions": actions}
        self._ask("input.performActions", context=self._context, actions=[source])
