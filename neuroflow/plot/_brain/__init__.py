"""The schematic brain: where regions lie, how they are drawn, and users' own masks."""
