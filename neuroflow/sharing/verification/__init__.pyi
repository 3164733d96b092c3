from .verify_file import verify as verify
