"""The Connect form: server, user, key, staged test, the server's identity."""

from __future__ import annotations

import ipywidgets as widgets
from traitlets import link

from neuroflow.transfer.probe import STAGES
from neuroflow.widgets import html
from neuroflow.widgets.connect_model import ConnectModel
from neuroflow.widgets.parts import button, field, form, problems, progress, show, watch
from neuroflow.widgets.pathfield import PathField

STAGE_NAMES = {
    "name": "Name resolved",
    "port": "Port reached",
    "host key": "Server's identity",
    "login": "Key accepted",
    "folders": "Folders seen",
}


def connect_form(model: ConnectModel) -> widgets.VBox:
    """Draw the Connect form.

    Parameters
    ----------
    model
        What it shows and does.

    Returns
    -------
    ipywidgets.VBox
        The form.
    """
    secret = field(
        widgets.Password,
        "Passphrase",
        "Opens the key; kept in memory until the kernel ends, never written",
        placeholder="only if the key has one; never written",
    )

    def taken() -> str:
        """Take the passphrase out of the page: a notebook may save what its fields hold."""
        passphrase: str = secret.value
        secret.value = ""
        return passphrase

    test = button(
        model,
        "Test connection",
        "Save the profile and test the connection stage by stage",
        lambda: model.test(taken()),
        button_style="primary",
        icon="plug",
    )
    make = button(
        model, "Make a key", "Make an Ed25519 key in the named file", lambda: model.make(taken())
    )
    public = button(
        model, "Show public key", "Show what to send to the vendor", lambda: model.show(taken())
    )
    mend = button(model, "Make the key private", "Set its permissions to 600", model.mend)
    missing = widgets.HTML()

    def update() -> None:
        test.disabled = model.busy or bool(model.blockers)
        make.disabled = public.disabled = model.busy or not model.key.strip()
        show(mend, model.is_open)
        missing.value = html.bullets(model.blockers)
        secret.placeholder = (
            "kept in memory until the kernel ends"
            if model.has_passphrase
            else "only if the key has one; never written"
        )

    watch(model, ["busy", "blockers", "is_open", "key", "has_passphrase"], update)
    return form(
        widgets.HTML("<h2>Connect</h2><p>How to reach the service, tested stage by stage.</p>"),
        problems(model),
        *_fields(model),
        secret,
        widgets.HBox([test, make, public, mend]),
        missing,
        progress(model, keep=False),
        _steps(model),
        _identity(model),
        _public(model),
    )


def _fields(model: ConnectModel) -> list[widgets.Widget]:
    host = field(
        widgets.Text,
        "Host",
        "The server's name, as the vendor gave it",
        placeholder="s-1234.server.transfer.us-east-1.amazonaws.com",
    )
    port = field(widgets.IntText, "Port", "The TCP port; 22 unless told otherwise")
    port.layout.width = "260px"
    user = field(
        widgets.Text, "User", "The user name the vendor assigned", placeholder="PH1234_SITE07_USER"
    )
    for widget, name in ((host, "host"), (port, "port"), (user, "user")):
        link((model, name), (widget, "value"))
    key = PathField(model, "key", "Private key", "The private key's file", folders_only=False)
    return [host, port, user, key]


def _steps(model: ConnectModel) -> widgets.HTML:
    view = widgets.HTML()

    def update() -> None:
        lines = []
        for step in model.steps:
            tone = "good" if step.ok else "bad"
            words = f"{STAGE_NAMES[step.name]}: {'ok' if step.ok else 'failed'}."
            advice = html.text(step.advice)
            advice = f'<span class="nf-advice">What to do: {advice}</span>' if advice else ""
            lines.append(f"<li>{html.mark(tone, words)} {html.text(step.message)}{advice}</li>")
        if lines and not model.busy:
            passed = {step.name for step in model.steps}
            lines += [
                f'<li class="nf-dim">{html.mark("", STAGE_NAMES[name] + ": not tested.")}</li>'
                for name in STAGES
                if name not in passed
            ]
        items = "".join(lines)
        view.value = f'<ol class="nf-steps" aria-label="Stages">{items}</ol>' if items else ""

    watch(model, ["steps", "busy"], update)
    return view


def _identity(model: ConnectModel) -> widgets.VBox:
    """Show an unknown server's fingerprint with one button, a changed one with none."""
    words = widgets.HTML()
    confirm = button(
        model,
        "Yes, this is the fingerprint the vendor gave me",
        "Pin this host key; it is compared on every connection from now on",
        model.confirm,
        button_style="warning",
        layout={"width": "auto", "align_self": "flex-start"},
    )
    box = widgets.VBox([words, confirm])

    def update() -> None:
        confirm.disabled = model.busy
        show(confirm, bool(model.fingerprint))
        show(box, bool(model.fingerprint) or model.is_changed)
        if model.is_changed:
            words.value = (
                '<div role="alert" class="nf-problem"><strong>Blocked: the server shows another '
                "key than the confirmed one.</strong><br>Nothing is sent or fetched. Ask the "
                "vendor's support whether the key was replaced; only then remove its line from "
                "known_hosts in the workspace.</div>"
            )
        else:
            words.value = (
                '<div role="alert" class="nf-notice"><strong>This server was never seen before.'
                "</strong> Compare its fingerprint with the one the vendor gave you:"
                f'<p class="nf-fingerprint">{html.text(model.fingerprint)}</p></div>'
            )

    watch(model, ["fingerprint", "is_changed", "busy"], update)
    return box


def _public(model: ConnectModel) -> widgets.VBox:
    """Show the public half of the key and the mail it goes into, ready to be copied."""
    line = field(widgets.Textarea, "Public key", "The public half of the key", rows=2)
    mail = field(widgets.Textarea, "Mail", "To the vendor's support", rows=11)
    box = widgets.VBox([line, mail])
    for widget, name in ((line, "public_line"), (mail, "mail")):
        link((model, name), (widget, "value"))
    watch(model, ["public_line"], lambda: show(box, bool(model.public_line)))
    return box
