"""Pages of the candidate's site."""
