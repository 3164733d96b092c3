"""A local SFTP service that behaves as documented by neuropacs, with simulated results."""

from __future__ import annotations

import asyncio
import errno
import logging
import re
import sys
import threading
from concurrent.futures import Future
from pathlib import Path, PurePosixPath
from typing import Self, cast

from neuroflow.contract import INPUT, OUTPUT
from neuroflow.demo.service.aidp import check_layout
from neuroflow.demo.service.lock import lock_of, take
from neuroflow.demo.service.pipeline import GroundTruth, Pipeline, unknown_subject
from neuroflow.demo.service.queue import ProcessingQueue
from neuroflow.errors import DemoError, MissingExtraError
from neuroflow.transfer import FolderLayout, Profile

try:
    import asyncssh

    from neuroflow.demo.service.login import Login, read_or_make_key, user_of
    from neuroflow.demo.service.s3_sftp import S3Home, discard_staged
except ImportError as error:
    raise MissingExtraError(
        "The embedded service needs asyncssh.",
        why=f"{error}.",
        advice="Install it: python -m pip install asyncssh jupyterlab voila",
    ) from error

_CLOSE_SECONDS = 5.0
_STEPS = 5  # of the event loop, in which what it was reported is done
MAX_SESSIONS = 10
"""How many SFTP sessions one connection may hold (AWS Transfer Family, service quotas)."""

_THREAD = "neuroflow-demo"


class DemoService:
    """Run the embedded service on a loopback port, in a thread of its own.

    Users log in with a key only. Below the home, ``input/<cohort_id>/input/<study_id>.zip`` is
    processed once its upload is complete, and ``output/<study_id>_out/`` appears with
    ``prediction.png``, ``prediction.txt`` and ``aidp.csv``, or a failure report. All values are
    simulated.

    Parameters
    ----------
    root
        A folder for the service: its keys, the home, unfinished uploads. If it was used before,
        the keys are kept, and what an earlier run left is processed.
    host, port
        Where to listen; port 0 takes any free port.
    layout
        The layout of aidp.csv: ``"long"``, ``"wide"`` or ``"transposed"``.
    delay
        The time between an upload and its processing, in seconds.
    failure_rate
        The fraction of valid studies that end in a failure report, 0 to 1.
    latency
        Seconds added to each answer, except to those that carry data.
    seed
        The seed of the simulated values and failures.
    truth
        Returns the `Subject` of a study; without it, the group is derived from the study's id, and
        age and sex are taken from the upload.
    folders
        Where uploads and results are below the home; None for the layout of the guide.
    log
        The file below the home in which the service logs each study, for instance
        ``"logs/status.log"``; empty for none.
    takes_uploads
        True moves an upload away as soon as it is complete.

    Attributes
    ----------
    user : str
        The user's name; each folder of a service has its own.
    key : Path
        The client's private key.
    fingerprint : str
        The fingerprint of the server's key, ``SHA256:...``.
    home : Path
        The folder that the user sees as ``/``.

    Raises
    ------
    DemoError
        The port is in use, a setting is out of its range, or the folder cannot be used.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder, DemoService(Path(folder)) as service:
    ...     service.host, service.port > 0, service.fingerprint[:7]
    ('127.0.0.1', True, 'SHA256:')

    Without ``with``:

    >>> service = DemoService(Path(tempfile.mkdtemp()), delay=0.0).start()
    >>> service.wait_until_idle()
    True
    >>> service.stop()

    References
    ----------
    The SFTP guide of neuropacs (folders); the AWS Transfer Family user guide (refused operations).
    """

    def __init__(
        self,
        root: Path | str,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        layout: str = "wide",
        delay: float = 2.0,
        failure_rate: float = 0.0,
        latency: float = 0.0,
        seed: int = 0,
        truth: GroundTruth | None = None,
        takes_uploads: bool = False,
        folders: FolderLayout | None = None,
        log: str = "",
    ) -> None:
        if delay < 0 or latency < 0 or not 0 <= failure_rate <= 1:
            raise DemoError(
                "The service cannot run with these settings.",
                advice="Delay and latency are not negative, the failure rate is from 0 to 1.",
            )
        self.root = Path(root).resolve()
        self.home = self.root / "home"
        self.host, self.port = host, port
        self._staging, self._taken = self.root / "staging", self.root / "taken"
        self.folders = folders or FolderLayout()
        self._make_folders()
        self.key = self.root / "client_ed25519"
        self._client_key = read_or_make_key(self.key)
        self._host_key = read_or_make_key(self.root / "host_ed25519")
        self.fingerprint = str(self._host_key.get_fingerprint())
        self.user = user_of(self._host_key)
        pipeline = Pipeline(
            output=self._output_of,
            staging=self._staging,
            layout=check_layout(layout),
            failure_rate=failure_rate,
            seed=seed,
            truth=truth or unknown_subject,
            log=self.home / log if log else None,
        )
        self._queue = ProcessingQueue(pipeline.process, delay)
        self._latency, self._takes_uploads = latency, takes_uploads
        self._connections: dict[asyncssh.SSHServerConnection, int] = {}  # to open sessions
        self._sessions: set[asyncio.Task[object]] = set()
        self._thread: threading.Thread | None = None
        self._lock = lock_of(self.root)
        self._loop: asyncio.AbstractEventLoop
        self._stop: asyncio.Event

    # ------------------------------------------------------------ for the user

    @property
    def profile(self) -> Profile:
        """The profile with which a client connects to the service."""
        return Profile(host=self.host, user=self.user, key=self.key, port=self.port)

    @property
    def processed(self) -> list[str]:
        """The ids of the studies whose processing was begun, in order, once per processing."""
        return list(self._queue.processed)

    def wait_until_idle(self, timeout: float = 60.0) -> bool:
        """Wait until every complete upload is processed.

        Parameters
        ----------
        timeout
            The longest time to wait, in seconds.

        Returns
        -------
        bool
            False if uploads were still waiting after `timeout`.
        """
        return self._queue.wait(timeout)

    def start(self) -> Self:
        """Start the service.

        Returns
        -------
        DemoService
            The service itself; its `port` is the real one now.

        Raises
        ------
        DemoError
            The port is in use or not allowed, or another service uses the folder.
        """
        take(self._lock, self.root)
        discard_staged(self._staging)
        logging.getLogger("asyncio").addFilter(_is_worth_logging)
        listening: Future[int] = Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._serve(listening)), name=_THREAD, daemon=True
        )
        self._thread.start()
        try:
            self.port = listening.result()
        except OSError as error:
            self._thread.join()
            self._thread = None
            self._lock.release()
            raise _port_error(error, self.host, self.port) from error
        return self

    def stop(self) -> None:
        """Close all connections and finish the study in progress; others wait for the next one."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
            self._thread = None
            self._lock.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    # ------------------------------------------------------------ inside

    def _make_folders(self) -> None:
        try:
            kept = [self.home / name for name in self._kept()]
            for folder in (self.home, *kept, self._staging, self._taken):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DemoError(
                f"The service cannot use {self.root}.",
                why=f"{error.strerror}.",
                advice="Choose a folder that can be written.",
            ) from error

    async def _serve(self, listening: Future[int]) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            acceptor = await asyncssh.listen(
                self.host,
                self.port,
                server_factory=lambda: Login(self.user, self._client_key, self._connections),
                server_host_keys=[self._host_key],
                server_version="AWS_SFTP_1.2",
                sftp_factory=self._session,
                sftp_version=3,
                allow_scp=False,
                agent_forwarding=False,
                x11_forwarding=False,
                gss_host=None,
                compression_algs=None,
            )
        except OSError as error:
            listening.set_exception(error)
            return
        self._resume()
        listening.set_result(acceptor.get_port())
        await self._stop.wait()
        if sys.platform != "win32":  # whose event loop has no readers
            for sock in acceptor.sockets:
                self._loop.remove_reader(sock)
        await _settle()  # who was let in just now becomes a connection: a closed server drops it
        acceptor.close()
        for connection in list(self._connections):
            connection.abort()
        await _settle()
        await acceptor.wait_closed()
        if self._sessions:
            await asyncio.wait(self._sessions, timeout=_CLOSE_SECONDS)  # each closes its open files
        await self._queue.stop()

    async def _session(self, channel: asyncssh.SSHServerChannel[bytes]) -> S3Home:
        connection = cast(asyncssh.SSHServerConnection, channel.get_connection())
        session = cast("asyncio.Task[object]", asyncio.current_task())
        self._sessions.add(session)
        session.add_done_callback(self._sessions.discard)
        if self._connections[connection] >= MAX_SESSIONS:
            channel.close()
            # To come back from here would end the whole connection, with all its sessions.
            await connection.wait_closed()

        def count(change: int) -> None:
            if connection in self._connections:
                self._connections[connection] += change

        count(+1)
        return S3Home(
            channel,
            self.home,
            self._staging,
            self._on_file,
            on_exit=lambda: count(-1),
            kept=("", *self._kept()),
            latency=self._latency,
        )

    def _on_file(self, path: Path) -> None:
        """Begin to process what was uploaded where studies belong."""
        cohort = self._cohort_of(path)
        if cohort is None:
            return
        if self.folders.study_as == "folder":
            path = self._study_folder(path)
        elif self._takes_uploads:
            folder = self._taken / cohort
            folder.mkdir(exist_ok=True)
            path = path.replace(folder / path.name)
        self._queue.add(path)

    def _kept(self) -> set[str]:
        """Return the folders that are there from the beginning."""
        above = (self.folders.on_server(folder) for folder in (INPUT, OUTPUT))
        return {str(path) for path in above if path.name}

    def _cohort_of(self, path: Path) -> str | None:
        """Return the cohort of an upload; None for a file elsewhere."""
        if path.parent.parent == self._taken:
            return path.parent.name
        pattern = re.escape(self.folders.input).replace(r"\{cohort\}", "([^/]+)")
        name = path.relative_to(self.home).as_posix()
        study = r"[^/]+(?:/.+)?" if self.folders.study_as == "folder" else r"[^/]+\.zip"
        match = re.fullmatch(rf"{pattern}/{study}", name, re.IGNORECASE)
        return match[1] if match else None

    def _study_folder(self, path: Path) -> Path:
        """Return the folder of a study that a file belongs to."""
        depth = len(PurePosixPath(self.folders.input).parts) + 1
        return self.home.joinpath(*path.relative_to(self.home).parts[:depth])

    def _output_of(self, upload: Path) -> Path:
        """Return the folder for the results of an upload."""
        cohort = self._cohort_of(upload) if "{cohort}" in self.folders.output else None
        place = OUTPUT / cohort if cohort else OUTPUT
        return self.home / self.folders.on_server(place)

    def _resume(self) -> None:
        """Queue what an earlier run of the service did not finish."""
        kind = "*" if self.folders.study_as == "folder" else "*.zip"
        uploads = self.home.glob(f"{self.folders.input.replace('{cohort}', '*')}/{kind}")
        for path in sorted((*uploads, *self._taken.glob("*/*.zip"))):
            folder = self._output_of(path) / f"{path.stem}_out"
            if not any((folder / last).exists() for last in ("aidp.csv", "failure_report.txt")):
                self._queue.add(path)


async def _settle() -> None:
    for _ in range(_STEPS):
        await asyncio.sleep(0)


def _is_worth_logging(record: logging.LogRecord) -> bool:
    """Return whether a message is worth logging: a client that disconnected early is not."""
    return not (record.threadName == _THREAD and "socket.send()" in str(record.msg))


def _port_error(error: OSError, host: str, port: int) -> DemoError:
    if error.errno == errno.EADDRINUSE:
        return DemoError(
            f"Port {port} on {host} is in use.",
            advice="Stop what uses it, or choose another port; 0 takes a free one.",
        )
    return DemoError(
        f"The service cannot listen on {host}, port {port}.",
        why=f"{error.strerror or error}.",
        advice="Choose another port; 0 takes a free one.",
    )
