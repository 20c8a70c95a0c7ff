"""Half an hour of publishers and players that come, go, stall and are kicked."""
