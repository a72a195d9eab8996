"""Limits that are known without loading a PDF library."""

MAX_PDF_BYTES = 100 * 1024 * 1024
"""Largest file that is prepared or judged."""
