"""The acquisition protocol: rules, checks and waivers."""
