"""The version of Sổ Token; the signing agent carries its own (`signing/protocol/versions.py`)."""

VERSION = "0.2.0"
