"""Everything that crosses the network: connections, uploads, downloads."""
