"""Shared Results: the list that verifiers work with, and what one share shows."""
