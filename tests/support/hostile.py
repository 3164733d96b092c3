"""An SFTP server on loopback that lists and sends whatever a test makes up."""

import asyncio
import contextlib
import itertools
import stat
import threading
import time
from pathlib import Path

import asyncssh
from asyncssh import FX_NO_SUCH_FILE, SFTPAttrs, SFTPError, SFTPName, SFTPServer
from support.waits import PATIENCE

from neuroflow.transfer.ssh.keys import make_key
from neuroflow.transfer.ssh.profile import Profile

FOLDER, LINK, DEVICE = "folder", "link", "device"
_MODES = {FOLDER: stat.S_IFDIR | 0o755, LINK: stat.S_IFLNK | 0o777, DEVICE: stat.S_IFCHR | 0o666}
_LOOKED_THROUGH = 1000  # names of an endless listing in which a single path is looked for


class _Login(asyncssh.SSHServer):
    def __init__(self, connections):
        self._connections = connections

    def connection_made(self, connection):
        self._connections.append(connection)

    def begin_auth(self, username):
        return True

    def public_key_auth_supported(self):
        return True

    def validate_public_key(self, username, key):
        return True


class _Files(SFTPServer):
    names = read_bytes = None  # of the test: what a folder holds, and what a file holds

    def _folder(self, path):
        return type(self).names(path.decode("utf-8", "surrogateescape").strip("/"))

    async def scandir(self, path):
        found = self._folder(path)
        if found is None:
            raise SFTPError(FX_NO_SUCH_FILE, "no such folder")
        for name, what in found.items() if isinstance(found, dict) else found:
            raw = name if isinstance(name, bytes) else name.encode("utf-8", "surrogateescape")
            yield SFTPName(raw, attrs=_attributes(what))
            await asyncio.sleep(0)  # or the end of an endless listing would go unnoticed

    def stat(self, path):
        text = path.decode("utf-8", "surrogateescape").strip("/")
        if text in {"", ".", "input", "output"}:
            return _attributes((FOLDER, 0))
        parent, _, name = text.rpartition("/")
        found = type(self).names(parent) or {}
        pairs = found.items() if isinstance(found, dict) else found
        few = dict(itertools.islice(pairs, _LOOKED_THROUGH))
        if name not in few:
            raise SFTPError(FX_NO_SUCH_FILE, "no such file")
        return _attributes(few[name])

    lstat = stat

    def realpath(self, path):
        return path

    def open(self, path, _flags, _attrs):
        return path.decode("utf-8", "surrogateescape").strip("/")

    def open56(self, path, *_):
        return self.open(path, None, None)

    def read(self, file, offset, size):
        return type(self).read_bytes(file, offset, size)

    def close(self, _file):
        pass

    def fstat(self, file):
        return self.stat(file.encode("utf-8", "surrogateescape"))


def _attributes(what):
    """Make attributes of (kind or size, time)."""
    kind, modified = what
    mode = _MODES.get(kind, stat.S_IFREG | 0o644)
    size = kind if isinstance(kind, int) else 0
    return SFTPAttrs(
        size=size, permissions=mode, atime=modified, mtime=modified, uid=0, gid=0, type=None
    )


class HostileServer:
    """Serves `names(path)`, a dict or an iterator of pairs, and `read(path, offset, size)`."""

    host, user = "127.0.0.1", "site"

    def __init__(self, folder, names, read=lambda _path, _offset, _size: b"", **options):
        self._names, self._read, self._options = names, read, options
        self.key = Path(folder) / "id_ed25519"
        if not self.key.exists():
            make_key(self.key)

    @property
    def profile(self):
        return Profile(host=self.host, user=self.user, key=self.key, port=self.port)

    def __enter__(self):
        is_up = threading.Event()
        key = asyncssh.generate_private_key("ssh-ed25519")
        self.fingerprint = key.get_fingerprint()
        kinds = {"names": staticmethod(self._names), "read_bytes": staticmethod(self._read)}

        async def serve():
            connections = []
            self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
            server = await asyncssh.listen(
                self.host,
                0,
                server_factory=lambda: _Login(connections),
                server_host_keys=[key],
                sftp_factory=type("Files", (_Files,), kinds),
                sftp_version=3,
                **self._options,
            )
            self.port = server.get_port()
            is_up.set()
            await self._end.wait()
            server.close()
            for connection in connections:
                connection.abort()
            await asyncio.sleep(0.05)

        self._thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
        self._thread.start()
        assert is_up.wait(PATIENCE)
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE)


class Cost:
    """Seconds, seconds of CPU of its thread, and highest growth of memory, in MB, of a block."""

    seconds = cpu_seconds = 0.0
    megabytes = 0.0


@contextlib.contextmanager
def measured():
    """Measure time and memory of a block, the memory where the system shows it."""
    cost, is_done, before = Cost(), threading.Event(), _resident()

    def watch():
        while not is_done.wait(0.02):
            cost.megabytes = max(cost.megabytes, _resident() - before)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start, cpu = time.monotonic(), time.thread_time()
    try:
        yield cost
    finally:
        cost.seconds = time.monotonic() - start
        cost.cpu_seconds = time.thread_time() - cpu
        is_done.set()
        watcher.join()


def _resident():
    try:
        text = Path("/proc/self/status").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return int(text.split("VmRSS:")[1].split()[0]) / 1024
