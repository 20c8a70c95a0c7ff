"""Namespaces: a private virtual host for each test of a server that many share."""
