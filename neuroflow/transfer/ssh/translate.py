"""Translate errors of the socket and SSH libraries into errors of neuroflow."""

from __future__ import annotations

import errno
import os
import re
import socket
import struct
from collections.abc import Sequence

import paramiko
from paramiko.sftp import SFTPError

from neuroflow.errors import (
    ConnectError,
    ConnectionLostError,
    HostNotFoundError,
    KeyFileError,
    LoginRefusedError,
    NeuroflowError,
    PortError,
    RemoteMissingError,
    RemoteRefusedError,
    SessionError,
)
from neuroflow.transfer.ssh.keys import NO_SIGNATURE
from neuroflow.transfer.ssh.offer import Offer, RecordingSocket

LIBRARY_ERRORS = (OSError, EOFError, paramiko.SSHException, SFTPError, struct.error, UnicodeError)
"""Errors that the socket and SSH libraries raise."""

_THROTTLED = re.compile(rb"MaxStartups|too many|not allowed at this time|try again", re.IGNORECASE)
_NO_LOGIN = re.compile(rb"not available|nologin|account .*(disabled|locked|expired)", re.IGNORECASE)

_FIREWALL = (
    "Ask your IT to allow outgoing TCP to this host and port, and give them your public address."
)


def dial_error(error: OSError | UnicodeError | OverflowError, host: str, port: int) -> ConnectError:
    """Translate an error of opening a connection."""
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
    error: Exception, host: str, port: int, received: RecordingSocket, *, is_late: bool
) -> ConnectError:
    """Translate a failed SSH handshake, with the server's own message."""
    if received.is_ssh:
        if isinstance(error, paramiko.ssh_exception.IncompatiblePeer):
            return _no_common_error(error, host, received.offer)
        return ConnectionLostError(
            f"{host} closed the connection during the SSH handshake.",
            why=readable(error),
            advice="This may be a proxy, or too many connections: try again with fewer.",
        )
    if received.greeting:
        return _other_program_error(host, port, received.greeting)
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


def _other_program_error(host: str, port: int, greeting: bytes) -> ConnectError:
    """Make the error of a server that sends text in place of SSH."""
    message = f"Its message: {quoted(greeting)}."
    if _THROTTLED.search(greeting):
        return PortError(
            f"{host} accepts no more connections at the moment.",
            why=message,
            advice="Wait a few minutes, then try again with fewer `connections` in the settings.",
        )
    is_web = greeting.startswith((b"HTTP/", b"<"))
    return PortError(
        f"{host} answers on port {port}, but not as an SSH server.",
        why=f"It looks like {'a web server' if is_web else 'another program'}. {message}",
        advice="Check host and port (usually 22); there may be a web proxy in between.",
    )


def _no_common_error(error: Exception, host: str, offer: Offer) -> ConnectError:
    """Make the error of a server that shares no algorithm with neuroflow, naming what it offers."""
    text = str(error)
    offers = {
        "cipher": ("ciphers", offer.ciphers),
        "mac": ("message authentication codes", offer.macs),
        "kex": ("key exchanges", offer.exchange),
        "host key": ("kinds of host key", offer.host_keys),
    }
    name, found = next((pair for word, pair in offers.items() if word in text), ("algorithms", ()))
    names = [each for each in found if not each.startswith(("ext-info-", "kex-strict-"))]
    return ConnectError(
        f"{host} and neuroflow support no common encryption.",
        why=f"The {name} that it offers are too weak, or too new: {printable(', '.join(names))}."
        if names
        else readable(error),
        advice="Update the package paramiko. If the error persists, ask neuropacs support "
        "to allow aes256-gcm or aes256-ctr, hmac-sha2-256, and ecdh-sha2-nistp256 or "
        "curve25519-sha256.",
    )


def refused_error(
    user: str, tried: Sequence[str], left: int, *, is_closed: bool, message: bytes
) -> LoginRefusedError:
    """Make the error of a server that accepts none of the keys."""
    keys = f"with the key {tried[0]}" if len(tried) == 1 else f"with the keys {', '.join(tried)}"
    why = ["It does not know this user, or not this key."]
    why += [f"Its message: {quoted(message)}."] * bool(message.strip())
    why += ["The server then closed the connection."] * is_closed
    why += [f"{left} more keys of the ssh-agent were not tried."] * bool(left)
    choose = (
        "Choose the registered key: enter its public key file (.pub) as the key of the profile, "
        "or as IdentityFile in ssh_config. "
    )
    return LoginRefusedError(
        f"The server refused user {user!r} {keys}.",
        why=" ".join(why),
        advice=choose
        * (len(tried) > 1)
        + "Check the user name and that this is the registered key; if it is not registered "
        "yet, send the public key to neuropacs support.",
    )


def unfinished_error(user: str, fingerprint: str, needed: Sequence[str]) -> LoginRefusedError:
    """Make the error of a login for which the server wants more than a key."""
    if list(needed) == ["publickey"]:
        return LoginRefusedError(
            f"The server accepts the key {fingerprint} of user {user!r}, but wants a second key.",
            advice="Ask neuropacs support for a login with one key; or add both keys to "
            "the ssh-agent and use `agent` as the key.",
        )
    words = {"keyboard-interactive": "a code or an answer (keyboard-interactive)"}
    wanted = printable(" or ".join(words.get(method, f"a {method}") for method in needed))
    return LoginRefusedError(
        f"The server accepts the key {fingerprint} of user {user!r}, but also wants {wanted}.",
        why="A second factor cannot be entered when cohorts are sent without a user.",
        advice="Ask neuropacs support for a login with the key alone.",
    )


def login_error(error: Exception, user: str) -> ConnectError:
    """Translate a login that ended before the server refused or accepted a key."""
    if isinstance(error, paramiko.BadAuthenticationType):
        methods = printable(", ".join(error.allowed_types)) or "nothing"
        return LoginRefusedError(
            f"The server accepts no key from user {user!r}.",
            why=f"It offers only: {methods}.",
            advice="neuroflow never sends a password. Check that host and user are those of the "
            "service, and ask neuropacs support to register your public key.",
        )
    if NO_SIGNATURE in str(error):
        return KeyFileError(
            "The ssh-agent did not sign with the key.",
            why="It is locked, or the request was not confirmed.",
            advice="Unlock the agent and confirm its question, or enter the key file in the "
            "profile; then try again.",
        )
    return connection_lost("logging in", error)


def channel_error(error: Exception, *, is_alive: bool) -> ConnectError:
    """Translate a failed request for an SFTP session."""
    if isinstance(error, paramiko.ChannelException):
        return SessionError(
            "The login succeeded, but the server opens no session.",
            why=f"Its message: {quoted(error.text.encode())}.",
            advice="Try again with fewer `connections` in the settings. If the error persists, "
            "ask neuropacs support whether this account may use SFTP.",
        )
    if isinstance(error, TimeoutError) or not is_alive:
        return _session_lost(error)
    return SessionError(
        "The login succeeded, but the server has no SFTP.",
        why="It refused the subsystem sftp.",
        advice="Check that host and port are those of the service: this may be a login server. "
        "Otherwise ask neuropacs support to enable SFTP.",
    )


def text_error(message: bytes) -> SessionError:
    """Make the error of a session that began with text in place of SFTP."""
    if _NO_LOGIN.search(message):
        return SessionError(
            "The login succeeded, but the server has closed this account for sessions.",
            why=f"Its message: {quoted(message)}.",
            advice="Ask neuropacs support to enable SFTP for this account.",
        )
    return SessionError(
        "The login succeeded, but the server sends text in place of SFTP.",
        why=f"Its message: {quoted(message)}.",
        advice="A start-up file of the account (such as .bashrc) or a forced command prints "
        "it. Ask neuropacs support, or the administrator of the server, to remove it.",
    )


def ended_error(error: Exception, *, is_alive: bool) -> ConnectError:
    """Translate an SFTP session that the server ended without a word."""
    if not is_alive:
        return _session_lost(error)
    return SessionError(
        "The login succeeded, but the SFTP program of the server ended at once.",
        advice="The home folder of the account may be missing. Ask neuropacs support "
        "to check the account; if it worked before, try again with fewer connections.",
    )


def _session_lost(error: Exception) -> ConnectionLostError:
    """Make the error of a connection that ended between login and session."""
    if isinstance(error, TimeoutError):
        return connection_lost("opening the SFTP session", error)
    return ConnectionLostError(
        "The login succeeded, but the server then closed the connection.",
        why="The home folder of the account cannot be used, or there are too many sessions.",
        advice="Try again with fewer connections. If the error persists, ask the support of "
        "neuropacs to check the home folder of this account.",
    )


def operation_error(error: Exception, doing: str, *, is_alive: bool) -> NeuroflowError:
    """Translate an error of a file operation."""
    is_answer = isinstance(error, OSError) and not isinstance(error, TimeoutError)
    if not is_alive or not is_answer:
        return connection_lost(doing, error)
    code = error.errno if isinstance(error, OSError) else None
    if code == errno.ENOENT:
        return RemoteMissingError(
            f"The server did not find the file or folder while {doing}.",
            why=readable(error),
            advice="Check the cohort id with neuropacs support; a file that was just "
            "sent may already be processed.",
        )
    if code == errno.EACCES:
        is_upload = doing.startswith(("opening", "creating", "sending", "closing"))
        return RemoteRefusedError(
            f"The server denied permission while {doing}.",
            why=readable(error),
            advice="Check the cohort id; " * is_upload
            + ("ask" if is_upload else "Ask")
            + " neuropacs support what this account may do.",
        )
    return RemoteRefusedError(
        f"The server reported an error while {doing}.",
        why=readable(error),
        advice="Try again; if the error persists, ask neuropacs support.",
    )


def connection_lost(doing: str, error: Exception | None = None) -> ConnectionLostError:
    """Make the error of a connection that was lost or timed out."""
    silent = isinstance(error, TimeoutError)
    return ConnectionLostError(
        f"The connection {'timed out' if silent else 'was lost'} while {doing}.",
        why="" if error is None else readable(error),
        advice="Nothing is sent twice: the server is checked before the upload continues.",
    )


def readable(error: BaseException) -> str:
    r"""Make one printable sentence of a message of a library or server.

    >>> readable(OSError("no \x1b[31mspace"))
    'no ?[31mspace.'
    """
    text = error.text if isinstance(error, paramiko.ChannelException) else str(error)
    if isinstance(error, OSError) and error.errno:
        text = error.strerror or os.strerror(error.errno)
    clean = printable(text)[:200].rstrip(".")
    return f"{clean}." if clean else ""


def quoted(text: bytes) -> str:
    """Quote the first lines of a server's message."""
    lines = text.partition(b"\0")[0].decode("utf-8", "replace").split("\n")
    clean = " / ".join(filter(None, (printable(line) for line in lines)))
    return f'"{clean[:200]}"'


def printable(text: str) -> str:
    """Return a text of another program without what could change the user's screen."""
    return "".join(c if c.isprintable() else "?" for c in text.strip())
