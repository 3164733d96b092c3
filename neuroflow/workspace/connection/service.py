"""How one project reaches the service: profile, pinned host key, passphrase, connection."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from neuroflow.errors import ConfigError
from neuroflow.transfer import (
    PASSPHRASE_VARIABLE,
    HostKeys,
    HostTrust,
    Profile,
    PublicKey,
    Remote,
    Route,
    ShownHost,
    Step,
    connect,
    diagnose,
    find_route,
    list_agent_keys,
    with_layout,
)
from neuroflow.workspace.connection import config
from neuroflow.workspace.connection.config import Settings
from neuroflow.workspace.connection.confirmed import confirm, is_confirmed, unconfirmed
from neuroflow.workspace.connection.passphrase import Passphrase
from neuroflow.workspace.file_names import CONFIG_NAME, PACKAGES


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
    >>> import tempfile
    >>> from pathlib import PurePosixPath
    >>> service = Service(Path(tempfile.mkdtemp()))
    >>> service.profile is None
    True

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

    A renewed host key replaces a confirmed one, or is forgotten:

    >>> with DemoService(Path(tempfile.mkdtemp())) as server:
    ...     service.save_profile(server.profile)
    ...     service.hostkeys.pin(server.host, server.port, "SHA256:" + 43 * "A")
    ...     service.replace_host_key("SHA256:" + 43 * "A", server.fingerprint)
    ...     service.unknown_host() is None
    ...     service.forget_host_key(server.fingerprint)
    ...     service.unknown_host().fingerprints == (server.fingerprint,)
    True
    True

    A program may ask for the passphrase of a key:

    >>> service.ask_passphrase_with(lambda path: input(f"Passphrase of {path}: "))

    Several profiles, of which one is in use:

    >>> service.save_profile(Profile("files.example.org", "lab", None, name="agent"))
    >>> service.is_confirmed
    True
    >>> service.confirm_profile()  # of a workspace from somebody else, once its server was checked
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
        given = (os.environ if environ is None else environ).get(PASSPHRASE_VARIABLE)
        self._passphrase = Passphrase(given)
        self.hostkeys = HostKeys(folder / "known_hosts")

    @property
    def profile(self) -> Profile | None:
        """The profile in use, or None before the first one was saved."""
        return config.read_profile(self._config, self.profile_name)

    @property
    def profile_name(self) -> str:
        """The name of the profile in use."""
        return self._asked_name or config.name_in_use(self._config)

    @property
    def profile_names(self) -> list[str]:
        """The names of all profiles."""
        return config.profile_names(self._config)

    @property
    def name(self) -> str:
        """User, host and port as ``user@host:port``; empty before a profile was saved."""
        profile = self.profile
        return f"{profile.user}@{profile.host}:{profile.port}" if profile else ""

    @property
    def settings(self) -> Settings:
        """The project's settings."""
        return config.read_settings(self._config)

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
        config.write_profile(self._config, profile)
        confirm(profile)
        self._asked_name = None

    @property
    def is_confirmed(self) -> bool:
        """Whether the profile in use was saved or confirmed on this computer; True without one."""
        profile = self.profile
        return profile is None or is_confirmed(profile)

    def confirm_profile(self) -> None:
        """Confirm server, user and key file of a workspace that was set up elsewhere.

        Nothing is connected before that; `save_profile` confirms what it saves.

        Raises
        ------
        ConfigError
            No profile was saved, or the user's configuration folder cannot be written.
        """
        confirm(self._saved())

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
        config.use_profile(self._config, name)
        self._asked_name = None
        self._passphrase.use(None)

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
        config.remove_profile(self._config, name)
        if is_in_use:
            self._asked_name = None
            self._passphrase.use(None)

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
        agent = find_route(self._required()).identities.agent if self.profile else ""
        return list_agent_keys(agent)

    def use_passphrase(self, passphrase: str | None) -> None:
        """Keep the key's passphrase in memory until the process ends; it is never written.

        Parameters
        ----------
        passphrase
            The passphrase, or None to forget it.
        """
        self._passphrase.use(passphrase)

    def ask_passphrase_with(self, ask: Callable[[Path], str | None]) -> None:
        """Ask for the passphrase of a protected key when it is first needed, and keep it.

        Parameters
        ----------
        ask
            Called with the path of the key; returns the passphrase, or None if there is none.
        """
        self._passphrase.ask_with(ask)

    def unknown_host(self) -> ShownHost | None:
        """Return the first host on the route without a pinned key, with its keys of all kinds.

        Returns
        -------
        ShownHost or None
            The host of which the user has to confirm a key next, jump hosts first; None if all
            are pinned.

        Raises
        ------
        ConnectError
            A server cannot be reached, or shows another key than the pinned one.
        """
        return self._host_trust().unknown_host()

    def host_fingerprint(self) -> str:
        """Return the fingerprint of the server's host key, without logging in.

        Returns
        -------
        str
            ``SHA256:...``, to be compared with the one neuropacs published; of a jump host
            before it, while that is not pinned. `unknown_host` shows the keys of all kinds.

        Raises
        ------
        ConnectError
            The server cannot be reached.
        """
        return self._host_trust().last_shown().fingerprint

    def trust(self, fingerprint: str) -> None:
        """Pin the host key that the user has confirmed, of the server or of a jump host.

        Parameters
        ----------
        fingerprint
            The confirmed fingerprint, ``SHA256:...``, of any kind of key that the server has.

        Raises
        ------
        HostKeyChangedError
            The server shows no such key, or another one is pinned: see `replace_host_key`.
        ConnectError
            The server cannot be reached.
        """
        self._host_trust().trust(fingerprint)

    def replace_host_key(self, old: str | Sequence[str], new: str) -> None:
        """Replace confirmed host keys of a server by one that it shows now.

        Parameters
        ----------
        old
            The fingerprint that is no longer valid, or several of them.
        new
            The fingerprint that neuropacs has confirmed, as ``SHA256:...``.

        Raises
        ------
        HostKeyError
            No host on the route has the old fingerprint.
        HostKeyChangedError
            The server does not show the new key; nothing is changed.
        ConnectError
            The server cannot be reached.
        """
        self._host_trust().replace([old] if isinstance(old, str) else old, new)

    def forget_host_key(self, fingerprint: str | Sequence[str]) -> None:
        """Remove confirmed host keys; the next connection requires confirmation again.

        Parameters
        ----------
        fingerprint
            The fingerprint, as ``SHA256:...``, or several of them.

        Raises
        ------
        HostKeyError
            No host on the route has this fingerprint, or the file cannot be written.
        """
        marks = [fingerprint] if isinstance(fingerprint, str) else fingerprint
        self._host_trust().forget(marks)

    def _host_trust(self) -> HostTrust:
        return HostTrust(self._hops(), self.hostkeys, self._unlock)

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
            The server cannot be reached, shows another key than the pinned one, or refuses login.
        """
        remote = connect(self._required(), hostkeys=self.hostkeys, passphrase=self._unlock())
        return with_layout(remote, self.settings.layout, self._config.with_name(PACKAGES))

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
        where = self.settings.layout
        return diagnose(self._required(), self.hostkeys, self._unlock(), layout=where)

    def _unlock(self) -> str | None:
        return self._passphrase.for_route(self._hops)

    def _hops(self) -> tuple[Route, ...]:
        return find_route(self._required()).hops

    def _required(self) -> Profile:
        profile = self._saved()
        if not is_confirmed(profile):
            raise unconfirmed(profile, self._config.parent)
        return profile

    def _saved(self) -> Profile:
        profile = self.profile
        if profile is None:
            raise ConfigError(
                "This workspace has no connection profile yet.",
                why=f"There is no profile {self.profile_name!r} in {self._config}.",
                advice="Complete the Connect form, or run `neuroflow connect`.",
            )
        return profile
