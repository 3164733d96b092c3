"""The connection test: one stage after the other, each failure with what to do."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from neuroflow.config import Profile
from neuroflow.errors import NeuroflowError, RemoteMissingError, RemoteRefusedError
from neuroflow.transfer import session
from neuroflow.transfer.hostkeys import HostKeys
from neuroflow.transfer.keys import load_key, public_of
from neuroflow.transfer.paths import INPUT, OUTPUT
from neuroflow.transfer.sftp import SftpRemote

STAGES = ("name", "port", "host key", "login", "folders")


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the connection test.

    Parameters
    ----------
    name
        One of `STAGES`.
    ok
        True where it passed.
    message
        What was found.
    advice
        What to do where it did not pass.
    error
        What was raised; a `HostKeyUnknownError` carries the fingerprint to confirm.
    """

    name: str
    ok: bool
    message: str
    advice: str = ""
    error: NeuroflowError | None = None


def probe(
    profile: Profile,
    hostkeys: HostKeys,
    passphrase: str | None = None,
    timeout: float = session.TIMEOUT,
) -> Iterator[Step]:
    """Test the connection stage by stage; nothing is written on the server.

    Parameters
    ----------
    profile
        Where the service is, and who the user is.
    hostkeys
        What is pinned.
    passphrase
        Opens a protected key.
    timeout
        Seconds to wait for each part of an answer.

    Yields
    ------
    Step
        One per stage; the first that fails is the last.

    Examples
    --------
    >>> from pathlib import Path
    >>> nowhere = Profile(host="nowhere.invalid", user="me", key=Path("key"))
    >>> [(step.name, step.ok) for step in probe(nowhere, HostKeys(Path("known_hosts")))]
    [('name', False)]
    """
    stages = _stages(profile, hostkeys, passphrase, timeout)
    for name in STAGES:
        try:
            message = next(stages)
        except NeuroflowError as error:
            what = " ".join(part for part in (error.what, error.why) if part)
            yield Step(name, False, what, error.advice, error)
            return
        yield Step(name, True, message)
    stages.close()


def _stages(
    profile: Profile, hostkeys: HostKeys, passphrase: str | None, timeout: float
) -> Generator[str, None, None]:
    """Yield what each stage found, leaving the connection open from one to the next."""
    host, port = profile.host, profile.port
    addresses = {address[0] for _, address in session.resolve(host, port)}
    yield f"{host} is {', '.join(sorted(addresses))}."
    sock = session.dial(host, port, timeout)
    transport = session.handshake(
        sock, host, port, kinds=hostkeys.kinds(host, port), timeout=timeout
    )
    try:
        yield f"An SSH server answers on port {port} ({transport.remote_version})."
        shown = session.host_key(transport)
        hostkeys.check(host, port, shown)
        yield f"Its key is the pinned one, {shown.fingerprint}."
        key = load_key(profile.key, passphrase)
        fingerprint = public_of(key).fingerprint
        session.log_in(transport, profile.user, key, fingerprint)
        yield f"User {profile.user!r} is known, with the key {fingerprint}."
        with SftpRemote(transport, timeout) as remote:
            yield " ".join(_look(remote, folder) for folder in (INPUT, OUTPUT))
    finally:
        session.hang_up(transport)


def _look(remote: SftpRemote, folder: PurePosixPath) -> str:
    """Say what a folder of the home holds; some accounts may write but not look."""
    try:
        count = sum(1 for _ in remote.list(folder))
    except RemoteRefusedError:
        return f"{folder}/ is there, but may not be listed."
    except RemoteMissingError as error:
        raise RemoteMissingError(
            f"There is no folder {folder}/ in the user's home.",
            why=error.why,
            advice="The vendor makes it with the account: ask their support.",
        ) from error
    return f"{folder}/ is there, with {count} entr{'y' if count == 1 else 'ies'}."
