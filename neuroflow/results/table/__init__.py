"""The cohort table: one row per study, region and metric."""
