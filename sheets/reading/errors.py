"""The one way a whole file is turned away."""


class UnreadableSheet(Exception):
    """The file cannot be read as a table; the message is Vietnamese and says what to do."""
