"""Notices by mail, chat or webhook; the addresses are secrets of one user."""

from __future__ import annotations

import logging
import os
import re
import stat
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import tomlkit
from tomlkit.exceptions import TOMLKitError

from neuroflow.errors import ConfigError, MissingExtraError, OptionError, Wording
from neuroflow.io import user_folder, write_private

FILE_NAME = "notices.toml"
_LOG = "apprise"

# Without a handler Python would print the library's warnings on the user's screen.
logging.getLogger(_LOG).addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one notice.

    Parameters
    ----------
    address
        The service and its host; never the secret parts of the address.
    reason
        Why it was not delivered; empty if it was.
    """

    address: str
    reason: str = ""


class Notices:
    """Where notices of one workspace go: mail, chat or webhook addresses of the current user.

    An address is a URL of `Apprise <https://appriseit.com/services/>`_, for example
    ``mailtos://user:password@example.org?to=me@example.org``. It is a secret: it is kept in the
    user's configuration folder, in a file that only its owner may read, and never in the
    workspace. A notice contains the name of the workspace's folder and counts, nothing else.

    Parameters
    ----------
    folder
        The workspace's folder.
    config
        The user's configuration folder; the usual one if None.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     notices = Notices(Path(folder), config=Path(folder))
    ...     notices.add("json://localhost:8080/secret")
    ...     notices.addresses()
    ...     notices.remove(1)
    ...     notices.test() + notices.send("neuroflow", "2 studies failed.")  # to no address
    'JSON at json://localhost:8080'
    ['JSON at json://localhost:8080']
    'JSON at json://localhost:8080'
    []
    """

    def __init__(self, folder: Path, *, config: Path | None = None) -> None:
        self._folder = folder
        self._config = config

    @property
    def path(self) -> Path:
        """The file with the addresses of all workspaces of the user."""
        return (self._config or user_folder()) / FILE_NAME

    def add(self, address: str) -> str:
        """Send notices of this workspace to an address, too.

        Parameters
        ----------
        address
            A URL of Apprise.

        Returns
        -------
        str
            The address without its secret parts.

        Raises
        ------
        OptionError
            It is no such URL.
        MissingExtraError
            The extra ``notify`` is not installed.
        ConfigError
            The file cannot be read or written.
        """
        address = address.strip()
        shown = describe(address)
        known = self._known()
        if address not in known:
            self._write([*known, address])
        return shown

    def addresses(self) -> list[str]:
        """Return the addresses, without their secret parts.

        Returns
        -------
        list of str
            Service and host, in the order in which they were added.

        Raises
        ------
        ConfigError
            The file cannot be read.
        """
        return [describe(address) for address in self._known()]

    def remove(self, number: int) -> str:
        """Send no more notices to an address.

        Parameters
        ----------
        number
            Its position in the list, from 1.

        Returns
        -------
        str
            The address without its secret parts.

        Raises
        ------
        OptionError
            There is no such address.
        ConfigError
            The file cannot be read or written.
        """
        known = self._known()
        if not 1 <= number <= len(known):
            raise OptionError(
                f"There is no address {number}: this workspace has {len(known)}.",
                advice=Wording(
                    "Notices.addresses() returns them in order.",
                    cli="`neuroflow notify list` numbers them.",
                ),
            )
        removed = known.pop(number - 1)
        self._write(known)
        return describe(removed)

    def test(self) -> list[Delivery]:
        """Send a test notice to every address.

        Returns
        -------
        list of Delivery
            One per address.

        Raises
        ------
        ConfigError
            The file cannot be read.
        """
        return self.send(f"neuroflow: {self._folder.name}", "This is a test. Notices arrive.")

    def send(self, title: str, text: str) -> list[Delivery]:
        """Send a notice to every address.

        Parameters
        ----------
        title, text
            Subject and text; neither may contain data of participants.

        Returns
        -------
        list of Delivery
            One per address.

        Raises
        ------
        ConfigError
            The file cannot be read.
        """
        return [deliver(address, title, text) for address in self._known()]

    def _known(self) -> list[str]:
        found = self._read().get(str(self._folder), {}).get("addresses", [])
        return [str(address) for address in found]

    def _read(self) -> dict[str, Any]:
        try:
            mode = self.path.stat().st_mode
            if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
                raise ConfigError(
                    f"Others may read {self.path}, which holds secret addresses.",
                    advice=f"Restrict it with chmod 600 {self.path}. If it was open for long, "
                    "renew the passwords and webhooks in it.",
                )
            content = tomlkit.parse(self.path.read_text(encoding="utf-8")).unwrap()
        except FileNotFoundError:
            return {}
        except (OSError, UnicodeError, TOMLKitError) as error:
            raise ConfigError(
                f"{self.path} cannot be read.",
                why=f"{error}.",
                advice="Correct it, or remove it and add the addresses again.",
            ) from error
        return {name: table for name, table in content.items() if isinstance(table, dict)}

    def _write(self, addresses: list[str]) -> None:
        content = self._read()
        if addresses:
            content[str(self._folder)] = {"addresses": addresses}
        else:
            content.pop(str(self._folder), None)
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(self.path, tomlkit.dumps(content).encode())
        except OSError as error:
            raise ConfigError(
                f"{self.path} cannot be written.",
                why=f"{error.strerror}.",
                advice="Check the permissions of the folder.",
            ) from error


def deliver(address: str, title: str, text: str) -> Delivery:
    """Send one notice; what goes wrong is returned, never raised."""
    try:
        channel, shown = _channel(address), describe(address)
    except (MissingExtraError, OptionError) as error:
        return Delivery("an address", error.message)
    reasons = _Reasons()
    log = logging.getLogger(_LOG)
    log.addHandler(reasons)
    try:
        if channel.notify(body=text, title=title):
            return Delivery(shown)
    except Exception as error:  # noqa: BLE001  a notice must never end a job
        reasons.lines.append(type(error).__name__)
    finally:
        log.removeHandler(reasons)
    return Delivery(shown, _without_secrets("; ".join(reasons.lines), address) or "it was refused")


def describe(address: str) -> str:
    """Return the service and host of an address, without its secret parts."""
    channel = _channel(address)
    place = urlsplit(channel.url(privacy=True))
    return f"{channel.service_name} at {place.scheme}://{place.netloc.rpartition('@')[2]}"


def _channel(address: str) -> Any:
    try:
        import apprise
    except ImportError as error:
        raise MissingExtraError(
            "Notices need the package apprise.",
            advice="Install it with: pip install apprise",
        ) from error
    asset = apprise.AppriseAsset(app_id="neuroflow", app_desc="neuroflow", app_url="")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the library's own imports
        channel = apprise.Apprise.instantiate(address, asset=asset, suppress_exceptions=True)
    if channel is None:
        raise OptionError(
            "This is not an address for notices.",
            advice="Use a URL as on https://appriseit.com/services/, for example "
            "mailtos://user:password@example.org?to=me@example.org.",
        )
    return channel


class _Reasons(logging.Handler):
    """Keeps the warnings of the library."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage().strip())


def _without_secrets(text: str, address: str) -> str:
    """Hide every part of an address in a text, except its host.

    >>> _without_secrets("403 at https://host/T0KEN9", "json://user:T0KEN9@host/x")
    '403 at https://host/…'
    """
    host = urlsplit(address).hostname or ""
    for part in sorted(re.split(r"[/:@?&=,]+", address), key=len, reverse=True):
        if len(part) > 2 and part != host and part not in {"json", "https", "http", "mailto"}:
            text = text.replace(part, "…")
    return text
