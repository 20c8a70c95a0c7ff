"""HTTP callbacks: a platform is asked who may, and told what became of it. Floor 3."""
