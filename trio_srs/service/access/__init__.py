"""Who may publish and play, by the rules of the configuration. Floor 3."""
