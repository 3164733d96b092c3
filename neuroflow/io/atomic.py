"""Files that are written whole, or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import get_ident

AS_USUAL = 0o666  # what the user's umask leaves of it


@contextmanager
def whole(path: Path, *, mode: int = AS_USUAL) -> Iterator[Path]:
    """Give a temporary file in place of another, whose name it gets once the block ended well.

    Nobody sees half of it: not a reader meanwhile, not a second writer, and not the next run after
    the computer lost its power.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "table.csv"
    ...     with whole(path) as temporary:
    ...         _ = temporary.write_text("1")
    ...         path.exists()
    ...     path.read_text(), len(list(Path(folder).iterdir()))
    False
    ('1', 1)
    """
    temporary = path.with_name(f".{path.stem}.{os.getpid()}-{get_ident()}.new{path.suffix}")
    try:
        temporary.unlink(missing_ok=True)
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
        yield temporary
        with temporary.open("r+b") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(OSError):  # after a success it is gone already
            temporary.unlink(missing_ok=True)


OWNER_ONLY = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody but its owner may read, all of it or nothing.

    On Windows the folder's own permissions govern; the mode is set where it has a meaning.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_private(Path(folder) / "salt", b"x")
    ...     (Path(folder) / "salt").read_bytes()
    b'x'
    """
    with whole(path, mode=OWNER_ONLY) as temporary:
        temporary.write_bytes(data)
