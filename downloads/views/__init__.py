"""The pages of Downloads."""
