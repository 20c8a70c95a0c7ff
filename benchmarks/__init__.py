"""How fast it is: micro benchmarks of parts, and whole servers side by side."""
