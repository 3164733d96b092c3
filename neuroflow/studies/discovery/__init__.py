"""Find the studies below a folder."""
