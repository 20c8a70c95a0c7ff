"""Streams over HTTP: for browsers, curl, and whoever has no RTMP. Floor 3."""
