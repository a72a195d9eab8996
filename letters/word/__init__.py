"""The same letters as .docx, for offices that finish in Word.

Same data, same `compose`, same words, page sizes, margins, type and heads of decree 30. Word
breaks lines and pages itself; number and date are always dots there, because nobody fills fields.
The same document gives the same bytes.
"""

from collections.abc import Callable

from letters.blanks import Blanks
from letters.decree30 import PORTRAIT, Letter, Sheet
from letters.paper import Paper
from letters.word.document import Document
from letters.word.setter import WordSetter

__all__ = ["WordSetter", "draw", "write"]


def write(whole: Letter | Paper) -> bytes:
    """A letter or paper that was composed with a WordSetter, as .docx."""
    document = Document(whole.sheet)
    if isinstance(whole, Letter):
        document.letter(whole)
    else:
        document.paper(whole)
    return document.save()


def draw(
    compose: Callable[[WordSetter, Blanks], Letter | Paper],
    sheet: Sheet = PORTRAIT,
) -> bytes:
    """Compose for this sheet, and write. Raises FontsMissing."""
    return write(compose(WordSetter(sheet), Blanks()))
