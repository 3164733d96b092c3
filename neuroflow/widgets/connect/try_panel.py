"""The offer to try everything with simulated scans, in a workspace in which nothing was done."""

from __future__ import annotations

from neuroflow.widgets.common import bind, button, private, set_visible
from neuroflow.widgets.connect.model import ConnectModel

_FIRST = (
    "<p><strong>No access or no scans yet?</strong> Try everything with invented people, controls "
    "and people with PSP: this makes simulated scans in this workspace and a service on this "
    "computer. Nothing leaves the computer, and everything is marked SIMULATED. Use another "
    "workspace for real studies.</p>"
)
_AGAIN = (
    "<p>This workspace is for <strong>SIMULATED</strong> scans. Their service ended with the "
    "program that ran it; it can be started again.</p>"
)


def try_panel(model: ConnectModel) -> private.VBox:
    """Draw the offer; it goes once there is a profile."""
    words = private.HTML()
    begin = button(
        model,
        "Try with simulated scans",
        "Make simulated scans and a service on this computer, and connect to it",
        model.simulate,
        icon="flask",
    )
    box = private.VBox([words, private.HBox([begin])], classes="nf-panel nf-lead")

    def update() -> None:
        again = model.is_simulated
        words.value = _AGAIN if again else _FIRST
        begin.description = "Start the simulated service" if again else "Try with simulated scans"
        begin.disabled = model.busy
        set_visible(box, model.can_simulate)

    bind(model, ["profiles", "simulation", "busy"], update)
    return box
