"""Where pages break."""

import pytest

from letters import fonts
from letters.errors import TooLarge
from letters.flow import Piece, Setting, kept_with, paginate, paragraph
from letters.table import Column, Table

PAGE = {"first_top": 100.0, "top": 100.0, "bottom": 0.0, "first_bottom": 0.0}


def lines(count: int, height: float = 10.0) -> list[Piece]:
    return [Piece(height=height, lines=1) for _ in range(count)]


def sizes(pages) -> list[int]:
    return [len(page) for page in pages]


def long_paragraph(count: int) -> list[Piece]:
    how = Setting(fonts.load().regular, 10 / 1.15, 100.0, space_before=0.0)
    pieces = paragraph(" ".join(["chữ"] * 400), how)
    assert len(pieces) > count
    return paragraph(" ".join(["chữ"] * (400 * count // len(pieces))), how)


def test_pieces_fill_pages_from_the_top():
    pages, end = paginate(lines(25), **PAGE)
    assert sizes(pages) == [10, 10, 5]
    assert [at.top for at in pages[2]] == [100.0, 90.0, 80.0, 70.0, 60.0]
    assert end == 50.0


def test_the_space_before_a_piece_is_dropped_at_the_top_of_a_page():
    pieces = [Piece(height=40.0, space_before=30.0) for _ in range(3)]
    pages, _ = paginate(pieces, **PAGE)
    assert [[at.top for at in page] for page in pages] == [[100.0], [100.0], [100.0]]


def test_a_paragraph_leaves_no_single_line_behind_and_takes_none_along():
    for before in range(1, 10):
        text = long_paragraph(6)
        pages, _ = paginate([*lines(before), *text], **PAGE)
        own = [sum(at.piece in text for at in page) for page in pages]
        assert 1 not in own, before
        assert sum(own) == len(text)


def test_a_title_goes_to_the_next_page_with_what_follows():
    titled = kept_with(lines(1), lines(2))
    pages, _ = paginate([*lines(9), *titled], **PAGE)
    assert sizes(pages) == [9, 3]


@pytest.mark.parametrize("count", range(1, 31))
def test_the_signature_always_has_two_lines_of_text_above_it(count):
    pages, end = paginate(lines(max(count, 2)), **PAGE, tail=55.0)
    assert len(pages[-1]) >= 2
    assert end >= 55.0
    assert sum(sizes(pages)) == max(count, 2)


def test_a_signature_that_fits_stays_on_the_page():
    pages, end = paginate(lines(4), **PAGE, tail=60.0)
    assert sizes(pages) == [4]
    assert end == 60.0


def test_what_is_higher_than_a_page_is_refused_in_vietnamese():
    with pytest.raises(TooLarge, match="cao hơn một trang"):
        paginate([Piece(height=101.0)], **PAGE)
    with pytest.raises(TooLarge, match="chữ ký"):
        paginate(lines(3), **PAGE, tail=90.0)


def test_a_table_repeats_its_head_on_every_page():
    table = Table((Column("STT", 40), Column("Tên", 100)), fonts.load(), 11.0)
    pieces = table.pieces((str(number), "Người Thử") for number in range(30))
    pages, _ = paginate(pieces, **PAGE)
    assert len(pages) > 2
    assert all(page[0].piece is table.head for page in pages)
    assert all(page[1].piece is not table.head for page in pages)
    assert all(at.top - at.piece.height >= -0.01 for page in pages for at in page)


def test_a_row_longer_than_a_page_goes_on_and_loses_nothing():
    table = Table((Column("STT", 40), Column("Tên", 60)), fonts.load(), 11.0)
    name = " ".join(f"chữ{number}" for number in range(300))
    pieces = table.pieces([("1", name)])
    pages, _ = paginate(pieces, 700.0, 700.0, 0.0, 0.0)
    drawn = [
        line
        for page in pages
        for at in page
        if at.piece is not table.head
        for line in at.piece.cells[1]
    ]
    assert len(pages) > 1
    assert " ".join(drawn) == name
