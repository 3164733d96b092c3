"""A loopback TCP proxy that delays every byte, in a process of its own; it does not slow a line.

A proxy that sleeps before each block also limits the rate; this one lets blocks overlap.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import subprocess
import sys
from typing import Self

BLOCK = 1 << 18
FULL = 1 << 14
"""Blocks on their way in one direction, at most; most are far smaller than `BLOCK`."""


class DelayLine:
    """Run the proxy as a context manager; `port` is where to connect.

    Parameters
    ----------
    target
        The port of the server behind it.
    round_trip
        Seconds added to every round trip.
    """

    def __init__(self, target: int, round_trip: float) -> None:
        self._command = [sys.executable, __file__, str(target), str(round_trip)]

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(self, *exc: object) -> None:
        self._process.kill()
        self._process.communicate()


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, delay: float) -> None:
    """Pass on everything, `delay` seconds later."""
    loop = asyncio.get_running_loop()
    line: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(FULL)

    async def deliver() -> None:
        with contextlib.suppress(ConnectionError):
            while True:
                due, data = await line.get()
                if (left := due - loop.time()) > 0:
                    await asyncio.sleep(left)
                if not data:
                    break
                writer.write(data)
                await writer.drain()
        writer.close()

    delivery = asyncio.create_task(deliver())
    data = b"."
    while data:
        try:
            data = await reader.read(BLOCK)
        except ConnectionError:
            data = b""
        await line.put((loop.time() + delay, data))
    await delivery


async def serve(target: int, round_trip: float) -> None:
    """Listen until killed."""

    async def on_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beyond_reader, beyond_writer = await asyncio.open_connection("127.0.0.1", target)
        await asyncio.gather(
            pump(reader, beyond_writer, round_trip / 2),
            pump(beyond_reader, writer, round_trip / 2),
        )

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0, limit=BLOCK)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=int)
    parser.add_argument("round_trip", type=float)
    arguments = parser.parse_args()
    asyncio.run(serve(arguments.target, arguments.round_trip))
