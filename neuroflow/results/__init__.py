"""From result files to the cohort table."""
