"""What can go wrong while a letter is drawn, each with a Vietnamese sentence for the person."""


class LetterError(Exception):
    """A letter could not be drawn; the text of the exception is Vietnamese and may be shown."""


class FontsMissing(LetterError):
    """No complete family of Times New Roman or Liberation Serif was found on this machine."""


class FormTextInvalid(LetterError):
    """A file with the fixed words of a prescribed form is unreadable or lacks a word."""


class TooLarge(LetterError):
    """A part that must stay in one piece is larger than a page."""
