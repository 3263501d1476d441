"""Input that means harm: files, pictures, forms, requests, markup; and what the logs say meanwhile."""
