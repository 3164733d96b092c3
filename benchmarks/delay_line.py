"""A loopback proxy in a process of its own that makes a line longer, and narrower if asked.

Every byte comes later; as many as the ends allow are in flight at a time. With a rate, all
connections together carry no more than that in each direction, as one access line does.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

BUFFER_SECONDS = 0.05
"""How much waits before the narrow place, as in a router; then its senders have to wait."""


class Narrow:
    """The narrow place of one direction, which all connections share."""

    def __init__(self, rate: float | None) -> None:
        self.rate = rate
        self._free = 0.0  # when the last byte so far has passed

    def passed(self, size: int) -> float:
        """Return in how many seconds so many more bytes will have passed."""
        if self.rate is None:
            return 0.0
        now = asyncio.get_running_loop().time()
        self._free = max(now, self._free) + size / self.rate
        return self._free - now


class End(asyncio.Protocol):
    """One end of a line; `other` is the end that gets, `delay` seconds later, what comes here."""

    def __init__(self, delay: float, narrow: Narrow) -> None:
        self.delay, self.narrow = delay, narrow
        self.other: End | None = None
        self.transport: asyncio.Transport | None = None
        self._in_flight: deque[bytes] = deque()  # in order, which timers of one moment are not

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the way back."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Pass bytes on in time; take no more while too many wait."""
        self._in_flight.append(data)
        loop = asyncio.get_running_loop()
        wait = self.narrow.passed(len(data))
        loop.call_later(wait + self.delay, self._arrive)
        if wait > BUFFER_SECONDS and self.transport is not None:
            self.transport.pause_reading()
            loop.call_later(wait - BUFFER_SECONDS, self._resume)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Close the other end in time."""
        self.data_received(b"")

    def _resume(self) -> None:
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()

    def _arrive(self) -> None:
        data = self._in_flight.popleft()
        if self.other is None or self.other.transport is None:
            self._in_flight.appendleft(data)  # the other end is not there yet
            asyncio.get_running_loop().call_later(0.001, self._arrive)
        elif not data:
            self.other.transport.close()
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)


async def serve(target: int, round_trip: float, rate: float | None) -> None:
    """Pass connections on to a port of this machine, until killed."""
    loop = asyncio.get_running_loop()
    joining: set[asyncio.Task[None]] = set()
    up, down = Narrow(rate), Narrow(rate)

    async def join(near: End) -> None:
        _, far = await loop.create_connection(
            lambda: End(round_trip / 2, down), "127.0.0.1", target
        )
        near.other, far.other = far, near

    def accept() -> End:
        near = End(round_trip / 2, up)
        task = loop.create_task(join(near))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def delay_line(target: int, round_trip: float, rate: float | None = None) -> Iterator[int]:
    """Run the proxy for a port; yield its own port. `rate` is in bytes per second."""
    command = [sys.executable, __file__, str(target), str(round_trip), str(rate or 0)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]) or None))
