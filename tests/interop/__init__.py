"""Real clients over real ports: ffmpeg, nginx, rtmpdump and PyAV against the whole server."""
