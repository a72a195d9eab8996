"""Folding, sorting and serials keep their promises for any text."""

import re
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from rules.names import clean_name, fold, nfc, sort_key, text_key
from rules.serials import display_serial, normalise_serial, serial_candidates, serial_of

VIETNAMESE = (
    "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệfghiìỉĩíịjklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvwxyỳỷỹýỵz"
)
syllables = st.text(VIETNAMESE, min_size=1, max_size=7)
names = st.lists(syllables, min_size=1, max_size=5).map(" ".join)


@given(st.text())
def test_folding_twice_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(names)
def test_a_name_meets_itself_however_it_was_typed(name: str) -> None:
    for typed in (
        unicodedata.normalize("NFD", name),
        name.upper(),
        f"  {name.replace(' ', '  ')} ",
    ):
        assert fold(typed) == fold(name)
        assert sort_key(typed) == sort_key(name)
    assert nfc(unicodedata.normalize("NFD", name)) == nfc(name)


@given(st.text())
def test_a_cleaned_name_stays_clean(text: str) -> None:
    assert clean_name(clean_name(text)) == clean_name(text)


@given(st.text())
def test_a_sort_key_is_plain_ascii_in_whatever_database(text: str) -> None:
    assert re.fullmatch("[a-z0-9]*", sort_key(text))
    assert re.fullmatch("[a-z0-9]*", text_key(text))


ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
TONES = ["", "\u0300", "\u0309", "\u0303", "\u0301", "\u0323"]


def dictionary_order(name: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """The order of inventory 6.6 said in another way: tuples of letter ranks and tone."""

    def rank(syllable: str) -> tuple[tuple[int, ...], int]:
        decomposed = unicodedata.normalize("NFD", syllable)
        tone = next((t for t in TONES[1:] if t in decomposed), "")
        letters = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in TONES[1:]))
        return tuple(ALPHABET.index(letter) for letter in letters), TONES.index(tone)

    ranks = [rank(one) for one in name.split()]
    return (ranks[-1], *ranks[:-1])


one_tone = syllables.filter(
    lambda one: sum(c in TONES[1:] for c in unicodedata.normalize("NFD", one)) <= 1
)
real_names = st.lists(one_tone, min_size=1, max_size=4).map(" ".join)


@given(real_names, real_names)
def test_the_key_sorts_as_the_dictionary_does(first: str, second: str) -> None:
    assert (sort_key(first) < sort_key(second)) == (
        dictionary_order(first) < dictionary_order(second)
    )


serial_numbers = st.integers(0, 2**160)


@given(serial_numbers)
def test_a_serial_is_found_in_every_usual_notation(number: int) -> None:
    stored = serial_of(number)
    pairs = re.findall("..", display_serial(stored))
    for typed in (":".join(pairs), " ".join(pairs).lower(), "-".join(pairs), "0x" + stored.lower()):
        assert normalise_serial(typed) == stored
        assert stored in serial_candidates(typed)
    assert normalise_serial("00" + stored) == stored
    assert stored in serial_candidates(str(number))


@given(st.text())
def test_normalising_a_serial_twice_changes_nothing(text: str) -> None:
    assert normalise_serial(normalise_serial(text)) == normalise_serial(text)
