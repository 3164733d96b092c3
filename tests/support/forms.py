"""Helpers of the tests of forms: what a view holds, what its HTML shows, tasks that end."""

from datetime import UTC, datetime
from html.parser import HTMLParser

import ipywidgets as widgets
from support.waits import PATIENCE

from neuroflow.models import Event

HOSTILE = "<img src=x onerror=alert(1)>"
"""A name that tries to become a part of the page."""


class MarkupReader(HTMLParser):
    """What a browser would make of HTML: tags, attributes, texts and sources of pictures."""

    def __init__(self, markup):
        super().__init__()
        self.tags, self.attributes, self.words, self.texts, self.sources = [], [], [], [], set()
        self.feed(markup)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]
        self.texts += [value for name, value in attrs if name in ("alt", "aria-label")]
        self.sources |= {value.partition(",")[0] for name, value in attrs if name == "src"}

    def handle_data(self, data):
        self.words.append(data)
        self.texts.append(data)


def all_of(view, kind):
    """Return every widget of a kind inside a view."""
    found = [view] if isinstance(view, kind) else []
    for child in getattr(view, "children", ()):
        found += all_of(child, kind)
    return found


def button(view, label):
    """Return the button with a label."""
    return next(each for each in all_of(view, widgets.Button) if each.description == label)


def shown_buttons(view):
    """Return the labels of the buttons that a view shows: none of them, or around them, hidden."""
    if view.layout.display == "none":
        return []
    own = [view.description] if isinstance(view, widgets.Button) else []
    return own + [
        label for child in getattr(view, "children", ()) for label in shown_buttons(child)
    ]


def control(view, label):
    """Return the control with a label."""
    known = widgets.widget_description.DescriptionWidget
    return next(each for each in all_of(view, known) if each.description == label)


def html_of(view):
    """Return all HTML that a view shows."""
    return "".join(part.value for part in all_of(view, widgets.HTML))


def finish(model, action, *args):
    """Call an action of a model and wait until its tasks have ended."""
    action(*args)
    assert model.join(PATIENCE)
    return model


def event(stage, study_id=None, done=1, total=4, status="progress", message=""):
    """Return an event of a task."""
    return Event(stage, study_id, done, total, status, message, datetime.now(UTC))


def silent(_event):
    """Ignore an event."""
