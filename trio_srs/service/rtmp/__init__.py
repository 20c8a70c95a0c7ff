"""RTMP for publishers and players. Floor 3."""
