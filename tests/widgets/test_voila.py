"""The page without code: served to this computer only, and only to who has the token."""

import json
import os
import queue
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from importlib.resources import files

import pytest
from support.served_page import served
from support.waits import PATIENCE

from neuroflow.errors import (
    ConfigError,
    MissingExtraError,
    OptionError,
    WorkerError,
    WorkspaceError,
)
from neuroflow.widgets import voila
from neuroflow.widgets.voila import LOCAL, WORKSPACE_VARIABLE, serve_page

pytestmark = pytest.mark.slow


def get(address, **headers):
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(urllib.request.Request(address, headers=headers), timeout=PATIENCE) as answer:
        return answer.status, answer.url, answer.read().decode()


def refusal(address, **headers):
    """Return the status of an answer that is an error; the connection is closed with it."""
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(address, **headers)
    with refused.value as answer:
        return answer.code


def test_unreadable_settings_raise_before_a_page_opens(tmp_path):
    (tmp_path / "neuroflow.toml").write_text("[service]\nhost =\n", encoding="utf-8")
    said = []
    with pytest.raises(ConfigError, match="line 2"):
        serve_page(tmp_path, report=said.append, stop=threading.Event(), open_browser=False)
    assert said == []


def test_page_with_token_shows_forms_without_code(tmp_path, monkeypatch):
    led = queue.Queue()
    monkeypatch.setattr(voila.webbrowser, "open", led.put)
    with served(tmp_path / "project", theme="dark") as address:
        assert address.startswith(f"http://{LOCAL}:")
        file = tmp_path / "project" / "open_page.html"
        uri = led.get(timeout=PATIENCE)
        assert uri == file.as_uri()  # an address with the token in it would be seen by others
        assert address in file.read_text(encoding="utf-8")
        assert os.name != "posix" or file.stat().st_mode & 0o077 == 0
        status, _, text = get(address)
        assert status == 200
        assert "application/vnd.jupyter.widget-view+json" in text
        assert "neuroflow.widgets" not in text  # the code
        assert "Traceback" not in text
        assert "theme-dark" in text or 'data-jp-theme-light="false"' in text
        without, _, _ = address.partition("?")
        assert "/login" in get(without)[1]
        code = without + "voila/files/neuroflow.ipynb" + "?" + address.partition("?")[2]
        assert refusal(code) in {403, 404}
    assert not file.exists()
    with pytest.raises(OSError, match="refused"):
        get(address)


def test_token_is_no_argument_and_server_is_local(tmp_path):
    command = voila._command(1, "light", "it's mine")
    assert f"--Voila.ip={LOCAL}" in command
    environ = voila._environ(tmp_path, "a token")
    assert environ["JUPYTER_TOKEN"] == "a token"
    assert "a token" not in " ".join(command)
    assert environ[WORKSPACE_VARIABLE] == str(tmp_path)


def test_page_notebook_has_one_cell_without_output():
    (cell,) = json.loads((files("neuroflow.widgets") / "neuroflow.ipynb").read_text())["cells"]
    assert cell["outputs"] == []
    assert "page()" in cell["source"]


def test_page_opens_workspace_named_by_environment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tabs = voila.page(
        {WORKSPACE_VARIABLE: str(tmp_path / "w"), voila.FOLDER_VARIABLE: str(tmp_path)}
    )
    assert tabs.neuroflow.ws.folder == (tmp_path / "w").resolve()
    tabs.neuroflow.ws.close()


@pytest.mark.skipif(os.name != "posix", reason="signals between processes")
def test_ctrl_c_closes_the_page_and_its_kernels(tmp_path):
    command = [sys.executable, "-m", "neuroflow", "app", str(tmp_path / "w"), "--no-browser"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, start_new_session=True, **pipes) as running:
        address = next(filter(None, (re.search(r"http://\S+", line) for line in running.stdout)))
        get(address.group())
        os.killpg(running.pid, signal.SIGINT)
        _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0
    assert "Closing the page." in err
    assert "Traceback" not in err
    with pytest.raises(OSError, match="refused"):
        get(address.group())


def never(*_args):
    raise AssertionError


def test_invalid_options_raise_before_anything_starts(tmp_path, monkeypatch, service):
    here = {"report": never, "stop": threading.Event(), "open_browser": False}
    with pytest.raises(OptionError, match="theme 'blue'"):
        serve_page(tmp_path, theme="blue", **here)
    with pytest.raises(OptionError, match=f"port {service.port}"):
        serve_page(tmp_path, port=service.port, **here)
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError):
        serve_page(tmp_path / "file", **here)
    monkeypatch.setattr(voila, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match="python -m pip install voila jupyter-server"):
        serve_page(tmp_path, **here)


def test_page_that_stops_reports_why(tmp_path, monkeypatch):
    broken = [sys.executable, "-c", "raise SystemExit('no such thing')"]
    monkeypatch.setattr(voila, "_command", lambda *args: broken)
    with pytest.raises(WorkerError, match="no such thing"):
        serve_page(tmp_path, report=never, stop=threading.Event(), open_browser=False)


def test_a_passphrase_is_not_inherited_by_the_page(tmp_path, monkeypatch):
    monkeypatch.setenv("NEUROFLOW_PASSPHRASE", "secret")
    assert "secret" not in voila._environ(tmp_path, "a token").values()
