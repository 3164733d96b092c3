"""A button that copies a text."""

from __future__ import annotations

from traitlets import Unicode

from neuroflow.widgets.common import private


class CopyButton(private.Private, private.Scripted):
    """Copy a text to the clipboard; where a page has no access to it, select it for Ctrl+C."""

    script = "copy.js"
    label = Unicode("Copy").tag(sync=True)
    tooltip = Unicode("").tag(sync=True)
    description = Unicode("").tag(sync=True)  # ipywidgets asks for it wherever there is a tooltip
    text = Unicode("").tag(sync=True)
