"""A ProxyCommand of ssh_config: a program that talks to the server, in place of a socket."""

from __future__ import annotations

import copy
import os
import socket
import subprocess
import tempfile
import threading
from typing import Any

from neuroflow.errors import ConfigError, ConnectError, PortError
from neuroflow.io import child_environ
from neuroflow.transfer.ssh.translate import printable, quoted

_END_SECONDS = 1.0
_MAX_COMPLAINT = 4096


class CommandSocket:
    """A process that talks to the server; closing it ends the process."""

    def __init__(self, command: str) -> None:
        if os.name != "posix":
            raise ConfigError(
                "A ProxyCommand cannot be used on this system.",
                advice="Use ProxyJump in ~/.ssh/config.",
            )
        self._command = printable(command)
        self._message = b""
        self._closing = threading.Lock()  # the connection's thread closes it as well as its user
        self._sock, theirs = socket.socketpair()
        # A file, since nobody would read a pipe while the connection is in use.
        self._complaints = tempfile.TemporaryFile()  # noqa: SIM115  closed with the socket
        with theirs:
            # ssh_config(5): the command string is run by the user's shell, with exec.
            self._process = subprocess.Popen(  # noqa: S603  configured in the user's own file
                ["/bin/sh", "-c", f"exec {command}"],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=self._complaints,
                env=child_environ(),
            )

    def send(self, data: bytes) -> int:
        """Send; to a process that has ended it is not an error, as its message is read next."""
        try:
            return self._sock.send(data)
        except BrokenPipeError:
            return len(data)

    def close(self) -> None:
        """End the process."""
        self._sock.close()
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with self._closing:
            if not self._complaints.closed:
                self._complaints.seek(0)
                self._message = self._complaints.read(_MAX_COMPLAINT)
                self._complaints.close()

    def explain(self, error: ConnectError) -> ConnectError:
        """Return the error of the program, if it failed, in place of the error it caused."""
        self.close()
        message, code = self._message, self._process.returncode
        if not message.strip() and code <= 0:  # it was ended by `close`
            found = copy.copy(error)
            found.why = f"It was reached through the ProxyCommand `{self._command}`. {error.why}"
            return found
        stated = f" Its message: {quoted(message)}." if message.strip() else ""
        return PortError(
            "The ProxyCommand of ssh_config did not reach the server.",
            why=f"The command `{self._command}` "
            + (f"ended with code {code}." if code > 0 else "failed.")
            + stated,
            advice="Run it in a terminal, and correct it in ssh_config; or remove it there, if "
            "the server can be reached without it.",
        )

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)
