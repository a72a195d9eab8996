"""Where the reading of an Excel file stands, and what became of each of its rows."""

from enum import StrEnum


class ImportState(StrEnum):
    """From the upload to the commit, and back."""

    UPLOADED = "uploaded"
    CHECKING = "checking"
    PREVIEWED = "previewed"
    COMMITTED = "committed"
    UNDONE = "undone"
    CANCELLED = "cancelled"


class RowVerdict(StrEnum):
    """A row against the register, before anything is written."""

    NEW = "new"
    CHANGED = "changed"
    AMBIGUOUS = "ambiguous"
    PROBLEM = "problem"
    SAME = "same"
    SKIPPED = "skipped"
