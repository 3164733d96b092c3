"""A loopback TCP proxy that does to connections what bad lines do."""

import contextlib
import queue
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass

_SLOW_SECONDS = 0.25


@dataclass(frozen=True)
class Fault:
    """What happens to a connection once the client has sent `after` bytes.

    After silence of `patience` seconds the server gives the connection up, if not None.
    """

    after: int
    kind: str = "reset"  # or "silence", "close", "slow close"
    patience: float | None = None


class Proxy:
    """A context manager; the n-th connection meets the n-th of `faults` (None: none)."""

    def __init__(self, target, *, faults=(), latency=0.0, rate=None):
        self.target = target
        self.host = "127.0.0.1"
        self.latency = latency
        self.rate = rate  # bytes per second from the client
        self.connections = 0
        self.bytes_up = 0
        self.struck = Counter()
        self._faults = list(faults)
        self._sockets = []
        self._lock = threading.Lock()

    def __enter__(self):
        self._listener = socket.create_server((self.host, 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc):
        self._listener.close()
        with self._lock:
            for sock in self._sockets:
                sock.close()

    def _accept(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection((self.host, self.target))
            with self._lock:
                fault = self._faults.pop(0) if self._faults else None
                self.connections += 1
                self._sockets += [client, server]
            for sock in (client, server):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(self, client, server, fault)
            for run in (pair.upwards, pair.downwards):
                threading.Thread(target=run, daemon=True).start()


class _Pair:
    def __init__(self, proxy, client, server, fault):
        self.proxy, self.client, self.server, self.fault = proxy, client, server, fault
        self.silent = False
        self.lines = {each: queue.SimpleQueue() for each in (client, server)}
        if proxy.latency:
            for line in self.lines.items():
                threading.Thread(target=self._deliver, args=line, daemon=True).start()

    def _deliver(self, sock, line):
        """Pass on what is due; blocks on their way overlap, so that a delay limits no rate."""
        while True:
            due, data = line.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if data is None:
                self._shut(sock)
                return
            with contextlib.suppress(OSError):
                sock.sendall(data)

    def upwards(self):
        left = self.fault.after if self.fault else None
        for data in _received(self.client):
            self.proxy.bytes_up += len(data)
            self._take_time(len(data))
            if left is not None and len(data) >= left:
                self._send(self.server, data[:left])
                self._strike()
                return
            left = None if left is None else left - len(data)
            self._send(self.server, data)
        self._close(self.server)

    def _take_time(self, size):
        """Wait as long as so many bytes take at the rate, which a test may change meanwhile."""
        begin = time.monotonic()
        while (rate := self.proxy.rate) and (left := begin + size / rate - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))

    def downwards(self):
        for data in _received(self.server):
            if not self.silent:
                self._send(self.client, data)
        if not self.silent:
            self._close(self.client)

    def _strike(self):
        self.proxy.struck[self.fault.kind] += 1
        if self.fault.kind == "silence":
            self.silent = True  # both lines stay open and nothing passes any more
            if self.fault.patience is not None:
                time.sleep(self.fault.patience)
                self._close(self.server)
            return
        if self.fault.kind == "reset":
            for sock in (self.client, self.server):
                linger = struct.pack("ii", 1, 0)
                with contextlib.suppress(OSError):
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self._close(self.server)
        if self.fault.kind == "slow close":
            time.sleep(_SLOW_SECONDS)
        self._close(self.client)

    def _send(self, sock, data):
        if self.proxy.latency:
            self.lines[sock].put((time.monotonic() + self.proxy.latency / 2, data))
            return
        with contextlib.suppress(OSError):
            sock.sendall(data)

    def _close(self, sock):
        if self.proxy.latency:
            self.lines[sock].put((time.monotonic() + self.proxy.latency / 2, None))
        else:
            self._shut(sock)

    @staticmethod
    def _shut(sock):
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)
        sock.close()


def _received(sock):
    while True:
        try:
            data = sock.recv(1 << 16)
        except OSError:
            return
        if not data:
            return
        yield data
