"""SSH keys of the user: create, read and check them."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from neuroflow.errors import KeyFileError, Wording
from neuroflow.io import OWNER_ONLY, atomic_write, write_private
from neuroflow.io import PASSPHRASE_VARIABLE as PASSPHRASE_VARIABLE  # noqa: PLC0414  re-exported
from neuroflow.transfer.ssh.keys.public import (
    PrivateKey,
    PublicKey,
    public_of,
    read_public,
    read_unprotected,
)

_CURVES = ("secp256r1", "secp384r1", "secp521r1")
MIN_RSA_BITS = 2048
_READABLE_CIPHERS = {"none", "aes256-ctr", "aes256-cbc", "aes256-gcm@openssh.com"}
"""Ciphers of key files that the package cryptography reads."""


def make_key(path: Path, *, passphrase: str | None = None, comment: str = "") -> PublicKey:
    """Create an Ed25519 key pair: the private key in `path`, the public key beside it.

    Parameters
    ----------
    path
        The private key file; the public one ends in ``.pub``. Nothing is overwritten.
    passphrase
        Encrypts the file; None or empty for no encryption.
    comment
        Stored with the public key; visible to neuropacs.

    Returns
    -------
    PublicKey
        The public key, to send to neuropacs support.

    Raises
    ------
    KeyFileError
        One of the files exists already, or the folder is not writable.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     make_key(Path(folder) / "id_ed25519").kind
    'ssh-ed25519'
    """
    private = ed25519.Ed25519PrivateKey.generate()
    protection: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase:
        protection = serialization.BestAvailableEncryption(passphrase.encode())
    text = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, protection
    )
    public = public_of(private, comment)
    half = path.with_name(path.name + ".pub")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The public key first: if that fails, no private key is left behind.
        with atomic_write(half, exclusive=True) as temporary:
            temporary.write_text(public.line + "\n", encoding="utf-8")
        try:
            write_private(path, text, exclusive=True, mode=OWNER_ONLY)
        except OSError:
            half.unlink()
            raise
    except FileExistsError as error:
        raise KeyFileError(
            f"{error.filename} exists already.",
            advice="Use that key, or choose another name; existing keys are never overwritten.",
        ) from error
    except OSError as error:
        raise KeyFileError(f"{path} cannot be written.", why=f"{error.strerror}.") from error
    return public


def load_key(path: Path, passphrase: str | None = None) -> PrivateKey:
    """Read a private key in OpenSSH's, PEM or PKCS#8 form.

    SFTP guide of neuropacs: ED25519, RSA (rsa-sha2), ECDSA nistp256/384/521; permissions 600.
    """
    data = read_key(path)
    check_content(path, data)
    check_permissions(path)
    key = _parse(path, data, passphrase)
    if isinstance(key, rsa.RSAPrivateKey) and key.key_size >= MIN_RSA_BITS:
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return key
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    raise unsupported_key_error(path)


def public_key(path: Path, passphrase: str | None = None) -> PublicKey:
    """Read the public key that belongs to a private key file.

    Parameters
    ----------
    path
        The private key file, or a ``.pub`` file. The ``.pub`` file beside a private key is not
        used, as it may belong to another key.
    passphrase
        The passphrase, if the file is protected.

    Returns
    -------
    PublicKey
        The public key, with its line and fingerprint.

    Raises
    ------
    KeyFileError
        The file is missing, is not a private key, is of an unsupported kind, or needs another
        passphrase.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     made = make_key(Path(folder) / "id_ed25519")
    ...     public_key(Path(folder) / "id_ed25519").fingerprint == made.fingerprint
    True
    """
    return read_public(read_key(path)) or public_of(load_key(path, passphrase))


def restrict_permissions(path: Path) -> None:
    """Make a private key file readable by its owner only (``chmod 600``)."""
    if path.is_dir():  # which could not be opened any more
        raise KeyFileError(f"{path} is a folder.", advice="Choose the private key file in it.")
    try:
        path.chmod(stat.S_IRUSR | stat.S_IWUSR)
    except OSError as error:
        raise KeyFileError(
            f"The permissions of {path} cannot be changed.", why=f"{error.strerror}."
        ) from error


def read_key(path: Path) -> bytes:
    """Read the bytes of a key file, without parsing them."""
    try:
        if path.is_fifo():
            raise _not_a_key_error(path)  # it would be waited for
        with path.open("rb") as file:
            return file.read(1 << 16)  # no key is longer; the file may be anything
    except FileNotFoundError as error:
        raise KeyFileError(
            f"The key file {path} does not exist.",
            advice="Check the path, or create a new key and send its public key to neuropacs.",
        ) from error
    except OSError as error:
        raise KeyFileError(
            f"The key file {path} cannot be read.",
            why=f"{error.strerror}.",
            advice="Choose the private key file, and check its permissions.",
        ) from error


def check_content(path: Path, data: bytes) -> None:
    """Raise a helpful error for common mistakes, before a parser fails."""
    start = data.lstrip()[:40]
    if data.startswith(b"PuTTY-User-Key-File"):
        raise KeyFileError(
            f"{path} is a PuTTY key (.ppk).",
            advice="Convert it: in PuTTYgen, Conversions, Export OpenSSH key; or with "
            "`puttygen key.ppk -O private-openssh -o id_key`.",
        )
    if b"DSA PRIVATE KEY" in start or start.startswith(b"ssh-dss") or _is_openssh_dsa(data):
        raise KeyFileError(
            f"{path} is a DSA key.",
            why="DSA is insecure and servers no longer accept it.",
            advice="Create an Ed25519 key and send its public key to neuropacs support.",
        )
    if start.startswith((b"ssh-", b"ecdsa-", b"sk-", b"---- BEGIN SSH2", b"-----BEGIN PUBLIC")):
        raise KeyFileError(
            f"{path} is a public key.",
            advice="Choose the private key: the same name without .pub.",
        )
    if b"PRIVATE KEY-----" not in data:
        raise _not_a_key_error(path)
    cipher = read_unprotected(data).cipher
    if cipher and cipher not in _READABLE_CIPHERS:
        raise KeyFileError(
            f"{path} is encrypted with {cipher}, which cannot be read here.",
            advice=f"Run `ssh-keygen -p -Z aes256-ctr -f {shlex.quote(str(path))}`: it asks for "
            "the passphrase and encrypts the file in another way. The key stays the same, and "
            "neuropacs needs no new one.",
        )


def _not_a_key_error(path: Path) -> KeyFileError:
    return KeyFileError(
        f"{path} is not a private key.",
        advice="Choose another file; other formats are converted with `ssh-keygen -p -f FILE`.",
    )


def _is_openssh_dsa(data: bytes) -> bool:
    public = read_unprotected(data).public
    return public is not None and public.kind == "ssh-dss"


def check_permissions(path: Path) -> None:
    """Raise an error if other users may read a private key."""
    if os.name != "posix":
        return  # Windows has access lists in place of mode bits
    mode = path.stat().st_mode
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(
            f"The key file {path} is accessible to other users (permissions {mode & 0o777:03o}).",
            why="A private key must be readable by its owner only.",
            advice=Wording(
                f"chmod 600 {shlex.quote(str(path))}", form="Press Protect the key file."
            ),
        )


def unsupported_key_error(path: Path) -> KeyFileError:
    """Make the error of a kind of key that the service does not accept."""
    return KeyFileError(
        f"{path} is a kind of key that neuropacs does not accept.",
        why="It accepts Ed25519, RSA of 2048 bits or more, and ECDSA on nistp256, 384 or 521.",
        advice="Create a new key and send its public key to neuropacs support.",
    )


def passphrase_error(path: Path) -> KeyFileError:
    """Make the error of a protected key without its passphrase: there are several ways to it."""
    add = f"add the key to the ssh-agent with `ssh-add {shlex.quote(str(path))}`"
    return KeyFileError(
        f"{path} is protected by a passphrase.",
        advice=Wording(
            f"Call ws.service.use_passphrase(...), set {PASSPHRASE_VARIABLE} in the environment, "
            f"{add}, or enter it in the Connect form.",
            cli=f"Run the command in a terminal, which asks for it; set {PASSPHRASE_VARIABLE} in "
            f"the environment; {add}; or enter it in the Connect form.",
            form=f"Enter it in the field Passphrase; or {add}; or set {PASSPHRASE_VARIABLE} in "
            "the environment before Jupyter starts.",
        ),
        about="passphrase",
    )


def is_protected(path: Path) -> bool:
    """Return whether a key file needs a passphrase; False where it cannot be read."""
    try:
        return read_unprotected(read_key(path)).is_protected
    except KeyFileError:
        return False


def _parse(path: Path, data: bytes, passphrase: str | None) -> object:
    secret = passphrase.encode() if passphrase else None
    is_openssh = b"BEGIN OPENSSH PRIVATE KEY" in data
    load = serialization.load_ssh_private_key if is_openssh else serialization.load_pem_private_key
    try:
        return _load_forgiving(load, data, secret)
    except TypeError as error:
        raise passphrase_error(path) from error
    except UnsupportedAlgorithm as error:
        raise unsupported_key_error(path) from error
    except ValueError as error:
        if secret is not None:
            raise KeyFileError(
                f"The passphrase does not open {path}.",
                advice="Try again. Keys with different passphrases need the ssh-agent: "
                "`ssh-add FILE`.",
                about="passphrase",
            ) from error
        raise _not_a_key_error(path) from error


def _load_forgiving(load: object, data: bytes, secret: bytes | None) -> object:
    """Load a key; a passphrase given for a key without one is not needed, not wrong."""
    try:
        return load(data, secret)  # type: ignore[operator]
    except TypeError:
        if secret is None:
            raise
        return load(data, None)  # type: ignore[operator]
