"""Files: atomic writing, text tables, participants."""
