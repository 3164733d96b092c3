"""Translate errors of the socket and SSH libraries into errors of neuroflow."""

from __future__ import annotations

import errno
import socket
import struct

import paramiko
from paramiko.sftp import SFTPError

from neuroflow.errors import (
    ConnectError,
    ConnectionLostError,
    HostNotFoundError,
    LoginRefusedError,
    NeuroflowError,
    PortError,
    RemoteMissingError,
    RemoteRefusedError,
)

LIBRARY_ERRORS = (OSError, EOFError, paramiko.SSHException, SFTPError, struct.error, UnicodeError)
"""Errors that the socket and SSH libraries raise."""

_FIREWALL = (
    "Ask your IT to allow outgoing TCP to this host and port, and give them your public address."
)


def dial_error(error: OSError | UnicodeError | OverflowError, host: str, port: int) -> ConnectError:
    """Translate an error of opening a connection.

    Examples
    --------
    >>> type(dial_error(ConnectionRefusedError(), "127.0.0.1", 22)).__name__
    'PortError'
    """
    if isinstance(error, socket.gaierror | UnicodeError):
        return HostNotFoundError(
            f"The server name {host!r} cannot be resolved.",
            why=f"{error.strerror}." if isinstance(error, OSError) and error.strerror else "",
            advice="Check the server id, the region and your network connection; a new endpoint "
            "takes a few minutes to appear.",
        )
    if isinstance(error, OverflowError):
        return PortError(f"{port} is not a valid port.", advice="SSH usually listens on port 22.")
    if isinstance(error, ConnectionRefusedError):
        return PortError(
            f"{host} refuses connections on port {port}.",
            why="No server listens there, or a firewall rejects it.",
            advice=f"Check the port (usually 22). {_FIREWALL}",
        )
    if isinstance(error, TimeoutError):
        return PortError(
            f"{host} does not answer on port {port}.",
            why="A firewall drops the connection, or the address is not allowed yet.",
            advice=_FIREWALL,
        )
    return PortError(
        f"{host} cannot be reached on port {port}.", why=f"{error.strerror}.", advice=_FIREWALL
    )


def handshake_error(
    error: Exception, host: str, port: int, first: bytes, *, is_late: bool
) -> ConnectError:
    """Translate a failed SSH handshake.

    Examples
    --------
    >>> print(handshake_error(EOFError(), "host", 80, b"HTTP/1.1 400", is_late=False).what)
    host answers on port 80, but not as an SSH server.
    """
    if first.startswith(b"SSH-"):
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            return ConnectError(
                f"{host} and neuroflow support no common encryption.",
                why=readable(error),
                advice="Update the package paramiko, or ask the support of neuropacs.",
            )
        return ConnectionLostError(
            f"{host} closed the connection during the SSH handshake.",
            why=readable(error),
            advice="This may be a proxy, or too many connections: try again with fewer.",
        )
    if first:
        kind = "a web server" if first.startswith(b"HTTP/") else "another program"
        return PortError(
            f"{host} answers on port {port}, but not as an SSH server.",
            why=f"It looks like {kind}.",
            advice="Check host and port (usually 22); there may be a web proxy in between.",
        )
    if is_late:
        return PortError(
            f"{host} accepts connections on port {port}, but does not respond.",
            why="An SSH server would send the first message.",
            advice=f"Check host and port; there may be a proxy or firewall in between. {_FIREWALL}",
        )
    return PortError(
        f"{host} closes connections on port {port} immediately.",
        why="There is no SSH server, a firewall blocks it, or the server is overloaded.",
        advice="Check host and port; try again later with fewer connections.",
    )


def login_error(error: Exception, user: str, fingerprint: str) -> ConnectError:
    """Translate a failed login."""
    text = str(error)
    if not isinstance(error, paramiko.AuthenticationException) or "timeout" in text.lower():
        return connection_lost("logging in", error)
    closed = " The server then closed the connection." if "EOF" in text else ""
    return LoginRefusedError(
        f"The server refused user {user!r} with the key {fingerprint}.",
        why=f"It does not know this user, or not this key.{closed}",
        advice="Check the user name and that this is the registered key; if it is not registered "
        "yet, send the public key to the support of neuropacs.",
    )


def operation_error(error: Exception, doing: str, *, is_alive: bool) -> NeuroflowError:
    """Translate an error of a file operation.

    Examples
    --------
    >>> error = OSError("SETSTAT unsupported")
    >>> type(operation_error(error, "writing", is_alive=True)).__name__
    'RemoteRefusedError'
    """
    is_answer = isinstance(error, OSError) and not isinstance(error, TimeoutError)
    if not is_alive or not is_answer:
        return connection_lost(doing, error)
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT:
        return RemoteMissingError(
            f"The server did not find the file or folder while {doing}.",
            why=readable(error),
            advice="Check the cohort id with the support of neuropacs; a file that was just "
            "sent may already be processed.",
        )
    if code == errno.EACCES:
        return RemoteRefusedError(
            f"The server denied permission while {doing}.",
            why=readable(error),
            advice="Check the cohort id; ask the support of neuropacs what this account may do.",
        )
    return RemoteRefusedError(
        f"The server reported an error while {doing}.",
        why=readable(error),
        advice="Try again; if the error persists, ask the support of neuropacs.",
    )


def connection_lost(doing: str, error: Exception | None = None) -> ConnectionLostError:
    """Make the error of a connection that was lost or timed out."""
    silent = isinstance(error, TimeoutError)
    return ConnectionLostError(
        f"The connection {'timed out' if silent else 'was lost'} while {doing}.",
        why="" if silent or error is None else readable(error),
        advice="Nothing is sent twice: the server is checked before the upload continues.",
    )


def readable(error: BaseException) -> str:
    r"""Make one printable sentence of a message of a library or server.

    Examples
    --------
    >>> readable(OSError("no \x1b[31mspace"))
    'no ?[31mspace.'
    """
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    clean = "".join(c if c.isprintable() else "?" for c in text.strip())[:200].rstrip(".")
    return f"{clean}." if clean else ""
