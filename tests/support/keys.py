"""Keys as ssh-keygen makes them."""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

_FEW_ROUNDS = ("-a", "1")
"""Of the derivation from a passphrase, which takes long on purpose."""


def keygen(path, kind, bits=None, *options, form="RFC4716", passphrase=""):
    """Make a key in some form, and the file of its public half beside it."""
    if not shutil.which("ssh-keygen"):
        pytest.skip("ssh-keygen is not installed")
    if kind != "rsa":
        length = ["-b", bits] if bits else []
        _run("-t", kind, *length, "-m", form, *options, "-N", passphrase, "-f", path)
        return
    for name, content in _rsa(bits).items():
        path.with_name(f"{path.name}{name}").write_bytes(content)
    path.chmod(0o600)
    _run("-p", "-m", form, *options, "-P", "", "-N", passphrase, "-f", path)


@cache
def _rsa(bits):
    """Make one key of a length, which takes long, and return the contents of its files."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "key")
        _run("-t", "rsa", "-b", bits, "-C", "of a test", "-N", "", "-f", path)
        return {name: path.with_name(f"key{name}").read_bytes() for name in ("", ".pub")}


def _run(*arguments):
    subprocess.run(["ssh-keygen", "-q", *_FEW_ROUNDS, *arguments], capture_output=True, check=True)
