"""The connection test: stage by stage, each failure with advice."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from neuroflow.contract import INPUT, OUTPUT
from neuroflow.errors import (
    HostKeyChangedError,
    HostKeyUnknownError,
    NeuroflowError,
    RemoteMissingError,
    RemoteRefusedError,
)
from neuroflow.transfer.folder_layout import FolderLayout
from neuroflow.transfer.sftp import SftpRemote
from neuroflow.transfer.ssh import (
    HostKeys,
    Profile,
    Route,
    Tunnel,
    find_route,
    open_credentials,
    printable,
    session,
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
        The error if it failed; a `HostKeyUnknownError` carries the fingerprints to choose from.
    notes
        What does not stop the connection, but should be known: for example what is not followed in
        ``ssh_config``.
    """

    name: str
    ok: bool
    message: str
    advice: str = ""
    error: NeuroflowError | None = None
    notes: tuple[str, ...] = ()


def diagnose(
    profile: Profile,
    hostkeys: HostKeys,
    passphrase: str | None = None,
    timeout: float = session.TIMEOUT,
    *,
    ssh_config: Path | None = None,
    layout: FolderLayout | None = None,
) -> Iterator[Step]:
    """Test the connection stage by stage; nothing is written on the server."""
    where = layout or FolderLayout()
    stages = _stages(profile, hostkeys, passphrase, timeout, ssh_config=ssh_config, layout=where)
    for name in STAGES:
        try:
            message, notes = next(stages)
        except NeuroflowError as error:
            what = " ".join(part for part in (error.what, error.why) if part)
            yield Step(name, False, what, error.advice, error)
            return
        yield Step(name, True, message, notes=notes)
    stages.close()


def _stages(
    profile: Profile,
    hostkeys: HostKeys,
    passphrase: str | None,
    timeout: float,
    *,
    ssh_config: Path | None,
    layout: FolderLayout,
) -> Generator[tuple[str, tuple[str, ...]], None, None]:
    """Yield message and notes of each stage; the connection stays open between stages."""
    route = find_route(profile, ssh_config)
    yield _name(route), tuple(dict.fromkeys(note for hop in route.hops for note in hop.notes))
    tunnel = Tunnel(route, hostkeys, passphrase, timeout)
    transport = tunnel.handshake()
    try:
        version = printable(transport.remote_version)
        yield f"An SSH server answers on port {route.port} ({version}).", ()
        try:
            transport, shown = tunnel.verify(transport)
        except (HostKeyUnknownError, HostKeyChangedError) as error:
            raise tunnel.with_all_keys(error) from error
        yield f"Its host key is the confirmed one, {shown.fingerprint}.", ()
        with open_credentials(route.identities, passphrase) as keys:
            transport, fingerprint = tunnel.log_in(transport, keys)
        yield f"User {route.user!r} is logged in with the key {fingerprint}.", ()
        with SftpRemote(transport, timeout) as remote:
            folders = dict.fromkeys(map(layout.on_server, (INPUT, OUTPUT)))
            yield " ".join(_folder_summary(remote, folder) for folder in folders), ()
    finally:
        session.disconnect(transport)


def _name(route: Route) -> str:
    """Resolve the name of the first host of the route."""
    if route.command:
        return f"{route.host} is reached through `{printable(route.command)}`."
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
            advice="Ask neuropacs support: the folder is created with the account.",
        ) from error
    return f"{folder}/ exists, with {count} entr{'y' if count == 1 else 'ies'}."
