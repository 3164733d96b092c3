"""Read aidp.csv in every layout."""
