"""Streams as HLS, served where HTTP is served. Floor 3."""
