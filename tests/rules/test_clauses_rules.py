"""Every clause of the five regulations has its row, and every row names what really exists."""

import ast
import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from labels import label
from regulations.clause_map import charts, passages
from rules.clauses import Chart, Clause, ClauseKind, Part, Place, chart_of, differences, passages_of
from rules.law_parsing import LawError

ROOT = Path(__file__).resolve().parents[2]
REGULATIONS = (
    "bac_ninh_60_2025",
    "dong_nai_draft_2026",
    "tay_ninh_draft_2025",
    "thua_thien_hue_2289_2024",
    "tuyen_quang_06_2026",
)
OPEN_ISSUES: frozenset[int] = frozenset()
#: Planning, reporting, training, inspection, focal points, support, security level and the share of
#: signed documents are the business of software: these articles have no row outside.
NEVER_OUTSIDE = {
    "bac_ninh_60_2025": range(16, 22),
    "dong_nai_draft_2026": range(14, 18),
    "tay_ninh_draft_2025": range(5, 7),
    "thua_thien_hue_2289_2024": (22, 31, 32),
    "tuyen_quang_06_2026": (8, 10, 11, 12, 13),
}
MARK = re.compile(r"(?:Điều \d+\.|\d+[.)]|[a-zđ]\)) ")
every_regulation = pytest.mark.parametrize("key", REGULATIONS)


def text_of(key: str) -> str:
    return (ROOT / "regulations" / "texts" / f"{key}.txt").read_text(encoding="utf-8")


def place(*steps: str) -> Place:
    return Place(Part.ANNEX, *steps)


# The five texts ---------------------------------------------------------------------------------


def test_the_map_is_of_the_five_regulations() -> None:
    assert tuple(charts()) == REGULATIONS


@every_regulation
def test_every_clause_of_the_text_is_in_the_map_and_nothing_else(key: str) -> None:
    assert differences(passages_of(text_of(key)), charts()[key]) == ()


@every_regulation
def test_no_line_that_begins_with_a_mark_is_overlooked(key: str) -> None:
    # Counted without the parser, so that it cannot forget a clause in silence.
    marked = [line for line in text_of(key).splitlines() if MARK.match(line)]
    assert len(passages(key)) == len(marked)


@every_regulation
def test_the_text_is_plain_and_whole(key: str) -> None:
    text = text_of(key)
    assert unicodedata.is_normalized("NFC", text)
    assert not re.search(r"\[bookmark|\*\*|mailto:|\f|\t|^[-_]+$", text, re.MULTILINE)
    for part in Part:
        articles = [
            int(one.article)
            for one in passages(key)
            if one.part is part and not one.clause and not one.point
        ]
        assert articles == list(range(1, len(articles) + 1))
    last = list(passages(key).values())[-1]
    assert text.rstrip().endswith(last.words[-1])


@cache
def written_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    )


@every_regulation
def test_every_named_test_exists(key: str) -> None:
    for clause in charts()[key].clauses:
        for named in clause.tests:
            path, _, name = named.partition("::")
            assert name in written_in(path), named


@every_regulation
def test_what_is_not_served_is_in_an_open_issue_or_has_a_reason(key: str) -> None:
    for clause in charts()[key].clauses:
        if clause.kind is ClauseKind.OPEN:
            assert clause.issue in OPEN_ISSUES, clause.place.name
        if clause.kind is ClauseKind.OUTSIDE:
            assert len(clause.reason.split()) >= 8, clause.place.name


@every_regulation
def test_duties_that_software_can_carry_are_not_called_outside(key: str) -> None:
    outside = {
        int(one.place.article)
        for one in charts()[key].clauses
        if one.kind is ClauseKind.OUTSIDE and one.place.part is Part.ANNEX
    }
    assert outside.isdisjoint(NEVER_OUTSIDE[key])


@every_regulation
def test_what_is_asked_is_a_short_vietnamese_sentence(key: str) -> None:
    for one in charts()[key].clauses:
        if one.kind is not ClauseKind.PARTS:
            assert 6 <= len(one.asks) <= 140, one.place.name
            assert one.asks[0].isupper(), one.place.name
            assert one.asks.endswith("."), one.place.name
        for words in (one.asks, one.reason, *one.of_whom):
            assert unicodedata.is_normalized("NFC", words)


def test_the_counts_in_the_documentation_are_those_of_the_map() -> None:
    written = (ROOT / "docs" / "clause-map.md").read_text(encoding="utf-8")
    totals = dict.fromkeys(ClauseKind, 0)
    for chart in charts().values():
        counts = chart.counts()
        totals = {kind: totals[kind] + counts[kind] for kind in ClauseKind}
        assert row_of(chart.key, counts) in written
    assert row_of("**all**", totals) in written
    for issue in sorted(OPEN_ISSUES):
        waiting = [one for chart in charts().values() for one in chart.clauses]
        number = sum(one.issue == issue for one in waiting)
        partly = sum(one.issue == issue and bool(one.pages) for one in waiting)
        assert f"| {issue} | {number} | {partly} |" in written


def row_of(name: str, counts: Mapping[ClauseKind, int]) -> str:
    numbers = [*(counts[kind] for kind in ClauseKind), sum(counts.values())]
    return f"| {name} | {' | '.join(map(str, numbers))} |"


# Taking a text apart ------------------------------------------------------------------------------

SMALL = """QUYẾT ĐỊNH
Căn cứ Luật số 20/2023/QH15;
Điều 1. Ban hành kèm theo Quyết định này Quy chế.
Điều 2. Quyết định này có hiệu lực từ ngày ký./.
Nơi nhận:
1. Không phải là khoản.
QUY CHẾ
Chương I
QUY ĐỊNH CHUNG
Điều 1. Phạm vi
Quy chế này quy định
1. Khoản thứ nhất
5. Không phải khoản thứ hai.
2) Khoản thứ hai, gồm:
a) điểm một;
đ) điểm khác.
Khuyến khích áp dụng.
Điều 2. Liên hệ:
a) Cục;
Chương II
THI HÀNH
Điều 3. Thi hành./.
"""


def test_a_text_is_taken_apart_into_articles_clauses_and_points() -> None:
    found = {one.place: one for one in passages_of(SMALL)}
    assert [one.anchor for one in found] == [
        "quyet-dinh-dieu-1",
        "quyet-dinh-dieu-2",
        "dieu-1",
        "dieu-1-khoan-1",
        "dieu-1-khoan-2",
        "dieu-1-khoan-2-diem-a",
        "dieu-1-khoan-2-diem-dd",
        "dieu-2",
        "dieu-2-diem-a",
        "dieu-3",
    ]
    assert found[place("1")].words == ("Phạm vi", "Quy chế này quy định")
    assert found[place("1", "1")].words == ("Khoản thứ nhất", "5. Không phải khoản thứ hai.")
    assert found[place("1", "2")].closing == ("Khuyến khích áp dụng.",)
    assert found[place("1")].chapter == "Chương I. QUY ĐỊNH CHUNG"
    assert found[place("3")].chapter == "Chương II. THI HÀNH"
    assert found[place("1", "1")].opening == "Khoản thứ nhất 5. Không phải khoản thứ hai."


def test_a_place_is_named_as_it_is_cited() -> None:
    assert place("10", "2", "đ").name == "điểm đ khoản 2 Điều 10"
    assert place("3", "", "a").name == "điểm a Điều 3"
    assert Place(Part.DECISION, "2", "1").name == "khoản 1 Điều 2 Quyết định"
    assert place("3", "", "a").above == place("3")
    assert place("10", "2", "a").above == place("10", "2")
    assert place("10").above is None


def test_the_points_d_and_d_with_stroke_have_anchors_of_their_own() -> None:
    assert place("1", "2", "d").anchor != place("1", "2", "đ").anchor


# Reading a map ----------------------------------------------------------------------------------

SERVED = {
    "article": "1",
    "opening": "Phạm vi",
    "kind": "served",
    "asks": "Nêu phạm vi.",
    "of_whom": ["thuê bao"],
    "pages": ["home.show"],
    "tests": ["tests/x.py::test_y"],
}


def charted(*rows: Mapping[str, Any]) -> Chart:
    return chart_of("xu_lua", {"clause": list(rows)})


def test_a_row_is_read_with_all_it_says() -> None:
    assert charted(SERVED).clauses == (
        Clause(
            place=place("1"),
            opening="Phạm vi",
            kind=ClauseKind.SERVED,
            asks="Nêu phạm vi.",
            of_whom=("thuê bao",),
            pages=("home.show",),
            tests=("tests/x.py::test_y",),
        ),
    )
    assert charted(SERVED).counts()[ClauseKind.SERVED] == 1
    assert label(ClauseKind.SERVED) == "Đã có trang"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"page": "home.show"}, "khóa không biết: page"),
        ({"asks": 3}, "giá trị phải là chữ"),
        ({"opening": ""}, "thiếu số điều hoặc những chữ mở đầu"),
        ({"kind": "perhaps"}, "part hoặc kind không đúng"),
        ({"part": "preface"}, "part hoặc kind không đúng"),
        ({"pages": "home.show"}, "pages phải là danh sách chữ"),
        ({"of_whom": [""]}, "of_whom phải là danh sách chữ"),
        ({"issue": True}, "issue phải là số"),
        ({"asks": ""}, "thiếu asks"),
        ({"issue": 4}, "thừa issue"),
        ({"kind": "open", "issue": 4, "tests": []}, "trang và bài kiểm đi cùng nhau"),
        ({"kind": "outside", "reason": "Không."}, "thừa pages, tests"),
        ({"kind": "parts"}, "thừa pages, tests"),
    ],
)
def test_a_wrong_row_is_told_what_is_wrong(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(LawError, match=reason) as told:
        charted({**SERVED, **change})
    assert told.value.file == "clauses/xu_lua.toml"


def test_a_place_has_one_row() -> None:
    with pytest.raises(LawError, match="có hai dòng"):
        charted(SERVED, SERVED)


@pytest.mark.parametrize("data", [{}, {"clause": [], "regulation": {}}])
def test_a_file_of_the_map_has_rows_and_nothing_else(data: dict[str, Any]) -> None:
    with pytest.raises(LawError, match="chỉ gồm các dòng"):
        chart_of("xu_lua", data)


# Text and map together ----------------------------------------------------------------------------

TEXT = "QUY CHẾ\nĐiều 1. Phạm vi\n1. Một.\n2. Hai./.\n"
PARTS = {"article": "1", "opening": "Phạm vi", "kind": "parts"}
ONE = {**SERVED, "clause": "1", "opening": "Một."}
TWO = {**SERVED, "clause": "2", "opening": "Hai./."}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((PARTS, ONE, TWO), ()),
        ((PARTS, ONE), ("khoản 2 Điều 1: chưa có trong bản đồ",)),
        (
            (PARTS, ONE, TWO, {**TWO, "clause": "3"}),
            ("khoản 3 Điều 1: không có trong văn bản",),
        ),
        ((PARTS, TWO, ONE), ("thứ tự các dòng khác với văn bản",)),
        ((PARTS, {**ONE, "opening": "Mốt."}, TWO), ("khoản 1 Điều 1: mở đầu bằng “Một.”",)),
        (
            (SERVED, ONE, TWO),
            ("Điều 1: chỉ điều, khoản có phần nhỏ hơn mới ghi “parts”",),
        ),
    ],
)
def test_text_and_map_are_compared_place_by_place(
    rows: tuple[dict[str, Any], ...], said: tuple[str, ...]
) -> None:
    assert differences(passages_of(TEXT), charted(*rows)) == said
