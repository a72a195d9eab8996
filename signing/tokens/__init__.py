"""The token in the USB port: find the driver, list what is on the token, sign with its key.

Callers use `signing.tokens.manager.TokenManager`, the values in `signing.tokens.types`, and
`signing.tokens.drivers` to find modules. Nothing is imported here on purpose: the worker process
starts through this package, and must start fast.
"""
