"""From the cohort table to effects: DataFrame in, DataFrame out."""
