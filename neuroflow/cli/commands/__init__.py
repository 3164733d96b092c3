"""The commands of `neuroflow`, one file per group."""
