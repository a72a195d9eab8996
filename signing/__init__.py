"""Signing: the server prepares and verifies; the agent shows, hashes and signs."""
