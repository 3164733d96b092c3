"""Pictures of reports for the browser: small, on white, and of bounded size."""

from __future__ import annotations

import base64
import io
import warnings
from functools import lru_cache
from pathlib import Path

from PIL import Image

from neuroflow.contract import RESULT_SUFFIX
from neuroflow.errors import ResultError
from neuroflow.io import MAX_PIXELS, in_megabytes, max_bytes

_UNDRAWABLE = (
    OSError,
    ValueError,
    SyntaxError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


QUALITY = 88
"""Of 100: text of a report is as sharp as in the file, in a fifth of its size."""


def picture(path: Path, size: tuple[int, int]) -> str:
    """Return a picture of at most the given size, encoded as WebP and in base64."""
    try:
        return _picture(path, path.stat().st_mtime_ns, size)
    except _UNDRAWABLE as error:
        raise ResultError(
            f"The picture {path.name} cannot be shown.",
            why=f"{type(error).__name__}.",
            advice="Collect again; if the error persists, contact neuropacs support.",
            study_id=path.parent.name.removesuffix(RESULT_SUFFIX),
        ) from error


@lru_cache(maxsize=256)
def _picture(path: Path, _changed: int, size: tuple[int, int]) -> str:
    if path.stat().st_size > max_bytes(path.name):
        raise ValueError(f"more than {in_megabytes(max_bytes(path.name))}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"more than {MAX_PIXELS:,} pixels")
            image.draft("RGB", size)  # a JPEG is decoded at a fraction of its size
            image.thumbnail(size)
            drawn = image.convert("RGBA")
    white = Image.new("RGBA", drawn.size, "white")  # transparency would be dark in a dark theme
    data = io.BytesIO()
    Image.alpha_composite(white, drawn).convert("RGB").save(data, "WEBP", quality=QUALITY)
    return base64.b64encode(data.getvalue()).decode("ascii")
