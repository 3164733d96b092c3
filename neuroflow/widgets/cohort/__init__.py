"""The Cohort form."""
