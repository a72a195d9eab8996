"""Numbers in Vietnamese words, as totals are written in minutes: "05 (năm)"."""

_DIGITS = ("không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín")
_SCALES = ("", "nghìn", "triệu")

HIGHEST = 999_999_999


def _tens(tens: int, unit: int) -> list[str]:
    """Two digits below a hundred, the first not 0: mốt after mươi, lăm after mười and mươi."""
    words = ["mười"] if tens == 1 else [_DIGITS[tens], "mươi"]
    if unit == 1 and tens > 1:
        words.append("mốt")
    elif unit == 5:
        words.append("lăm")
    elif unit:
        words.append(_DIGITS[unit])
    return words


def _three(number: int, *, leads: bool) -> list[str]:
    """Three digits; inside a longer number the hundreds are always spoken ("không trăm")."""
    hundreds, rest = divmod(number, 100)
    words = [] if leads and not hundreds else [_DIGITS[hundreds], "trăm"]
    tens, unit = divmod(rest, 10)
    if tens:
        words += _tens(tens, unit)
    elif unit:
        words += ["linh", _DIGITS[unit]] if words else [_DIGITS[unit]]
    return words


def in_words(number: int) -> str:
    """The number in lower-case words, 0 to 999,999,999: 21 "hai mươi mốt", 105 "một trăm linh năm".

    Raises ValueError outside that range.
    """
    if not 0 <= number <= HIGHEST:
        raise ValueError(f"only 0 to {HIGHEST} are written in words, not {number}")
    if number == 0:
        return _DIGITS[0]
    words: list[str] = []
    for power in (2, 1, 0):
        part = number // 1000**power % 1000
        if part:
            words += _three(part, leads=not words)
            words += [_SCALES[power]] if power else []
    return " ".join(words)


def counted(number: int) -> str:
    """Figures and words: "05 (năm)"; under ten with a leading 0, as decree 30 writes numbers."""
    return f"{number:02} ({in_words(number)})"
