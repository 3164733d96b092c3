"""Files that only their owner may read."""

from __future__ import annotations

import os
from pathlib import Path

OWNER_ONLY = 0o600


def write_private(path: Path, data: bytes) -> None:
    """Write a file that nobody but its owner may read, all of it or nothing.

    On Windows the folder's own permissions govern; the mode is set where it has a meaning.

    Parameters
    ----------
    path
        The file; replaced as a whole where it exists.
    data
        Its content.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_private(Path(folder) / "salt", b"x")
    ...     (Path(folder) / "salt").read_bytes()
    b'x'
    """
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    # The mode is given at creation: there is no moment at which others may read it.
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
