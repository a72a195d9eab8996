"""Arrays of numbers read at once are those that pyHanko reads one by one."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError

from signing.pades import arrays

INNER = st.lists(st.integers(0, 9999), max_size=40)
NUMBERS = st.lists(st.integers(0, 10**12) | INNER, max_size=60)
BLANKS = st.sampled_from([" ", "\n", "\r\n", "  \t"])


def _text(values: list, blank: str) -> str:
    inside = (_text(v, blank) if isinstance(v, list) else str(v) for v in values)
    return "[" + blank + blank.join(inside) + "]"


def _read(reader, data: bytes):
    stream = BytesIO(data)
    try:
        return reader(stream, None), stream.tell()
    except (PdfError, ValueError, AttributeError, ArithmeticError) as error:
        return type(error), None


@given(values=NUMBERS, blank=BLANKS, tail=st.binary(max_size=9))
def test_the_same_numbers_and_the_same_place_afterwards(values, blank, tail):
    data = _text(values, blank).encode() + tail
    ours, theirs = _read(arrays.read_array, data), _read(arrays.original, data)
    assert ours == theirs
    assert ours[0] == values


@given(body=st.text(alphabet="[]0123456789 .-\n", max_size=200))
def test_whatever_is_no_plain_array_ends_as_in_pyhanko(body):
    data = b"[" + body.encode() + b"]"
    assert _read(arrays.read_array, data) == _read(arrays.original, data)


@pytest.mark.parametrize("data", [b"[1 0 R]", b"[1 0  R 2]", b"[1.5]", b"[[1 [2]]]", b"[1 /A]"])
def test_references_and_all_else_are_left_to_pyhanko(data):
    class Handler:
        strict = False

        def get_pdf_handler(self):
            return self

    stream = BytesIO(data)
    found = arrays.read_array(stream, Handler())
    assert isinstance(found, generic.ArrayObject)
    assert stream.tell() == len(data)
    if b"R" in data:
        assert isinstance(found.raw_get(0), generic.IndirectObject)
