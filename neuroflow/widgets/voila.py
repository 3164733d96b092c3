"""The forms as a page without code, served by Voilà on this computer; run by `neuroflow app`."""

from __future__ import annotations

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.client import HTTPConnection, HTTPException
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, get_args

from neuroflow.errors import MissingExtraError, OptionError, WorkerError
from neuroflow.io import child_environ, jupyter_command, write_private
from neuroflow.plot import ThemeName
from neuroflow.workspace import Workspace

WORKSPACE_VARIABLE = "NEUROFLOW_WORKSPACE"
"""The environment variable that names the workspace of the page."""
FOLDER_VARIABLE = "NEUROFLOW_START"
"""The environment variable that names the folder in which the command was run."""
LOCAL = "127.0.0.1"
"""The loopback address: no other computer can reach the page."""
SECRETS = ("JUPYTER_TOKEN", "QUERY_STRING")
"""The environment variables that hold the token, also as Voilà hands it on."""
MARK = "X-Neuroflow"
"""The header by which the server is known to be ours."""
EXTENSIONS = [
    "@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget",
]  # fmt: skip
"""The extensions of JupyterLab that the page loads; others would delay it, and may do anything."""
_START_SECONDS = 180.0
_STOP_SECONDS = 15.0
_STEP_SECONDS = 0.2
_IDLE_SECONDS = 900


def page(environ: Mapping[str, str] = os.environ) -> Any:
    """Open the forms of the workspace that the environment names: the page's only line."""
    from neuroflow.widgets.app import app

    for name in SECRETS:  # programs that the page starts need no access to it
        os.environ.pop(name, None)
    # A folder that came from somebody else may hold files that are named as modules.
    sys.path[:] = [place for place in sys.path if place not in ("", ".")]
    os.chdir(environ.get(FOLDER_VARIABLE, "."))
    return app(Workspace(environ[WORKSPACE_VARIABLE]))


def serve_page(
    workspace: str | Path,
    *,
    report: Callable[[str], None],
    stop: threading.Event,
    port: int = 0,
    theme: str = "light",
    open_browser: bool = True,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Serve the forms of a workspace as a page until the stop event is set.

    The page is reachable from this computer only and requires a token; otherwise other users of the
    computer could open it and send studies with your key.
    """
    if theme not in get_args(ThemeName):
        raise OptionError(
            f"There is no theme {theme!r}.", advice=f"Choose from {', '.join(get_args(ThemeName))}."
        )
    if find_spec("voila") is None:
        raise MissingExtraError(
            "The page needs Voilà, which is not installed.",
            advice="Install it: python -m pip install voila jupyter-server. "
            "In a notebook, neuroflow.app(ws) shows the same forms.",
        )
    with Workspace(workspace) as ws:
        folder = ws.folder
        # Unreadable settings raise here; the page would stay empty.
        _ = ws.service.profile, ws.service.settings
    token, number, path = secrets.token_urlsafe(24), _free_port(port), secrets.token_urlsafe(16)
    address = f"http://{LOCAL}:{number}/{path}/?token={token}"
    with (
        tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log,
        _private_folder(number, path) as (private, mark),
        _running_server(
            _command(number, theme, folder.name), _environ(folder, token), private, log
        ) as server,
        _shortcut(folder / "open_page.html", address) as shortcut,
    ):
        _wait_until_open(server, partial(_answers, number, path, mark), log, stop, sleep)
        if not stop.is_set():
            report(f"The page of {folder} is open at\n  {address}\nCtrl-C closes it.")
            if open_browser:
                webbrowser.open(shortcut.as_uri())
        while not stop.is_set():
            if server.poll() is not None:
                raise _server_ended(log)
            sleep(_STEP_SECONDS)


def _command(port: int, theme: str, project: str) -> list[str]:
    notebook = files("neuroflow.widgets") / "neuroflow.ipynb"
    return [
        *(*jupyter_command("voila"), str(notebook), "--no-browser"),
        *(f"--port={port}", f"--Voila.ip={LOCAL}", "--Voila.port_retries=0"),
        *("--Voila.auto_token=True", "--template=neuroflow", f"--theme={theme}"),
        *("--VoilaConfiguration.allow_template_override=NO", "--strip_sources=True"),
        f"--VoilaConfiguration.resources={ {'neuroflow': {'project': project}} }",
        # The kernel of a closed page may finish its upload; idle kernels are ended.
        *(
            f"--MappingKernelManager.cull_idle_timeout={_IDLE_SECONDS}",
            "--MappingKernelManager.cull_interval=60",
        ),
    ]


@contextmanager
def _private_folder(port: int, path: str) -> Iterator[tuple[Path, str]]:
    """Make the folder that Voilà runs in, with its settings, and the mark that it answers with.

    Voilà reads settings, also programs, from where it runs, which is never the user's folder: that
    may come from somebody else. The settings are no arguments, which other users could see.
    """
    with tempfile.TemporaryDirectory(prefix="neuroflow-page-") as folder:
        mark = secrets.token_urlsafe(16)
        text = json.dumps(_settings(port, path, mark))
        write_private(Path(folder) / "voila.json", text.encode())
        yield Path(folder), mark


def _settings(port: int, path: str, mark: str) -> dict[str, object]:
    """Return the settings of the server: which names it answers to, and what its page may do."""
    # The page loads nothing from elsewhere, sends nothing there, and is in no frame (W3C, Content
    # Security Policy Level 3). Voilà and the widgets need scripts in the page, and evaluate some.
    policy = {
        "default-src": "'none'",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src": "'self' 'unsafe-inline' blob:",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "connect-src": f"'self' ws://{LOCAL}:{port} ws://localhost:{port} data: blob:",
        "worker-src": "'self' blob:",
        "form-action": "'self'",
        "base-uri": "'self'",
        "frame-ancestors": "'none'",
    }
    headers = {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        MARK: mark,
    }
    # Browsers send a cookie to every port of a computer. It is bound to a path that nobody knows,
    # so that the server of another user, on another port, cannot have it; it ends with the browser,
    # and no other page sends it.
    cookie = {"path": f"/{path}/", "expires_days": None, "samesite": "Strict"}
    return {
        "Voila": {
            "base_url": f"/{path}/",
            "identity_provider_class": "neuroflow.widgets.page_login.PageLogin",
            "tornado_settings": {
                # A web page elsewhere could lead a name of its own to this computer (DNS
                # rebinding): answer to loopback names only.
                "allow_remote_access": False,
                "headers": headers,
                "xsrf_cookie_kwargs": cookie,
            },
        },
        "IdentityProvider": {"cookie_options": cookie},
        "VoilaConfiguration": {"extension_allowlist": EXTENSIONS},
    }


def _environ(folder: Path, token: str) -> dict[str, str]:
    """Return the page's environment with the token, since arguments are visible to everybody."""
    share = str(files("neuroflow.widgets") / "share")
    # A passphrase stays here: the page asks for it in the Connect form.
    return child_environ() | {
        WORKSPACE_VARIABLE: str(folder),
        FOLDER_VARIABLE: str(Path.cwd()),
        "JUPYTER_TOKEN": token,
        # Jupyter must find the kernel of this Python before others, and the template of the page.
        "JUPYTER_PREFER_ENV_PATH": "1",
        "JUPYTER_PATH": os.pathsep.join(filter(None, [share, os.environ.get("JUPYTER_PATH")])),
        "PYTHONUNBUFFERED": "1",
    }


def _free_port(port: int) -> int:
    """Return a free port, or the given one if it is free."""
    with socket.socket() as probe:
        if os.name == "posix":  # as Voilà does: a recently closed port counts as free
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCAL, port))
        except OSError as error:
            raise OptionError(
                f"The page cannot use port {port}.",
                why=f"{error.strerror}.",
                advice="Omit --port to use a free one.",
            ) from error
        return int(probe.getsockname()[1])


@contextmanager
def _running_server(
    command: list[str], environ: dict[str, str], folder: Path, log: IO[str]
) -> Iterator[subprocess.Popen[str]]:
    """Run the server in its own session, so that Ctrl-C reaches only this process."""
    group: dict[str, Any] = (
        {"start_new_session": True}
        if os.name == "posix"
        else {"creationflags": getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)}
    )
    with subprocess.Popen(  # noqa: S603
        command,
        env=environ,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        text=True,
        **group,
    ) as server:
        try:
            yield server
        finally:
            _stop_server(server)


def _stop_server(server: subprocess.Popen[str]) -> None:
    """Stop the server and its kernels; kill it if it does not end in time."""
    if server.poll() is None:
        server.send_signal(signal.SIGINT if os.name == "posix" else signal.SIGTERM)
        try:
            server.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait_until_open(
    server: subprocess.Popen[str],
    is_open: Callable[[], bool],
    log: IO[str],
    stop: threading.Event,
    sleep: Callable[[float], None],
) -> None:
    for _ in range(int(_START_SECONDS / _STEP_SECONDS)):
        if stop.is_set():
            return
        if server.poll() is not None:
            raise _server_ended(log)
        if is_open():
            return
        sleep(_STEP_SECONDS)
    raise _server_ended(log)


def _answers(port: int, path: str, mark: str) -> bool:
    """Check that our server answers, not another that took the port meanwhile."""
    connection = HTTPConnection(LOCAL, port, timeout=5)
    try:
        # The token is not part of the question.
        connection.request("GET", f"/{path}/")
        return connection.getresponse().getheader(MARK) == mark
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def _shortcut(path: Path, address: str) -> Iterator[Path]:
    """Write a private file that redirects the browser, since arguments would show the token."""
    text = f'<!doctype html><meta http-equiv="refresh" content="0; url={address}">\n'
    write_private(path, text.encode())
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def _server_ended(log: IO[str]) -> WorkerError:
    log.seek(0)
    lines = [line.strip() for line in log.read().splitlines() if line.strip()]
    return WorkerError(
        "The page did not open, or it stopped unexpectedly.",
        why=" ".join(lines[-3:]),
        advice="Try another port, or open the same forms in a notebook with neuroflow.app(ws).",
    )
