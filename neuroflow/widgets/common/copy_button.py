"""A button that copies a text to the clipboard."""

from __future__ import annotations

from traitlets import Unicode

from neuroflow.widgets.common.private import Private, Scripted


class CopyButton(Private, Scripted):
    """Copy a text to the clipboard; if the page has no access to it, select the text for Ctrl+C.

    Examples
    --------
    >>> CopyButton(label="Copy", tooltip="Copy the key", text="ssh-ed25519 AAAA").text
    'ssh-ed25519 AAAA'
    """

    script = "copy.js"
    label = Unicode("Copy").tag(sync=True)
    tooltip = Unicode("").tag(sync=True)
    description = Unicode("").tag(sync=True)  # ipywidgets asks for it wherever there is a tooltip
    text = Unicode("").tag(sync=True)
