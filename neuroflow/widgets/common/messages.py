"""What the ledger and the plan record about a study, in the words of the forms."""

from __future__ import annotations

_BUTTON = "send it again with Retry failed studies"
_WORDS = {
    "sent under this id; submit with replace to send it again": (
        "sent under this id; select the study and prepare a repetition"
    ),
    "submit with replace to send it again": _BUTTON,
    "or submit it with replace": f"or {_BUTTON}",
    "sent again with replace": "sent again",
}
"""The forms have a button for the argument `replace` of `Workspace.submit`."""


def in_form_words(message: str) -> str:
    """Return a message as the forms show it."""
    for words, own in _WORDS.items():
        message = message.replace(words, own)
    return message
