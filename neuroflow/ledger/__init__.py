"""The record of what was sent and fetched, and the states of a study."""
