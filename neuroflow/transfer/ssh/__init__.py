"""SSH connections: keys, host keys, routes and sessions."""
