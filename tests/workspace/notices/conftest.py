"""A workspace with studies in any state, a mail server and a webhook."""

import json
import os
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from aiosmtpd.controller import Controller
from support.sshd import free_port

from neuroflow.ledger import State, utc_now
from neuroflow.models import RESULT_FILES, Package
from neuroflow.transfer.local import LocalRemote
from neuroflow.workspace.workspace import Workspace


@pytest.fixture(autouse=True)
def user_folder(tmp_path, monkeypatch):
    """Return the configuration folder of a user of these tests."""
    monkeypatch.setenv("NEUROFLOW_CONFIG", str(tmp_path / "user"))
    return tmp_path / "user"


class Project:
    """A workspace on the embedded service; studies get into a state without scans."""

    def __init__(self, ws, home):
        self.ws, self.home, self.later = ws, home, timedelta()

    def send(self, study_id):
        """Record a study as sent."""
        path = self.ws.folder / f"{study_id}.zip"
        self.ws.ledger.add_package(Package("C", study_id, path, 9, "sha", f"source {study_id}"))
        self.ws.ledger.record("C", study_id, State.UPLOADING)
        self.ws.ledger.record("C", study_id, State.SUBMITTED)

    def deliver(self, study_id, *names, text="content"):
        folder = self.home / "output" / f"{study_id}_out"
        folder.mkdir(exist_ok=True)
        for name in names or RESULT_FILES:
            (folder / name).write_text(text)
            os.utime(folder / name, (1.7e9, 1.7e9))

    def fail(self, study_id):
        self.deliver(
            study_id, "failure_report.txt", text="Processing failed\nReason: the age is missing\n"
        )

    def collect(self):
        return self.ws.collect(on_event=lambda event: None)


@pytest.fixture
def project(tmp_path):
    """Open a workspace with a folder in place of the service, and a clock that can be moved."""
    later = timedelta()
    home = tmp_path / "home"
    (home / "output").mkdir(parents=True)
    with Workspace(tmp_path / "study-7", clock=lambda: utc_now() + made.later) as ws:
        made = Project(ws, home)
        made.later = later
        ws.service.connect = lambda: LocalRemote(home)
        yield made


@pytest.fixture
def mail():
    """Run a mail server on a loopback port; `messages` is what it took, as text."""

    class Inbox:
        def __init__(self):
            self.messages = []

        async def handle_DATA(self, server, session, envelope):
            self.messages.append(envelope.content.decode())
            return "250 OK"

    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    inbox.address = (
        f"mailto://127.0.0.1:{controller.port}?from=lab@example.org&to=me@example.org&mode=insecure"
    )
    yield inbox
    controller.stop()


@pytest.fixture
def webhook():
    """Run a webhook on a loopback port; `posts` is what it took, `status` what it answers."""

    class Hook(BaseHTTPRequestHandler):
        status = 200

        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self.posts.append(json.loads(self.rfile.read(length)))
            self.send_response(type(self).status)
            self.end_headers()

        def log_message(self, *words):
            pass

    Hook.posts = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Hook.address = f"json://127.0.0.1:{server.server_port}/T0KENT0KEN"
    yield Hook
    server.shutdown()
    server.server_close()
