"""The code blocks of a page in Markdown."""

import re

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(path, *languages):
    """Return the code of the blocks in these languages, from top to bottom."""
    text = path.read_text(encoding="utf-8")
    return [code for language, code in FENCE.findall(text) if language in languages]
