"""RTMP's messages, chunks, handshake and commands as bytes. Floor 0."""
