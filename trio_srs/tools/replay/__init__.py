"""Doing captured sessions again: one side of them, against whatever is on the other side."""
