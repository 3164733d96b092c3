"""A loopback proxy in a process of its own that makes a line longer: every byte comes later.

It delays and does not throttle: as many bytes as the ends allow are under way at a time.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast


class End(asyncio.Protocol):
    """One end of a line; `other` is the end that hears, `delay` seconds later, what comes here."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.other: End | None = None
        self.transport: asyncio.Transport | None = None
        self._under_way: deque[bytes] = deque()  # in order, which timers of one moment are not

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Learn the way back."""
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hand bytes over in time."""
        self._under_way.append(data)
        asyncio.get_running_loop().call_later(self.delay, self._arrive)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Hang up in time."""
        self.data_received(b"")

    def _arrive(self) -> None:
        data = self._under_way.popleft()
        if self.other is None or self.other.transport is None:
            self._under_way.appendleft(data)  # the other end is not there yet
            asyncio.get_running_loop().call_later(0.001, self._arrive)
        elif not data:
            self.other.transport.close()
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)


async def serve(target: int, round_trip: float) -> None:
    """Pass connections on to a port of this machine, until killed."""
    loop = asyncio.get_running_loop()
    joining: set[asyncio.Task[None]] = set()

    async def join(near: End) -> None:
        _, far = await loop.create_connection(lambda: End(round_trip / 2), "127.0.0.1", target)
        near.other, far.other = far, near

    def accept() -> End:
        near = End(round_trip / 2)
        task = loop.create_task(join(near))
        joining.add(task)
        task.add_done_callback(joining.discard)
        return near

    server = await loop.create_server(accept, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def delay_line(target: int, round_trip: float) -> Iterator[int]:
    """Run the proxy for a port; give its own port."""
    command = [sys.executable, __file__, str(target), str(round_trip)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
