"""SFTP on top of paramiko: requests in flight, reading and writing."""
