"""Make the zip of one study."""
