"""neuroflow: cohorts of diffusion MRI studies to the neuropacs service, and its results back."""

__version__ = "0.1.0"
