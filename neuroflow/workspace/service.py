"""How one project reaches the service: profile, pinned host key, passphrase, connection."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from neuroflow.errors import ConfigError, HostKeyChangedError, HostKeyUnknownError
from neuroflow.transfer import (
    HostKeys,
    Profile,
    PublicKey,
    Remote,
    Step,
    connect,
    credentials,
    diagnose,
    find_route,
    host_key_of,
)
from neuroflow.workspace.config import (
    CONFIG_NAME,
    Settings,
    name_in_use,
    profile_names,
    read_profile,
    read_settings,
)
from neuroflow.workspace.config import remove_profile as _remove_profile
from neuroflow.workspace.config import use_profile as _use_profile
from neuroflow.workspace.config import write_profile as _write_profile

PASSPHRASE_VARIABLE = "NEUROFLOW_PASSPHRASE"  # noqa: S105  the name of a variable, no secret


@dataclass(frozen=True, slots=True)
class ShownKey:
    """The host key that a server or jump host shows.

    Parameters
    ----------
    host, port
        Name and port of the host, as in the profile or ``~/.ssh/config``.
    key
        Its public key.
    is_pinned
        True if this key is pinned.
    """

    host: str
    port: int
    key: PublicKey
    is_pinned: bool = False

    @property
    def fingerprint(self) -> str:
        """``SHA256:...``, to compare with the one that the host's owner published."""
        return self.key.fingerprint


class Service:
    """The connection of a workspace to the SFTP service: profile, host keys, passphrase.

    Parameters
    ----------
    folder
        The workspace's folder; it holds ``neuroflow.toml`` and ``known_hosts``.
    profile_name
        The profile of ``neuroflow.toml`` to use; None for the one used last.
    environ
        Where a passphrase may be found under ``NEUROFLOW_PASSPHRASE``; None for this process's
        environment.

    Examples
    --------
    Before the first profile is saved:

    >>> import tempfile
    >>> from pathlib import PurePosixPath
    >>> service = Service(Path(tempfile.mkdtemp()))
    >>> service.profile is None
    True

    The first connection, here to the embedded service:

    >>> from neuroflow.demo.service import DemoService
    >>> with DemoService(Path(tempfile.mkdtemp())) as server:
    ...     service.save_profile(server.profile)
    ...     service.use_passphrase(None)
    ...     shown = service.unknown_host()
    ...     shown.fingerprint == service.host_fingerprint() == server.fingerprint
    ...     service.trust(shown.fingerprint)
    ...     [step.ok for step in service.probe()]
    ...     with service.connect() as remote:
    ...         sorted(entry.name for entry in remote.list(PurePosixPath(".")))
    True
    [True, True, True, True, True]
    ['input', 'output']

    Several profiles, of which one is in use:

    >>> service.save_profile(Profile("files.example.org", "lab", None, name="agent"))
    >>> service.profile_names, service.profile_name
    (['default', 'agent'], 'agent')
    >>> service.use_profile("default")
    >>> service.remove_profile("agent")
    >>> service.profile_names
    ['default']
    """

    def __init__(
        self,
        folder: Path,
        *,
        profile_name: str | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._config = folder / CONFIG_NAME
        self._asked_name = profile_name
        self._passphrase = (os.environ if environ is None else environ).get(PASSPHRASE_VARIABLE)
        self.hostkeys = HostKeys(folder / "known_hosts")

    @property
    def profile(self) -> Profile | None:
        """The profile in use, or None before the first one was saved."""
        return read_profile(self._config, self.profile_name)

    @property
    def profile_name(self) -> str:
        """The name of the profile in use."""
        return self._asked_name or name_in_use(self._config)

    @property
    def profile_names(self) -> list[str]:
        """The names of all profiles in neuroflow.toml."""
        return profile_names(self._config)

    @property
    def name(self) -> str:
        """User, host and port as ``user@host:port``; empty before a profile was saved."""
        profile = self.profile
        return f"{profile.user}@{profile.host}:{profile.port}" if profile else ""

    @property
    def settings(self) -> Settings:
        """The project's settings."""
        return read_settings(self._config)

    def save_profile(self, profile: Profile) -> None:
        """Write a profile into neuroflow.toml and use it from now on.

        Parameters
        ----------
        profile
            Host, port, user and the key's file.

        Raises
        ------
        ConfigError
            The file cannot be read or written.
        """
        _write_profile(self._config, profile)
        self._asked_name = None

    def use_profile(self, name: str) -> None:
        """Use another profile of neuroflow.toml from now on; the passphrase is forgotten.

        The ledger of a workspace belongs to one server; profiles are several routes to it.

        Parameters
        ----------
        name
            The profile's name.

        Raises
        ------
        ConfigError
            There is no such profile, or the file cannot be written.
        """
        _use_profile(self._config, name)
        self._asked_name = None
        self._passphrase = None

    def remove_profile(self, name: str) -> None:
        """Remove a profile from neuroflow.toml; its key and the ledger are not changed.

        Parameters
        ----------
        name
            The profile's name.

        Raises
        ------
        ConfigError
            There is no such profile, or the file cannot be written.
        """
        is_in_use = name == self.profile_name
        _remove_profile(self._config, name)
        if is_in_use:
            self._asked_name = None
            self._passphrase = None

    def agent_keys(self) -> list[PublicKey]:
        """List the keys that the ssh-agent offers, in the order in which they are tried.

        Returns
        -------
        list of PublicKey
            The public keys.

        Raises
        ------
        KeyFileError
            No agent answers, or it holds no key.

        Examples
        --------
        >>> service.agent_keys()[0].kind  # doctest: +SKIP
        'ssh-ed25519'
        """
        with credentials((), None) as found:
            keys = [one.key for one in found]
            comments = [str(getattr(key, "comment", "")) for key in keys]
            return [
                PublicKey(key.get_name(), key.asbytes(), comment)
                for key, comment in zip(keys, comments, strict=True)
            ]

    def use_passphrase(self, passphrase: str | None) -> None:
        """Keep the key's passphrase in memory until the process ends; it is never written.

        Parameters
        ----------
        passphrase
            The passphrase, or None to forget it.
        """
        self._passphrase = passphrase

    def unknown_host(self) -> ShownKey | None:
        """Return the first host key on the route that is not pinned yet.

        Returns
        -------
        ShownKey or None
            The key that the user has to confirm next, jump hosts first; None if all are pinned.

        Raises
        ------
        ConnectError
            A server cannot be reached, or shows another key than the pinned one.
        """
        return next((shown for shown in self._shown_keys() if not shown.is_pinned), None)

    def host_fingerprint(self) -> str:
        """Return the fingerprint of the server's host key, without logging in.

        Returns
        -------
        str
            ``SHA256:...``, to compare with the one that neuropacs published. It is that of a jump
            host as long as its key is not pinned.

        Raises
        ------
        ConnectError
            The server cannot be reached.
        """
        found = list(self._shown_keys(is_strict=False))
        return found[-1].fingerprint

    def trust(self, fingerprint: str) -> None:
        """Pin the host key that the user has confirmed, of the server or of a jump host.

        Parameters
        ----------
        fingerprint
            The confirmed fingerprint, ``SHA256:...``.

        Raises
        ------
        HostKeyChangedError
            The server shows another key than the confirmed one, or another one is pinned: remove
            its line from known_hosts by hand, once neuropacs has confirmed that it is gone.
        ConnectError
            The server cannot be reached.
        """
        wanted = fingerprint.strip()
        for shown in self._shown_keys(is_strict=False):
            if shown.fingerprint == wanted:
                try:
                    self.hostkeys.check(shown.host, shown.port, shown.key)
                except HostKeyUnknownError:
                    self.hostkeys.trust(shown.host, shown.port, shown.key)
                return
        raise HostKeyChangedError(
            f"The server {shown.host} does not show the confirmed host key.",
            why=f"Confirmed: {wanted}; shown: {shown.fingerprint}.",
            advice="Do not go on. Ask neuropacs support which fingerprint is right.",
            fingerprint=shown.fingerprint,
        )

    def _shown_keys(self, *, is_strict: bool = True) -> Iterator[ShownKey]:
        """Yield what the hosts on the way show, up to the first that is not pinned."""
        for hop in find_route(self._required()).hops:
            key = host_key_of(hop, self.hostkeys, self._passphrase)
            shown = ShownKey(hop.name, hop.name_port, key)
            try:
                self.hostkeys.check(hop.name, hop.name_port, key)
            except HostKeyUnknownError:
                yield shown
                return
            except HostKeyChangedError:
                if is_strict:
                    raise
                yield shown
                return
            yield replace(shown, is_pinned=True)

    def connect(self) -> Remote:
        """Open a session with the service.

        Returns
        -------
        Remote
            A session for one thread; close it after use.

        Raises
        ------
        ConfigError
            No profile was saved.
        ConnectError
            The server cannot be reached, shows another key than the pinned one, or refuses the
            login.
        """
        return connect(self._required(), hostkeys=self.hostkeys, passphrase=self._passphrase)

    def probe(self) -> Iterator[Step]:
        """Test the connection stage by stage: name, port, host key, login, folders.

        Yields
        ------
        Step
            One per stage; the test ends with the first stage that fails.

        Raises
        ------
        ConfigError
            No profile was saved.
        """
        return diagnose(self._required(), self.hostkeys, self._passphrase)

    def _required(self) -> Profile:
        profile = self.profile
        if profile is None:
            raise ConfigError(
                "This workspace does not know the service yet.",
                why=f"There is no profile {self.profile_name!r} in {self._config}.",
                advice="Fill the Connect form, or run `neuroflow connect`.",
            )
        return profile
