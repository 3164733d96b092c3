"""Notifications of the browser, asked for once for all forms."""

from __future__ import annotations

from traitlets import link

from neuroflow.widgets.common import AS_WIDE, field, html, private

ANSWERS = {
    "granted": "Notifications show counts only, no names; they come while this page is open.",
    "denied": "The browser refuses notifications of this page. Allow them in its settings for this "
    "page, and tick again.",
    "default": "The browser's question was not answered. Tick again to be asked.",
    "insecure": "Browsers notify only from https, or from this computer (localhost, 127.0.0.1).",
    "missing": "This browser offers no notifications.",
}
"""What the forms show for each answer of the browser, as `page.js` names it."""
REFUSALS = {"denied", "insecure", "missing"}
"""Answers that no question to the user comes after."""


def notify_box(when: str) -> private.VBox:
    """Return a box to tick for notifications, one choice for all forms, and the answer to it."""
    page = private.PageLink.current()
    tick = field(
        private.Checkbox,
        "Notify me",
        f"Show a notification of the browser {when}",
        indent=False,
        layout=AS_WIDE,
        classes="nf-notify",  # page.js asks the browser while the click is at hand
    )
    box = private.VBox([tick])
    link((page, "notifies"), (tick, "value"))
    page.observe(lambda _: _ask_again(page), names=["notifies"])

    def follow(_: object = None) -> None:
        words = ANSWERS.get(page.permission, "")
        if not page.notifies and page.permission == "granted":
            words = ""
        if words and len(box.children) == 1:
            box.children = (tick, private.HTML())
        for answer in box.children[1:]:
            answer.value = f'<p class="nf-dim" role="status">{html.text(words)}</p>'

    page.observe(follow, names=["permission", "notifies"])
    follow()
    return box


def _ask_again(page: private.PageLink) -> None:
    """Ask a browser that refused before: a tick may come after the answer to it."""
    if page.notifies and page.permission in REFUSALS:
        page.send({"permit": True})


def notify(words: str) -> None:
    """Show a notification on the pages that are open, if it was asked for."""
    page = private.PageLink.current()
    if page.notifies:
        page.send({"notify": words})
