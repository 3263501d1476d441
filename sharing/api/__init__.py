"""What programs of organisations ask for: API v1, and the call of existing Slate set-ups.  See docs/adr/0014-api.md.

Everything that is handed out comes through `sharing.door`; `rvs/api.py` gives the calls their addresses.
"""
