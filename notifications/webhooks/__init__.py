"""Programs that want to be told: each row of the ledger that concerns them is sent to an address of theirs.

From the ledger to the receiver: `queueing` makes messages, `sending` takes those that are due, `transport` sends them,
`settling` writes down what came of it.  See docs/adr/0016-webhooks.md.
"""
