"""Bytes and values: formats read and written, nothing else. Floor 0."""
