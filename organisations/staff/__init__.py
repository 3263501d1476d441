"""The exam board's side of organisations: the pages under /admin/organisations/, and what they alone do."""
