"""Pictures of the forms in docs/images: taken by tests of the browser, only when asked for."""

import os
from pathlib import Path

from PIL import Image
from support.lab import ARTIFACTS
from support.voila import VoilaPage

IMAGES = Path(__file__).parent.parent.parent / "docs" / "images"
VARIABLE = "NEUROFLOW_REFRESH"
COLOURS = 128


def keep(page, name, *, docs=False, height=10_000):
    """Keep a picture beside the tests; one of a notebook in docs, too, if NEUROFLOW_REFRESH=1.

    That one ends after `height` pixels.
    """
    page.screenshot(name)
    if docs and os.environ.get(VARIABLE) == "1" and not isinstance(page, VoilaPage):
        with Image.open(ARTIFACTS / f"{name}.png") as picture:
            top = picture.crop((0, 0, picture.width, min(height, picture.height)))
            few = top.convert("RGB").quantize(COLOURS, kmeans=2, dither=Image.Dither.NONE)
            few.save(IMAGES / f"{name}.png", optimize=True)
