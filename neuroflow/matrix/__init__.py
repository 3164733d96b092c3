"""The cohort table as a matrix of studies by regions."""
