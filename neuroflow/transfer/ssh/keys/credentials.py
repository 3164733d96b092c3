"""Which keys a server is offered: those of files, and those of the ssh-agent, as OpenSSH does."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

import paramiko
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from neuroflow.errors import KeyFileError
from neuroflow.transfer.ssh.keys.agent import SYSTEM, Agent, no_agent
from neuroflow.transfer.ssh.keys.files import is_protected, load_key, read_key
from neuroflow.transfer.ssh.keys.public import (
    PrivateKey,
    PublicKey,
    public_of,
    read_public,
    read_unprotected,
)


@dataclass(frozen=True, slots=True)
class Identities:
    """Where the keys for one server come from."""

    # Private key files; a public one, or a protected one, stands for the agent's key.
    files: tuple[Path, ...] = ()
    # Whether other keys of the agent are offered, and in which place.
    agent_use: Literal["never", "first", "last"] = "never"
    agent: str = SYSTEM  # The socket of the agent; empty for the system's


class Credential(NamedTuple):
    """A private key and the fingerprint of its public key."""

    key: paramiko.PKey
    fingerprint: str
    is_of_agent: bool = False


@contextmanager
def open_credentials(identities: Identities, passphrase: str | None) -> Iterator[list[Credential]]:
    """Yield the keys to offer, in order, while the agent is open; without any, raise an error."""
    with ExitStack() as stack:
        held = _held(stack, identities, passphrase)
        chosen: list[Credential] = []
        loaded: list[Credential] = []
        failures: list[KeyFileError] = []
        for path in identities.files:
            try:
                credential = _of_file(path, passphrase, held)
            except KeyFileError as error:
                failures.append(error)
            else:
                (chosen if credential.is_of_agent else loaded).append(credential)
        rest = list(held.values()) if identities.agent_use != "never" else []
        # Keys of the agent that a file names come first: OpenBSD manual pages, ssh_config(5),
        # IdentityFile and IdentitiesOnly.
        order = [*chosen, *rest, *loaded]
        if identities.agent_use == "last":
            order = [*chosen, *loaded, *rest]
        found: dict[str, Credential] = {}
        for each in order:
            found.setdefault(each.fingerprint, each)
        if not found:
            raise _nothing_to_offer(identities, failures)
        yield list(found.values())


def protected_file(identities: Identities) -> Path | None:
    """Return the first file whose passphrase is needed, since the agent has no key for it."""
    protected = [path for path in identities.files if is_protected(path)]
    if not protected:
        return None
    with ExitStack() as stack:
        held = _held(stack, identities)
    if held and identities.agent_use != "never":
        return None
    marks = {path: read_unprotected(read_key(path)).public for path in protected}
    return next(
        (path for path, public in marks.items() if not (public and public.fingerprint in held)),
        None,
    )


def _held(
    stack: ExitStack, identities: Identities, passphrase: str | None = None
) -> dict[str, Credential]:
    """Return the agent's keys by fingerprint if any may be needed; none where it has none."""
    if identities.agent_use == "never" and not any(
        _needs_agent(path, passphrase) for path in identities.files
    ):
        return {}
    try:
        keys = stack.enter_context(Agent(identities.agent)).keys()
    except KeyFileError:
        return {}
    marks = [PublicKey(key.get_name(), key.asbytes()).fingerprint for key in keys]
    return {
        mark: Credential(key, mark, is_of_agent=True) for mark, key in zip(marks, keys, strict=True)
    }


def _nothing_to_offer(identities: Identities, failures: list[KeyFileError]) -> KeyFileError:
    """Make the error of a server that can be offered no key."""
    if failures and identities.agent_use == "never":
        return failures[0]
    return no_agent(identities.agent, " ".join(each.what for each in failures))


def _needs_agent(path: Path, passphrase: str | None) -> bool:
    """Return whether a file stands for a key of the agent: it is public, or cannot be opened."""
    with suppress(KeyFileError):
        data = read_key(path)
        is_locked = not passphrase and read_unprotected(data).is_protected
        return is_locked or read_public(data) is not None
    return False


def _of_file(path: Path, passphrase: str | None, held: dict[str, Credential]) -> Credential:
    data = read_key(path)
    public = read_public(data)
    if public is not None and public.fingerprint not in held:
        raise KeyFileError(
            f"{path} is a public key, and the ssh-agent does not hold its private key.",
            advice="Choose the private key: the same name without .pub; or add it to the agent "
            "with `ssh-add FILE`.",
        )
    public = public or read_unprotected(data).public
    if public is not None and public.fingerprint in held:
        return held[public.fingerprint]
    key = load_key(path, passphrase)
    return Credential(_paramiko_key(key), public_of(key).fingerprint)


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


def list_agent_keys(agent: str) -> list[PublicKey]:
    """List the public keys that an ssh-agent offers; empty for the usual agent."""
    with open_credentials(Identities(agent_use="first", agent=agent), None) as found:
        return [
            PublicKey(key.get_name(), key.asbytes(), str(getattr(key, "comment", "")))
            for key in (one.key for one in found)
        ]
