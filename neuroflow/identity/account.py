"""One account of the service, as this user knows it: its keys and its journal."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path

from filelock import FileLock

from neuroflow.errors import AccountKeyError, Wording
from neuroflow.identity.account_key import AccountKey, new_key, parse_key
from neuroflow.identity.journal import Journal
from neuroflow.identity.study_id import derive_id, read_id
from neuroflow.io import make_private_folder, private_mode, user_folder, write_private

NO_ACCOUNT = "no-account"
"""The folder for cohorts that are made before the workspace knows the service."""
KEYS, JOURNAL = "keys", "journal"
MAX_KEY_BYTES = 1 << 16
_HEAD = (
    "# Account keys of neuroflow for {name}. Secret: with them, anyone can find out which scan"
    " an id stands for.\n# The first one makes new ids; the others recognise ids that were"
    " made before.\n"
)


class Account:
    """The keys and the journal of one account."""

    def __init__(
        self, folder: Path, name: str, *, before: Path | None = None, others: Path | None = None
    ) -> None:
        self.name = name
        self.folder = folder
        self.key_file = folder / KEYS
        self.journal = Journal(folder / JOURNAL)
        # The key of cohorts that are older than the profile: their ids are recognised.
        self._before = None if before is None else before / KEYS
        self._others = others

    def keys(self) -> tuple[AccountKey, ...]:
        """Return all keys, the one for new ids first; it is made where there is none."""
        if self.key_file.exists():
            return self._known()
        try:
            make_private_folder(self.folder)
            mode = private_mode(self.folder)
            with FileLock(self.folder / f"{KEYS}.lock", mode=mode, timeout=10):
                if not self.key_file.exists():
                    others = chain(self._known(), self._of_other_accounts())
                    self._write([new_key(frozenset(key.tag for key in others))])
        except OSError as error:
            raise AccountKeyError(
                f"The account key cannot be written to {self.key_file}.",
                why=f"{error.strerror}.",
                advice="Correct the permissions of its folder.",
            ) from error
        return self._known()

    @property
    def key(self) -> AccountKey:
        """The key for new ids."""
        return self.keys()[0]

    @property
    def tags(self) -> frozenset[str]:
        """The names of all keys, as ids show them."""
        return frozenset(key.tag for key in self.keys())

    def key_of(self, study_id: str) -> AccountKey | None:
        """Return the key that made an id; None for a random one."""
        derived = read_id(study_id)
        if derived is None:
            return None
        # The files of other accounts are read, and may be damaged, only where they are needed.
        for key in chain(self.keys(), self._of_other_accounts()):
            if key.tag == derived.tag:
                return key
        raise AccountKeyError(
            f"The account key {derived.tag} is not on this computer.",
            why="The study has an id that was made with it.",
            advice=import_advice(),
            study_id=study_id,
        )

    def scans_of(self, digest: str) -> tuple[str, ...]:
        """Return the ids of a scan, one for each key: that of the key for new ids is the first."""
        return tuple(derive_id(key, digest) for key in self.keys())

    def id_of(self, digest: str, repetition: int = 0) -> str:
        """Return the id of a scan for its first or a repeated submission."""
        return derive_id(self.key, digest, repetition)

    def export_key(self, path: Path) -> None:
        """Write all keys to a file that only its owner may read."""
        path = Path(path).expanduser()
        if path.exists():
            raise AccountKeyError(
                f"{path} exists already.", advice="Choose another name for the exported key."
            )
        try:
            write_private(path, self._text(self.keys()))
        except OSError as error:
            raise AccountKeyError(
                f"{path} cannot be written.",
                why=f"{error.strerror}.",
                advice="Choose another folder.",
            ) from error

    def import_key(self, path: Path) -> AccountKey:
        """Add the keys of a file; its first one makes new ids from now on."""
        path = Path(path).expanduser()
        imported = _read_keys(path)
        if not imported:
            raise AccountKeyError(
                f"{path} holds no account key.",
                advice="Export it again on the computer that has it.",
            )
        own = self._known()
        theirs = {key.tag for key in imported}
        clash = [key.tag for key in own if key.tag in theirs and key not in imported]
        if clash:
            raise AccountKeyError(
                f"Another account key is called {clash[0]} as well.",
                why="This happens once in 65,536 times.",
                advice="Use the imported key in a group workspace of its own.",
            )
        make_private_folder(self.folder)
        self._write((*imported, *(key for key in own if key not in imported)))
        return imported[0]

    def _of_other_accounts(self) -> Iterator[AccountKey]:
        """Yield the keys of other accounts of this user: a workspace may change its service."""
        if self._others is not None:
            for path in sorted(self._others.glob(f"*/{KEYS}")):
                yield from _read_keys(path)

    def _known(self) -> tuple[AccountKey, ...]:
        found = list(_read_keys(self.key_file)) if self.key_file.exists() else []
        if self._before is not None and self._before.exists():
            found += [key for key in _read_keys(self._before) if key not in found]
        return tuple(found)

    def _write(self, keys: Sequence[AccountKey]) -> None:
        write_private(self.key_file, self._text(keys))

    def _text(self, keys: Iterable[AccountKey]) -> bytes:
        head = _HEAD.format(name=self.name or "cohorts made before the service was known")
        return (head + "".join(f"{key.line}\n" for key in keys)).encode("utf-8")


def open_account(name: str, *, shared: Path | None = None) -> Account:
    """Open the account of a server and user, in a shared folder or in the user's own."""
    # `name` is ``user@host:port``, or empty while the service is not known.
    accounts = user_folder() / "accounts"
    unnamed = accounts / NO_ACCOUNT
    if shared is not None:  # the user's own keys still recognise what was sent before
        return Account(shared, name, others=accounts)
    if not name:
        return Account(unnamed, name, others=accounts)
    return Account(accounts / folder_name(name), name, before=unnamed, others=accounts)


def folder_name(name: str) -> str:
    """Return the name of an account's folder, which states whose it is and is unique.

    >>> folder_name("SITE_7@s-1.server.transfer.eu-west-1.amazonaws.com:22")
    'SITE_7@s-1.server.transfer.eu-west-1.amazonaws.com_22-d86a2a5d'
    """
    user, _, host = name.rpartition("@")
    exact = f"{user}@{host.lower()}"
    readable = re.sub(r"[^A-Za-z0-9._@-]", "_", exact)[:80]
    return f"{readable}-{hashlib.sha256(exact.encode()).hexdigest()[:8]}"


def import_advice() -> Wording:
    """Return how a key comes from another computer or a colleague."""
    return Wording(
        "Export it where it is, with Workspace.account.export_key(file), and import the file "
        "here with Workspace.account.import_key(file).",
        cli="Export it where it is: `neuroflow account-key export WORKSPACE FILE`, and import it "
        "here: `neuroflow account-key import WORKSPACE FILE`.",
        form="Export it where it is, and import it here, in a terminal: `neuroflow account-key "
        "export WORKSPACE FILE` and `neuroflow account-key import WORKSPACE FILE`.",
    )


def _read_keys(path: Path) -> tuple[AccountKey, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_KEY_BYTES).decode("utf-8")
        lines = [line for line in text.splitlines() if line.strip() and line[0] != "#"]
        return tuple(dict.fromkeys(parse_key(line) for line in lines))
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else f"It is damaged: {error}"
        raise AccountKeyError(
            f"The account key in {path} cannot be read.",
            why=f"{why}.",
            advice="Correct the file's permissions, or import the key again from where it was "
            "exported to. Do not make a new one: ids would change, and studies be sent twice.",
        ) from error
