"""Programs of organisations: their secrets, how they prove who they are, what the Primary User does with them.

For the API: `authentication.Authentication(scope)` finds the `Caller` of a request, or raises `Refused`.
"""
