"""Streams in segments: cut, packed, kept for a while, and listed. Floor 1."""
