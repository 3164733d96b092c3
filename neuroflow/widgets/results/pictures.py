"""Pictures of reports for the browser: small, on white, and of bounded size."""

from __future__ import annotations

import base64
import io
import warnings
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageChops

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
_TOP_QUALITY = 70
"""Of what is shown smaller than it is: a page has a dozen."""
_TOP = (560, 350)
"""The size of the upper part of a report: half as wide again as in the gallery."""
_INK = 48
"""How far a colour is from white where something is printed; a watermark is fainter."""
_MARGIN = 0.02
"""Of the width: what is left of the margin around what is printed."""


def picture(path: Path, size: tuple[int, int]) -> str:
    """Return a picture of at most the given size, encoded as WebP and in base64."""
    return _read(path, size, is_top=False)


def upper_part(path: Path) -> str:
    """Return the upper part of a report without its margin, encoded as WebP and in base64."""
    return _read(path, _TOP, is_top=True)


def _read(path: Path, size: tuple[int, int], *, is_top: bool) -> str:
    try:
        return _picture(path, path.stat().st_mtime_ns, size, is_top)
    except _UNDRAWABLE as error:
        raise ResultError(
            f"The picture {path.name} cannot be shown.",
            why=f"{type(error).__name__}.",
            advice="Collect again; if the error persists, contact neuropacs support.",
            study_id=path.parent.name.removesuffix(RESULT_SUFFIX),
        ) from error


@lru_cache(maxsize=256)
def _picture(path: Path, _changed: int, size: tuple[int, int], is_top: bool) -> str:
    if path.stat().st_size > max_bytes(path.name):
        raise ValueError(f"more than {in_megabytes(max_bytes(path.name))}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError(f"more than {MAX_PIXELS:,} pixels")
            enough = (3 * size[0], 3 * size[0]) if is_top else size
            image.draft("RGB", enough)  # a JPEG is decoded at a fraction of its size
            image.thumbnail(enough)
            drawn = image.convert("RGBA")
    white = Image.new("RGBA", drawn.size, "white")  # transparency would be dark in a dark theme
    page = Image.alpha_composite(white, drawn).convert("RGB")
    data = io.BytesIO()
    if is_top:
        _top_of(page, size).save(data, "WEBP", quality=_TOP_QUALITY)
    else:
        page.save(data, "WEBP", quality=QUALITY)
    return base64.b64encode(data.getvalue()).decode("ascii")


def _top_of(page: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return what is printed at the top of a page, from edge to edge of the given size."""
    white = Image.new("RGB", page.size, "white")
    distance = ImageChops.difference(page, white).convert("L")
    ink = distance.point([0] * _INK + [255] * (256 - _INK))
    margin = round(_MARGIN * page.width)
    _, first, _, _ = ink.getbbox() or (0, 0, *page.size)
    top = max(0, first - margin)
    zone = (0, top, page.width, min(page.height, top + page.width * size[1] // size[0]))
    left, _, right, _ = ink.crop(zone).getbbox() or (0, 0, page.width, 0)
    left, right = max(0, left - margin), min(page.width, right + margin)
    bottom = top + round((right - left) * size[1] / size[0])
    # Below a page that is lower than this there is white, as around it.
    shown = Image.new("RGB", (right - left, bottom - top), "white")
    shown.paste(page.crop((left, top, right, min(bottom, page.height))))
    return shown.resize(size, Image.Resampling.LANCZOS)
