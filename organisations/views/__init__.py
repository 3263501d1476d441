"""Pages of Your Organisation."""
