"""What services share that speak HTTP: a connection, and its requests one by one. Floor 3."""
