"""The steps of an SSH connection, each with a time-out and translated errors."""

from __future__ import annotations

import contextlib
import logging
import socket
import time
from typing import Any, cast

import paramiko

from neuroflow.errors import ConnectError
from neuroflow.transfer.ssh.keys import PublicKey
from neuroflow.transfer.ssh.offer import KINDS, RecordingSocket
from neuroflow.transfer.ssh.translate import (
    LIBRARY_ERRORS,
    channel_error,
    connection_lost,
    dial_error,
    ended_error,
    handshake_error,
    text_error,
)
from neuroflow.transfer.ssh.watchdog import Watchdog

TIMEOUT = 15.0
SETTLE_SECONDS = 0.2
"""How long the end of a connection may take to arrive behind the end of a session."""
MAX_MESSAGE = 4096
"""How much of a server's text is read for an error, in bytes."""
WINDOW = 8 << 20  # lifts downloads at 50 ms round trip from 29 to 68 MB/s
CIPHERS = (
    "aes256-gcm@openssh.com",  # twice as fast as aes-ctr
    "aes128-gcm@openssh.com",
    "aes256-ctr",
    "aes192-ctr",
    "aes128-ctr",
)
"""No CBC and no 3DES: both leak parts of the plain text (RFC 4253, section 9.3.4)."""
EXCHANGES = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp256",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp521",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
    "diffie-hellman-group-exchange-sha256",  # last: the server may choose a short modulus
)
MACS = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
LOG_NAME = "neuroflow.transfer.ssh"

Address = tuple[Any, ...]

# Without a handler Python would print the library's tracebacks on the user's screen.
logging.getLogger(LOG_NAME).addHandler(logging.NullHandler())


def resolve(host: str, port: int) -> list[tuple[int, Address]]:
    """Return the family and address of every address of a server name."""
    try:
        if not 0 < port < 1 << 16:
            raise OverflowError  # noqa: TRY301
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError, OverflowError) as error:
        raise dial_error(error, host, port) from error
    return [(family, address) for family, _, _, _, address in found]


def dial(host: str, port: int, timeout: float = TIMEOUT) -> socket.socket:
    """Open a TCP connection, trying every address of the name."""
    failure: OSError = OSError("no address")
    for family, address in resolve(host, port):
        sock = socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.settimeout(timeout)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            _tune(sock, timeout)
            return sock
    raise dial_error(failure, host, port) from failure


def handshake(
    sock: socket.socket,
    host: str,
    port: int,
    *,
    # Asked for first, and no others if `is_strict`.
    kinds: tuple[str, ...] = (),
    is_strict: bool = False,
    timeout: float = TIMEOUT,
) -> paramiko.Transport:
    """Do the SSH handshake; the host key is not checked yet."""
    recorder = RecordingSocket(sock)
    transport = paramiko.Transport(cast(socket.socket, recorder), default_window_size=WINDOW)
    transport.set_log_channel(LOG_NAME)
    transport.banner_timeout = transport.handshake_timeout = transport.auth_timeout = timeout
    transport.channel_timeout = timeout
    options = transport.get_security_options()
    options.ciphers = _known(CIPHERS, options.ciphers)
    options.kex = _known(EXCHANGES, options.kex)
    options.digests = _known(MACS, options.digests)
    wanted = tuple(name for name, kind in KINDS.items() if kind in kinds)
    rest = () if is_strict else tuple(name for name in KINDS if name not in wanted)
    options.key_types = _known(wanted + rest, options.key_types)
    begun = time.monotonic()
    try:
        with Watchdog(sock.close, 3 * timeout) as watchdog:
            transport.start_client(timeout=2 * timeout)
    except LIBRARY_ERRORS as error:
        is_late = time.monotonic() - begun >= timeout
        disconnect(transport)
        raise handshake_error(error, host, port, recorder, is_late=is_late) from error
    finally:
        watchdog.stop()
    return transport


def offered_kinds(transport: paramiko.Transport) -> tuple[str, ...]:
    """Return the kinds of host key that the server has."""
    return cast(RecordingSocket, transport.sock).offer.kinds


def host_key(transport: paramiko.Transport) -> PublicKey:
    """Return the host key that the server showed."""
    try:
        key = transport.get_remote_server_key()
    except LIBRARY_ERRORS as error:
        raise connection_lost("reading the host key", error) from error
    return PublicKey(key.get_name(), key.asbytes())


def open_channel(transport: paramiko.Transport, timeout: float = TIMEOUT) -> paramiko.Channel:
    """Open a channel to the server's SFTP subsystem."""
    # Without this, requesting the subsystem would wait for ever on a server that does not answer.
    watchdog = Watchdog(lambda: disconnect(transport), timeout)
    channel: paramiko.Channel | None = None
    try:
        with watchdog:
            channel = transport.open_session(window_size=WINDOW, timeout=timeout)
            channel.settimeout(timeout)
            channel.invoke_subsystem("sftp")
    except LIBRARY_ERRORS as error:
        is_late = watchdog.expired or "timeout" in str(error).lower()
        silence = TimeoutError() if is_late else error
        raise channel_error(silence, is_alive=_stays_alive(transport)) from error
    finally:
        watchdog.stop()
    return channel


def start_error(
    error: Exception, transport: paramiko.Transport, channel: paramiko.Channel, received: bytes
) -> ConnectError:
    """Make the error of an SFTP session that did not start; `received` came in place of SFTP."""
    if isinstance(error, TimeoutError):
        return connection_lost("opening the SFTP session", error)
    message = received
    channel.settimeout(SETTLE_SECONDS)
    with contextlib.suppress(*LIBRARY_ERRORS):
        while len(message) < MAX_MESSAGE and (more := channel.recv(MAX_MESSAGE)):
            message += more
    if message.strip():
        return text_error(message)
    return ended_error(error, is_alive=_stays_alive(transport))


def _stays_alive(transport: paramiko.Transport) -> bool:
    """Return whether a connection is still there after the moment that its end takes to arrive."""
    end = time.monotonic() + SETTLE_SECONDS
    while transport.is_active() and time.monotonic() < end:
        time.sleep(SETTLE_SECONDS / 10)
    return transport.is_active()


def disconnect(transport: paramiko.Transport) -> None:
    """End a connection, however broken it is."""
    transport.close()
    transport.sock.close()  # Transport.close leaves it open where the thread ended by itself


def _tune(sock: socket.socket, timeout: float) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux: ends an upload that is not acknowledged
        milliseconds = int(2000 * timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


def _known(wanted: tuple[str, ...], known: Any) -> tuple[str, ...]:
    """Return the wanted algorithms without those that the library does not support."""
    return tuple(name for name in wanted if name in tuple(known))
