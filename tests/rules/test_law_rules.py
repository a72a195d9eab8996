"""The law as data: what the files say, and what a wrong file is told."""

import re
from datetime import date
from pathlib import Path

import pytest

import regulations
from rules import days
from rules.findings import Finding, Severity, blocking, finding
from rules.law import Law, LawError
from rules.provisions import Certainty, Provision
from rules.regulation_status import holds, standing

ON = date(2026, 11, 21)
HEAD = """
[instrument]
citation = "Nghị định số 1"
title = "Nghị định thử nghiệm"
number = "1/2026/NĐ-CP"
issuer = "Chính phủ"
issued_on = 2026-01-01
effective_from = 2026-02-01
status = "in_force"
certainty = "CONFIRMED"
"""
VALUE = """
[[parameter]]
key = "renewal.max_times"
value = 1
article = "12"
certainty = "CONFIRMED"
"""
REGULATION = HEAD.replace('status = "in_force"', 'status = "in_force"\nover = "decree"').replace(
    "Nghị định số 1", "Quyết định số 2"
)
SUCCESSOR = """
[[successor]]
was = "Sở Cũ"
now = "Sở Mới"
certainty = "INFERRED"
"""
DRAFT = REGULATION.replace("in_force", "draft").replace('number = "1/2026/NĐ-CP"\n', "")


def parse(text: str, **others: str) -> Law:
    return Law.parse(
        {"decree.toml": text, **{f"{name}.toml": body for name, body in others.items()}}
    )


@pytest.mark.parametrize(
    ("key", "value", "basis", "certainty"),
    [
        ("issuance.max_years", 5, "Điều 9", Certainty.CONFIRMED),
        ("renewal.max_years", 3, "Điều 9", Certainty.CONFIRMED),
        ("renewal.max_times", 1, "Điều 12", Certainty.CONFIRMED_VIA),
        ("renewal.min_days_left", 30, "Điều 12", Certainty.CONFIRMED_VIA),
        ("amendment.min_days_left", 30, "Điều 14", Certainty.CONFIRMED_VIA),
        ("issuance.processing_working_days", 3, "khoản 2 Điều 11", Certainty.CONFIRMED),
        ("recall.device_working_days", 5, "Điều 20", Certainty.CONFIRMED_VIA),
    ],
)
def test_the_numbers_of_the_decree_have_their_articles(
    key: str, value: int, basis: str, certainty: Certainty
) -> None:
    parameter = regulations.load().parameter(key, on=ON)

    assert parameter.number == value
    assert parameter.provision.citation == f"{basis} Nghị định số 68/2024/NĐ-CP"
    assert parameter.provision.certainty is certainty


@pytest.mark.parametrize("act", ["renewal", "amendment", "revocation"])
def test_a_period_of_the_predecessor_never_stands_under_an_article_of_the_decree(act: str) -> None:
    parameter = regulations.load().parameter(f"{act}.processing_working_days", on=ON)

    assert (parameter.number, parameter.unit) == (3, "ngày làm việc")
    assert parameter.provision.certainty is Certainty.PREDECESSOR
    assert parameter.provision.citation == "Thủ tục theo Nghị định số 130/2018/NĐ-CP"
    assert "Chưa tìm được thời hạn" in parameter.note


def test_the_days_that_every_state_is_derived_from_are_those_of_the_decree() -> None:
    least = regulations.load().parameter("renewal.min_days_left", on=ON)

    assert days.MIN_DAYS_LEFT == least.number


@pytest.mark.parametrize(("on", "least"), [(date(2024, 8, 14), 60), (date(2024, 8, 15), 30)])
def test_an_old_file_is_judged_by_the_law_of_its_day(on: date, least: int) -> None:
    assert regulations.load().parameter("renewal.min_days_left", on=on).number == least


def test_what_is_not_confirmed_is_listed_for_whoever_checks_the_law() -> None:
    law = regulations.load()
    listed = {entry.key for _, entry in law.inferred()}

    assert {"form.04.fields", "renewal.processing_working_days", "signing.q"} <= listed
    assert "renewal.max_times" not in listed
    told = law.problems()
    assert (
        "decree_68_2024.toml, khóa unlock.processing_working_days: chưa tìm được quy định." in told
    )
    assert (
        "dong_nai_draft_2026.toml: còn là dự thảo; nhập số, ngày khi văn bản được ban hành." in told
    )
    assert "thua_thien_hue_2289_2024.toml: ngày có hiệu lực chưa đối chiếu." in told
    assert (
        "thua_thien_hue_2289_2024.toml: Sở Thông tin và Truyền thông nay là Sở Khoa học và Công "
        "nghệ thành phố Huế (chưa đối chiếu)." in told
    )


def test_every_file_of_the_house_is_read_and_its_quotes_are_vietnamese_text() -> None:
    files = {path.name for path in Path(regulations.__path__[0]).glob("*.toml")}
    law = regulations.load()

    assert {one.file for one in law.instruments} == files
    assert law is regulations.load()
    for one in law.instruments:
        assert all(not re.search(r"\s\s|^\s|\s$", entry.provision.quote) for entry in one.entries)


def test_a_value_that_was_not_found_is_no_number() -> None:
    parameter = regulations.load().parameter("unlock.processing_working_days", on=ON)

    assert parameter.value is None
    with pytest.raises(LawError, match="không phải là số nguyên"):
        _ = parameter.number


def test_asking_for_what_the_law_does_not_have_names_key_and_day() -> None:
    with pytest.raises(LawError, match=r"“no.such”: không có giá trị cho ngày 21/11/2026"):
        regulations.load().parameter("no.such", on=ON)
    with pytest.raises(LawError, match=r"“no.such”: không có điều khoản"):
        regulations.load().provision("no.such", on=ON)


def test_a_regulation_over_the_decree_goes_first_where_it_speaks() -> None:
    law = parse(
        HEAD + VALUE + VALUE.replace("renewal", "amendment"),
        province=REGULATION + VALUE.replace("value = 1", "value = 2"),
    )
    local = law.under("province")

    assert law.parameter("renewal.max_times", on=ON).number == 1
    assert local.parameter("renewal.max_times", on=ON).number == 2
    assert local.provision("renewal.max_times", on=ON).citation == "Điều 12 Quyết định số 2"
    assert local.parameter("amendment.max_times", on=ON).number == 1
    with pytest.raises(LawError, match="không có giá trị"):
        local.parameter("no.such", on=ON)


def test_a_draft_decides_nothing_except_when_acting_as_if_in_force() -> None:
    law = parse(HEAD + VALUE, province=DRAFT + VALUE.replace("value = 1", "value = 2"))
    rehearsed = law.under("province", as_if_in_force=True)

    assert law.under("province").parameter("renewal.max_times", on=ON).number == 1
    assert rehearsed.parameter("renewal.max_times", on=ON).number == 2
    assert rehearsed.parameter("renewal.max_times", on=date(2020, 1, 1)).number == 2
    assert "Quyết định số 2 (dự thảo)" in rehearsed.provision("renewal.max_times", on=ON).citation
    assert law.problems() == (
        "province.toml: còn là dự thảo; nhập số, ngày khi văn bản được ban hành.",
    )


@pytest.mark.parametrize("name", ["nowhere", "decree"])
def test_only_a_regulation_can_lie_over_the_decree(name: str) -> None:
    with pytest.raises(LawError, match="không có quy chế này"):
        parse(HEAD + VALUE).under(name)


def test_a_gap_between_two_periods_is_a_problem_for_a_person() -> None:
    first = VALUE + "effective_until = 2026-06-01\n"
    gap = parse(HEAD + first + VALUE + "effective_from = 2026-07-01\n")
    seamless = parse(HEAD + first + VALUE + "effective_from = 2026-06-01\n")

    assert gap.problems() == (
        "decree.toml, khóa renewal.max_times: có khoảng thời gian không có giá trị.",
    )
    assert seamless.problems() == ()
    assert seamless.parameter("renewal.max_times", on=date(2026, 6, 1)).number == 1


def test_an_instrument_that_has_ended_says_nothing_any_more() -> None:
    law = parse(HEAD + "effective_until = 2026-10-01\n" + VALUE)

    assert law.parameter("renewal.max_times", on=date(2026, 9, 30)).number == 1
    with pytest.raises(LawError):
        law.parameter("renewal.max_times", on=date(2026, 10, 1))


def without(text: str, line: str) -> str:
    return "".join(one for one in text.splitlines(keepends=True) if not one.startswith(line))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[instrument", "decree.toml, khóa “-”: không đọc được tệp TOML"),
        (VALUE, "khóa “instrument”: thiếu mục bắt buộc"),
        ("extra = 1\n" + HEAD, "khóa “extra”: không phải là mục được biết"),
        (HEAD + "colour = 1", "khóa “instrument.colour”: không phải là mục được biết"),
        (HEAD.replace("in_force", "maybe"), "khóa “instrument.status”: phải là “in_force” hoặc"),
        (without(HEAD, "number"), "khóa “instrument.number”: văn bản có hiệu lực phải có mục này"),
        (without(HEAD, "issued_on"), "khóa “instrument.issued_on”"),
        (without(HEAD, "effective_from"), "khóa “instrument.effective_from”"),
        (without(HEAD, "citation"), "khóa “instrument.citation”: thiếu mục bắt buộc"),
        (HEAD.replace('"Chính phủ"', "5"), "khóa “instrument.issuer”: sai kiểu dữ liệu"),
        (HEAD.replace("2026-01-01", '"1/1/2026"'), "khóa “instrument.issued_on”: phải là ngày"),
        (HEAD.replace("2026-02-01", "2026-02-01T00:00:00Z"), "instrument.effective_from”: phải là"),
        (HEAD + 'over = "elsewhere"', "instrument.over”: không có văn bản “elsewhere”"),
        ("parameter = 5\n" + HEAD, "khóa “parameter”: sai kiểu dữ liệu"),
        ("parameter = [5]\n" + HEAD, "khóa “parameter thứ 1”: phải là một bảng"),
        (HEAD + without(VALUE, "key"), "khóa “parameter thứ 1.key”: thiếu mục bắt buộc"),
        (HEAD + VALUE + "size = 1", "khóa “renewal.max_times.size”: không phải là mục được biết"),
        (HEAD + without(VALUE, "value"), "khóa “renewal.max_times.value”: thiếu giá trị"),
        (HEAD + VALUE.replace("= 1\n", "= 1.5\n"), "renewal.max_times.value”: phải là số nguyên"),
        (HEAD + VALUE.replace("= 1\n", '= " "\n'), "max_times.value”: chữ không được để trống"),
        (HEAD + VALUE.replace("= 1\n", "= []\n"), "max_times.value”: danh sách không được trống"),
        (HEAD + VALUE.replace("= 1\n", "= [1]\n"), "max_times.value”: danh sách chỉ gồm chữ"),
        (HEAD + VALUE.replace("= 1\n", "= [' ']\n"), "max_times.value”: danh sách chỉ gồm chữ"),
        (HEAD + VALUE.replace("= 1\n", "= ['a', 'a']\n"), "value”: danh sách có mục lặp lại"),
        (HEAD + VALUE.replace("= 1\n", "= 'portal'\n"), "words”: giá trị là mã của phần mềm"),
        (HEAD + VALUE.replace("= 1\n", "= ['Sở', 'portal']\n"), "words”: giá trị là mã của phần"),
        (HEAD + 'effective_certainty = "SURE"', "effective_certainty”: không có dấu “SURE”"),
        (HEAD + 'replaces = "QĐ 1"', "instrument.replaces”: sai kiểu dữ liệu"),
        ("successor = [5]\n" + HEAD, "khóa “successor thứ 1”: phải là một bảng"),
        (HEAD + without(SUCCESSOR, "now"), "successor thứ 1.now”: thiếu tên hiện nay"),
        (HEAD + without(SUCCESSOR, "was"), "successor thứ 1.was”: thiếu mục bắt buộc"),
        (HEAD + SUCCESSOR + "size = 1", "successor thứ 1.size”: không phải là mục được biết"),
        (HEAD + without(VALUE, "article"), "khóa “renewal.max_times.article”: thiếu căn cứ"),
        (HEAD + VALUE.replace("CONFIRMED", "SURE"), "max_times.certainty”: không có dấu “SURE”"),
        (HEAD + without(VALUE, "certainty"), "max_times.certainty”: thiếu mục bắt buộc"),
        (HEAD + VALUE + "effective_until = 2026-02-01", "effective_until”: phải sau ngày bắt đầu"),
        (HEAD + VALUE + VALUE, "khóa “renewal.max_times”: hai giá trị có thời gian hiệu lực chồng"),
    ],
)
def test_a_wrong_file_is_told_what_is_wrong_with_which_key(text: str, message: str) -> None:
    with pytest.raises(LawError) as refusal:
        parse(text)
    assert str(refusal.value).startswith("decree.toml, khóa “")
    assert message in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_two_base_instruments_may_not_both_give_a_value() -> None:
    with pytest.raises(LawError, match="chồng nhau"):
        parse(HEAD + VALUE, other=HEAD + VALUE)


def provision(**changes: str) -> Provision:
    parts = {"article": "17", "clause": "1", "point": "b", "form": "", **changes}
    certainty = Certainty(parts.pop("certainty", "CONFIRMED"))
    form = parts.pop("form")
    return Provision("NĐ", quote="", certainty=certainty, form=form, **parts)


def test_the_decree_rests_on_no_regulation_of_a_province() -> None:
    """What one province has issued is law nowhere else, so nothing is cited to it from above."""
    law = regulations.load()
    local = [one.citation for one in law.instruments if one.over is not None]
    for one in law.instruments:
        for entry in one.entries if one.over is None else ():
            assert not any(name in entry.provision.instrument for name in local), entry.key


def test_what_has_no_place_in_an_instrument_refuses_nobody() -> None:
    contact = (
        regulations.load().parameter("recipient.authority.code", on=date(2026, 11, 21)).provision
    )
    assert contact.certainty.may_refuse
    assert not contact.may_refuse


def test_a_citation_goes_from_point_to_instrument() -> None:
    assert provision().citation == "điểm b khoản 1 Điều 17 NĐ"
    assert provision(point="").citation == "khoản 1 Điều 17 NĐ"
    annex = provision(article="", clause="", point="", form="04")
    assert annex.citation == "Mẫu số 04 Phụ lục NĐ"


@pytest.mark.parametrize("certainty", list(Certainty))
def test_a_finding_is_never_heavier_than_its_ground_is_certain(certainty: Certainty) -> None:
    ground = provision(certainty=certainty.value)
    found = finding("a.b", Severity.MUST, "Câu.", "Việc.", ground)

    confirmed = certainty in (Certainty.CONFIRMED, Certainty.CONFIRMED_VIA)
    assert (found.severity is Severity.MUST) is confirmed
    assert blocking([found]) == ((found,) if confirmed else ())
    if not confirmed:
        with pytest.raises(ValueError, match=r"a\.b"):
            Finding("a.b", Severity.MUST, "Câu.", "Việc.", ground)


def test_values_of_a_draft_keep_their_own_periods_when_it_is_issued() -> None:
    draft = without(without(DRAFT, "issued_on"), "effective_from")
    later = VALUE.replace("12", "13") + "effective_from = 2028-01-01\n"
    foreign = VALUE.replace("renewal", "amendment") + 'instrument = "Luật"\n'
    law = parse(HEAD, province=draft + VALUE + "effective_until = 2028-01-01\n" + later + foreign)
    first = date(2027, 1, 1)
    issued = law.enact("province", number="5", issued_on=first, effective_from=first)
    issued = issued.under("province")

    assert issued.provision("renewal.max_times", on=date(2027, 12, 31)).article == "12"
    assert issued.provision("renewal.max_times", on=date(2028, 1, 1)).article == "13"
    assert issued.provision("renewal.max_times", on=ON.replace(2027)).instrument == (
        "Quyết định số 5"
    )
    assert issued.provision("amendment.max_times", on=first).instrument == "Luật"
    with pytest.raises(LawError, match="phải hết hiệu lực sau ngày bắt đầu hiệu lực"):
        law.enact(
            "province", number="5", issued_on=date(2028, 1, 1), effective_from=date(2028, 1, 1)
        )


def test_a_regulation_that_has_ended_stands_no_more() -> None:
    one = parse(HEAD + "effective_until = 2026-10-01\n").instrument("decree")

    assert standing(one, on=date(2026, 10, 1)) == "Hết hiệu lực từ ngày 01/10/2026."
    assert (holds(one, on=date(2026, 9, 30)), holds(one, on=date(2026, 10, 1))) == (True, False)


@pytest.mark.parametrize(
    ("value", "shown"),
    [("1\nunit = 'năm'", "1 năm"), ("false", "không"), ("['một', 'Sở']", "một; Sở")],
)
def test_a_value_is_shown_in_vietnamese(value: str, shown: str) -> None:
    law = parse(HEAD + VALUE.replace("value = 1", f"value = {value}"))
    assert law.parameter("renewal.max_times", on=ON).shown == shown


def test_one_key_means_one_thing_in_every_file() -> None:
    yes = REGULATION + VALUE.replace("value = 1", "value = true")
    with pytest.raises(
        LawError, match=r"province.toml, khóa “renewal.max_times”: kiểu hoặc đơn vị"
    ):
        parse(HEAD + VALUE, province=yes)
    unknown = without(VALUE, "value").replace("CONFIRMED", "NOT FOUND")
    parse(HEAD + unknown, province=yes)


def test_every_bad_file_is_named_at_once_and_good_files_are_compared() -> None:
    bad, good = VALUE, HEAD + VALUE

    assert [one.file for one in Law.errors({"a.toml": bad, "b.toml": good, "c.toml": bad})] == [
        "a.toml",
        "c.toml",
    ]
    assert [one.file for one in Law.errors({"a.toml": good, "b.toml": good})] == ["b.toml"]
    assert Law.errors(regulations.texts()) == ()


def test_a_succession_that_was_read_is_told_as_read() -> None:
    sure = parse(HEAD + SUCCESSOR.replace("INFERRED", "CONFIRMED")).instrument("decree")
    assert [gone.sentence for gone in sure.successors] == ["Sở Cũ nay là Sở Mới (đã đối chiếu)"]
