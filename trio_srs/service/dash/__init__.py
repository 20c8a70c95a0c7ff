"""Streams as MPEG-DASH, served where HTTP is served. Floor 3."""
