"""Programs built on the library, without a server. Floor 6."""
