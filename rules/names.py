"""Vietnamese names: one spelling, a fold for searching without accents, and a key for sorting.

People sort by given name, then family and middle names; everything else from its first word on. Per
syllable first the letters in the order of the Vietnamese alphabet count, then the tone. A database
orders by the key alone, bytewise or under any collation that puts digits before letters.
"""

import re
import unicodedata

# The Vietnamese alphabet with f, j, w and z in their Latin places; digits come first.
_ALPHABET = "0123456789aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# Two letters for each letter, all of one width, so that comparing text compares letter by letter.
_CODES = {letter: chr(97 + i // 26) + chr(97 + i % 26) for i, letter in enumerate(_ALPHABET)}
# Combining marks in the order of the tones: huyền, hỏi, ngã, sắc, nặng. No mark is ngang, "1".
# A digit sorts before every letter code, so a syllable comes before its own extensions (an, anh).
_TONES = {"\u0300": "2", "\u0309": "3", "\u0303": "4", "\u0301": "5", "\u0323": "6"}
_LEVEL_TONE = "1"
# The marks that make another letter: circumflex, breve, horn.
_LETTER_MARKS = {"\u0302", "\u0306", "\u031b"}
# Old code pages left the Icelandic eth and the African d where đ was meant; all look the same.
_D_WITH_STROKE = str.maketrans({"ð": "đ", "ɖ": "đ", "Ð": "Đ", "Ɖ": "Đ"})
_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼʻ´`′", "'"))
_NUMBER_WIDTH = 4  # "Tổ 2" comes before "Tổ 10".
_LONGEST_KEY = 900


def nfc(text: str) -> str:
    """The text in Unicode NFC, the one form in which every text is stored and shown."""
    return unicodedata.normalize("NFC", text)


def clean_name(text: str) -> str:
    """A name as typed or pasted, in NFC, with a real đ, single blanks and no invisible
    characters.
    """
    visible = "".join(
        ch for ch in text if unicodedata.category(ch) not in ("Cf", "Cc") or ch.isspace()
    )
    return nfc(" ".join(visible.translate(_D_WITH_STROKE).split()))


def spelt_out(name: str) -> str:
    """The name of a body as minutes and letters write it: "UBND" in full."""
    return name.replace("UBND", "Ủy ban nhân dân")


def head_name(name: str) -> str:
    """The name of a body as the head of a letter writes it: in full and in capitals."""
    return spelt_out(name).upper()


def fold(text: str) -> str:
    """The text for searching and comparing: lower case, đ as d, without marks, with single blanks
    and one kind of apostrophe. Word turns that of "Y'Nhân" into "Y’Nhân", the register of residents
    does not.

    "Nguyễn Thị Ánh" gives "nguyen thi anh". Folding twice changes nothing.
    """
    straight = text.translate(_APOSTROPHES)
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", straight).lower())
    kept = (ch for ch in decomposed if unicodedata.category(ch) not in ("Mn", "Cf"))
    plain = "".join(kept).translate(_D_WITH_STROKE).translate(_APOSTROPHES).replace("đ", "d")
    return " ".join(plain.split())


def fold_words(text: str) -> tuple[str, ...]:
    """The folded words of a text, without punctuation, in their order."""
    return tuple(re.findall(r"[^\W_]+", fold(text)))


def sort_key(name: str) -> str:
    """A key of lower-case letters and digits that sorts names as a Vietnamese list does.

    The last syllable is the given name and comes first; then the family and middle names in their
    order. Where the tone mark stands ("Hoà", "Hòa") does not matter. Characters outside the
    alphabet do not count; a name without any gives "".
    """
    syllables = [key for key in map(_syllable_key, _syllables(name)) if key]
    return "".join(syllables[-1:] + syllables[:-1])


def text_key(text: str) -> str:
    """A key like `sort_key` for the names of agencies, systems and other things: from the first
    word on, and whole numbers by their size.
    """
    words = (one.zfill(_NUMBER_WIDTH) if one.isdecimal() else one for one in _syllables(text))
    return "".join(map(_syllable_key, words))[:_LONGEST_KEY]


def _syllables(text: str) -> list[str]:
    straight = clean_name(text).translate(_APOSTROPHES)
    lowered = unicodedata.normalize("NFKD", straight.lower())
    return re.split(r"[^\w\u0300-\u036f]+", lowered)


def _syllable_key(syllable: str) -> str:
    letters: list[str] = []
    tone = _LEVEL_TONE
    # A tone mark may stand between a letter and its horn or circumflex: NFD orders marks by class.
    for ch in syllable:
        if ch in _TONES:
            tone = _TONES[ch]
        elif ch in _LETTER_MARKS and letters:
            letters[-1] = _with_mark(letters[-1], ch)
        elif ch in _CODES:
            letters.append(ch)
    return "".join(_CODES[letter] for letter in letters) + tone if letters else ""


def _with_mark(letter: str, mark: str) -> str:
    composed = unicodedata.normalize("NFC", letter + mark)
    return composed if composed in _CODES else letter
