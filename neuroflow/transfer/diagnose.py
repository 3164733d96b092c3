"""The connection test: stage by stage, each failure with advice."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from neuroflow.contract import INPUT, OUTPUT
from neuroflow.errors import NeuroflowError, RemoteMissingError, RemoteRefusedError
from neuroflow.transfer.sftp import SftpRemote
from neuroflow.transfer.ssh import (
    HostKeys,
    Profile,
    Route,
    credentials,
    find_route,
    session,
    tunnel,
)

STAGES = ("name", "port", "host key", "login", "folders")


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of the connection test.

    Parameters
    ----------
    name
        One of `STAGES`.
    ok
        True if the stage passed.
    message
        The outcome.
    advice
        What to do if the stage failed.
    error
        The error if it failed; a `HostKeyUnknownError` carries the fingerprint to confirm.
    """

    name: str
    ok: bool
    message: str
    advice: str = ""
    error: NeuroflowError | None = None


def diagnose(
    profile: Profile,
    hostkeys: HostKeys,
    passphrase: str | None = None,
    timeout: float = session.TIMEOUT,
    ssh_config: Path | None = None,
) -> Iterator[Step]:
    """Test the connection stage by stage; nothing is written on the server.

    Examples
    --------
    >>> nowhere = Profile(host="nowhere.invalid", user="me", key=Path("key"))
    >>> [(step.name, step.ok) for step in diagnose(nowhere, HostKeys(Path("known_hosts")))]
    [('name', False)]
    """
    stages = _stages(profile, hostkeys, passphrase, timeout, ssh_config)
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
    profile: Profile,
    hostkeys: HostKeys,
    passphrase: str | None,
    timeout: float,
    ssh_config: Path | None,
) -> Generator[str, None, None]:
    """Yield the message of each stage; the connection stays open between stages."""
    route = find_route(profile, ssh_config)
    yield _name(route)
    transport = tunnel.handshake(route, hostkeys, passphrase, timeout)
    try:
        yield f"An SSH server answers on port {route.port} ({transport.remote_version})."
        shown = session.host_key(transport)
        hostkeys.check(route.name, route.name_port, shown)
        yield f"Its host key is the confirmed one, {shown.fingerprint}."
        with credentials(route.keys, passphrase) as keys:
            fingerprint = session.log_in(transport, route.user, keys)
        yield f"User {route.user!r} is logged in with the key {fingerprint}."
        with SftpRemote(transport, timeout) as remote:
            yield " ".join(_folder_summary(remote, folder) for folder in (INPUT, OUTPUT))
    finally:
        session.disconnect(transport)


def _name(route: Route) -> str:
    """Resolve the name of the first host of the route."""
    if route.command:
        return f"{route.host} is reached through `{route.command}`."
    first = route.hops[0]
    addresses = sorted({str(address[0]) for _, address in session.resolve(first.host, first.port)})
    through = "" if first is route else f" {route.host} is reached through it."
    return f"{first.host} is {', '.join(addresses)}.{through}"


def _folder_summary(remote: SftpRemote, folder: PurePosixPath) -> str:
    """Describe a folder of the account; some accounts may write but not list."""
    try:
        count = sum(1 for _ in remote.list(folder))
    except RemoteRefusedError:
        return f"{folder}/ exists, but may not be listed."
    except RemoteMissingError as error:
        raise RemoteMissingError(
            f"The account has no folder {folder}/.",
            why=error.why,
            advice="Ask the support of neuropacs: the folder is created with the account.",
        ) from error
    return f"{folder}/ exists, with {count} entr{'y' if count == 1 else 'ies'}."
