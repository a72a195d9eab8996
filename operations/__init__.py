"""The writes: one function is one business act, one transaction and one audit event."""
