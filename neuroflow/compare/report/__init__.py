"""Tables and methods text for a paper."""
