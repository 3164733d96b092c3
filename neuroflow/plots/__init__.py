"""From tables to figures: DataFrame in, Axes out."""
