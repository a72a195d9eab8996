"""The façade: speaks the protocol of the signing service that offices have today, off by default.

A page of another system opens `wss://127.0.0.1:8987/<Route>`, sends one text frame and gets one
back. Behind it stand the same pairing, consent and PIN as everywhere (docs/facade.md).
"""
