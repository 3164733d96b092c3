"""The forms: thin views on models of plain traits."""
