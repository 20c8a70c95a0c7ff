"""Captures of sessions: what peers and server said to each other, kept in files."""
