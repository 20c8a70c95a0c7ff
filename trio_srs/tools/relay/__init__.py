"""A relay in front of any RTMP server, which does wrong what it is told to. Floor 6."""
