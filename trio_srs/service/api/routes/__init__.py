"""The functions of the API, by what they are about. Floor 3."""
