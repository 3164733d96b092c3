"""The embedded SFTP service: server, queue and processing."""
