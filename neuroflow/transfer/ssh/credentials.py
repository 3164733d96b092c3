"""Credentials: keys from files, or those of the ssh-agent."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys import PrivateKey, PublicKey, load_key, public_of

MAX_AGENT_KEYS = 5
"""A server ends the login after a few keys: OpenSSH after six (sshd_config(5), MaxAuthTries)."""


class Credential(NamedTuple):
    """A private key and the fingerprint of its public key."""

    key: paramiko.PKey
    fingerprint: str


@contextmanager
def credentials(paths: Sequence[Path], passphrase: str | None) -> Iterator[list[Credential]]:
    """Yield the keys of files, or those of the ssh-agent if no file is given."""
    if paths:
        keys = [load_key(path, passphrase) for path in paths]
        yield [Credential(_paramiko_key(key), public_of(key).fingerprint) for key in keys]
        return
    if os.name == "posix" and not Path(os.environ.get("SSH_AUTH_SOCK", "")).is_socket():
        raise _no_agent()
    try:
        agent = paramiko.Agent()
    except (paramiko.SSHException, OSError) as error:
        raise _no_agent() from error
    try:
        found = agent.get_keys()
        if not found:
            raise _no_agent()
        yield [Credential(key, _fingerprint(key)) for key in found[:MAX_AGENT_KEYS]]
    finally:
        agent.close()


def _no_agent() -> KeyFileError:
    return KeyFileError(
        "The ssh-agent is not running, or has no key.",
        advice="Add the key with `ssh-add FILE`, or enter the key file in the profile.",
    )


def _fingerprint(key: paramiko.PKey) -> str:
    return PublicKey(key.get_name(), key.asbytes()).fingerprint


def _paramiko_key(key: PrivateKey) -> paramiko.PKey:
    """Convert a key in memory; its file was read and checked by `neuroflow.transfer.ssh.keys`."""
    text = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.OpenSSH,
        serialization.NoEncryption(),
    ).decode()
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return paramiko.Ed25519Key.from_private_key(io.StringIO(text))
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return paramiko.ECDSAKey.from_private_key(io.StringIO(text))
    return paramiko.RSAKey.from_private_key(io.StringIO(text))
