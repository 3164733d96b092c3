"""Pictures of the forms in docs/images: taken by tests of the browser, only when asked for."""

import io
import os
from pathlib import Path

from PIL import Image

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
VARIABLE = "NEUROFLOW_REFRESH"
COLOURS = 128


def keep(page, name, *, docs=False):
    """Keep a picture of the forms beside the tests; with NEUROFLOW_REFRESH=1 in the docs, too."""
    page.screenshot(name)
    if docs and os.environ.get(VARIABLE) == "1":
        png = page.form.screenshot()
        with Image.open(io.BytesIO(png)) as picture:
            few = picture.convert("RGB").quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
            few.save(IMAGES / f"{name}.png", optimize=True)
