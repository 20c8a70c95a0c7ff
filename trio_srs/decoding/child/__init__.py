"""What runs in the process that decodes. It alone imports PyAV and NumPy. Floor 2."""
