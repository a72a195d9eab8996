"""The signing agent: a small program on the person's own computer, between server and token."""

VERSION = "0.2.0"
"""Told to the server in every request and shown on the agent's own page."""
