"""Playlists of HTTP Live Streaming: written, and read strictly. Floor 0."""
