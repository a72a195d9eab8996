"""The faster reader of hexadecimal strings reads what pyHanko's own reads."""

from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfStreamError

from signing.pades import increment
from signing.pades.hexstrings import original, read_hex_string
from signing.pades.verify import verify
from signing.trust.store import TrustStore
from tests.signing.files import signed_by_leader
from tests.signing.pki import NOW


@given(
    digits=st.text("0123456789abcdefABCDEF \n\r\t\0", max_size=60),
    repeat=st.sampled_from((1, 200)),
    behind=st.binary(max_size=8),
)
def test_the_same_bytes_give_the_same_object_and_the_same_place(digits, repeat, behind):
    data = b"<" + digits.encode() * repeat + b">" + behind
    ours, theirs = BytesIO(data), BytesIO(data)
    first, second = read_hex_string(ours), original(theirs)
    assert type(first) is type(second)
    assert first == second
    assert ours.tell() == theirs.tell()


def test_what_is_no_digit_is_refused():
    with pytest.raises(PdfStreamError):
        read_hex_string(BytesIO(b"<12zz>"))


def test_a_file_that_ends_inside_a_string_ends_the_reading():
    with pytest.raises(PdfStreamError):
        read_hex_string(BytesIO(b"<1234"))
    signed = signed_by_leader()
    cut = signed[: signed.rindex(b"/Contents <") + 4000]
    assert verify(cut, trust=TrustStore(), at=NOW).reasons


def test_pyhanko_uses_it_in_this_process():
    assert increment.hexstrings.read_hex_string is generic.read_hex_string_from_stream
