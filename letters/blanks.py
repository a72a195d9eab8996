"""What was not known when the letter was drawn: visible dots on paper, a sentence on screen."""

from letters.text import clean

DOTS = "……………………"
SHORT_DOTS = "……"


class Blanks:
    """Collects what is missing. A letter never invents a value."""

    def __init__(self) -> None:
        self._sentences: list[str] = []

    def fill(self, value: str, sentence: str, dots: str = DOTS) -> str:
        """The cleaned value; when it is empty, dots, and the sentence is remembered."""
        value = clean(value)
        if value:
            return value
        self.note(sentence)
        return dots

    def note(self, sentence: str) -> None:
        """Remember that something is missing."""
        self._sentences.append(sentence)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What is missing, in the order of the letter, each sentence once."""
        return tuple(dict.fromkeys(self._sentences))
