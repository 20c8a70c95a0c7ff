"""The server as a whole: building it from a configuration, running it, its logs. Floor 5."""
