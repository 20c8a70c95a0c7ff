"""All sections as one configuration: load, check, reload, reference. Floor 4."""
