"""Fuzzing with atheris: any bytes are read, or blamed on the peer. See CONTRIBUTING.md."""
