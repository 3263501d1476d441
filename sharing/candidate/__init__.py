"""The candidate's site: own results, who may see them, and who looked."""
