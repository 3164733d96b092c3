"""What a notebook keeps of the forms after somebody typed a secret and read a report."""

import json

SECRETS = ("sub-0", "S3CRETpass", "PSP", "/scans")
"""Parts of what was typed and shown."""
SENTENCE = "The forms of neuroflow were open here. Run the cell to open them again."
"""What a notebook keeps in place of the forms."""


def saved_after_a_look(forms):
    """Type a passphrase, read the report of a study, save; return the text of the notebook."""
    forms.tab("1 Connect")
    forms.fill("Passphrase", "S3CRETpass")
    forms.tab("4 Results")
    forms.choose_row("sub-009_ses-1")
    forms.sees("Report of sub-009_ses-1")
    return forms.saved()


def saved_widgets(text):
    """Return the widgets whose state a notebook holds."""
    widgets = json.loads(text)["metadata"]["widgets"]
    return list(widgets["application/vnd.jupyter.widget-state+json"]["state"].values())
