"""Facts about streams: each module by its own tests, and all of them against PyAV."""
