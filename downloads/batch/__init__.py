"""Batch check: many checks by number, from an uploaded list."""
