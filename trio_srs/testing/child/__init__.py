"""What runs in the processes that tests start: servers, publishers, players. Floor 7."""
