"""What is in ``contrib`` does what it says, as far as the machine has what it is made for."""
