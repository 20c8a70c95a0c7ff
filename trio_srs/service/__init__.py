"""What the server offers, one package per service, blind to each other. Floor 3."""
