"""Read NIfTI images with their gradients and sidecars."""
