"""Letters: frozen dataclasses in, PDF bytes out.

reportlab lives here and nowhere else. No database, no web, no clock: whatever a letter says was
handed in by the caller, and what was not handed in is drawn as a visible blank.
"""
