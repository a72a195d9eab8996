"""What the prescribed forms ask of a person: official address, papers, carrier, attachments."""

from datetime import date

import pytest

import regulations
from rules.attachments import AttachmentKind, NeededAttachment, check_attachments
from rules.emails import (
    EmailStanding,
    WrongDomain,
    check_official_email,
    email_standing,
    official_domains,
)
from rules.findings import Severity
from rules.identity_papers import IdentityPaper, check_identity_paper, citizen_id_flaw
from rules.sim_registrations import SimCarrier, SimRegistration, read_sim_registration
from rules.wording import listed, shown_name, shown_serial

ON = date(2026, 11, 21)
LAW = regulations.load()
COLUMNS = LAW.provision("form.01.fields", on=ON)
SURE = LAW.provision("issuance.condition.individual", on=ON)


@pytest.mark.parametrize(
    ("address", "standing"),
    [
        ("thu.nghiem@tuyenquang.gov.vn", EmailStanding.OFFICIAL),
        ("THU@GOV.VN ", EmailStanding.OFFICIAL),
        ("thu@truong.edu.vn", EmailStanding.UNKNOWN),
        ("thu@khonggov.vn", EmailStanding.UNKNOWN),
        ("thu@gov.vn.example.com", EmailStanding.UNKNOWN),
        ("thu@gmail.com", EmailStanding.PERSONAL),
        ("thu@yahoo.com.vn", EmailStanding.PERSONAL),
        ("thử@tuyenquang.gov.vn", EmailStanding.MALFORMED),
        ("thu tuyenquang.gov.vn", EmailStanding.MALFORMED),
        ("thu@@gov.vn", EmailStanding.MALFORMED),
        ("thu@gov", EmailStanding.MALFORMED),
        ("  ", EmailStanding.MISSING),
        (None, EmailStanding.MISSING),
    ],
)
def test_the_domain_tells_who_gave_the_address(
    address: str | None, standing: EmailStanding
) -> None:
    assert email_standing(address) is standing


def test_domains_are_taken_as_people_type_them_each_once() -> None:
    assert official_domains(" @Truong.edu.vn; truong.edu.vn,\nbenhvien.vn ") == (
        "truong.edu.vn",
        "benhvien.vn",
    )
    assert official_domains("  ") == ()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("truong", "không phải tên miền"),
        ("thư.edu.vn", "không phải tên miền"),
        ("a" * 254 + ".vn", "không phải tên miền"),
        ("truong.edu.vn gmail.com", "dịch vụ thư cá nhân"),
        (" ".join(f"a{number}.vn" for number in range(21)), "tối đa 20"),
    ],
)
def test_a_domain_that_cannot_be_official_is_refused_with_the_reason(
    typed: str, words: str
) -> None:
    with pytest.raises(WrongDomain, match=words):
        official_domains(typed)


def test_an_agency_may_name_further_official_domains() -> None:
    assert email_standing("a@mail.truong.edu.vn", official=["@Truong.edu.vn"]) is (
        EmailStanding.OFFICIAL
    )


@pytest.mark.parametrize(
    ("address", "code", "sure", "unsure"),
    [
        ("a@x.gov.vn", None, None, None),
        ("", "email.missing", Severity.MUST, Severity.SHOULD),
        ("a@", "email.malformed", Severity.MUST, Severity.SHOULD),
        ("a@gmail.com", "email.personal", Severity.MUST, Severity.SHOULD),
        ("a@x.vn", "email.unknown", Severity.SHOULD, Severity.SHOULD),
    ],
)
def test_an_address_refuses_only_where_a_certain_text_asks_for_it(
    address: str, code: str | None, sure: Severity | None, unsure: Severity | None
) -> None:
    for ground, severity in ((SURE, sure), (COLUMNS, unsure), (None, unsure)):
        found = check_official_email(address, whose="Bà Thử", ground=ground)
        assert [(one.code, one.severity) for one in found] == ([(code, severity)] if code else [])
        assert all(not address or address not in one.message for one in found)


@pytest.mark.parametrize(
    ("number", "flaw"),
    [
        ("001099000001", ""),
        ("001 099.000001", ""),
        ("", "chưa có"),
        (" ", "chưa có"),
        ("00109900000A", "không phải là chữ số"),
        ("1099000001", "có 10 chữ số, phải có 12"),
        ("01099000001", "chỉ có 11 chữ số"),
        ("012345678", "chứng minh nhân dân cũ"),
        ("0010990000012", "có 13 chữ số, phải có 12"),
    ],
)
def test_a_citizen_id_has_twelve_digits(number: str, flaw: str) -> None:
    said = citizen_id_flaw(number)

    assert flaw in said
    assert bool(flaw) == bool(said)


@pytest.mark.parametrize(
    ("paper", "codes"),
    [
        (IdentityPaper("001099000001", date(2024, 7, 1), "Bộ Công an"), []),
        (IdentityPaper("001099000001", ON, "Bộ Công an"), []),
        (
            IdentityPaper("001099000001", date(2026, 11, 22), "Bộ Công an"),
            ["identity.issued_later"],
        ),
        (IdentityPaper("001099000001", None, "Bộ Công an"), ["identity.issue"]),
        (IdentityPaper("001099000001", date(2024, 7, 1), " "), ["identity.issue"]),
        (IdentityPaper(), ["identity.number", "identity.issue"]),
    ],
)
def test_papers_only_warn_and_never_repeat_the_number(
    paper: IdentityPaper, codes: list[str]
) -> None:
    found = list(check_identity_paper(paper, whose="Bà Thử", on=ON, columns=COLUMNS))

    assert [one.code for one in found] == codes
    assert {one.severity for one in found} <= {Severity.SHOULD}
    assert "001099000001" not in repr(paper) + "".join(one.message for one in found)


@pytest.mark.parametrize(
    ("typed", "means", "column"),
    [
        ("Viettel", SimRegistration(SimCarrier.VIETTEL), "Viettel"),
        (" viettel / CS ", SimRegistration(SimCarrier.VIETTEL, keeps_number=True), "Viettel/cs"),
        ("VinaPhone", SimRegistration(SimCarrier.VINAPHONE), "Vinaphone"),
        ("MOBIFONE/cs", SimRegistration(SimCarrier.MOBIFONE, keeps_number=True), "Mobifone/cs"),
    ],
)
def test_the_sim_column_is_read_however_it_was_typed(
    typed: str, means: SimRegistration, column: str
) -> None:
    assert read_sim_registration(typed) == means
    assert means.column == column


def test_a_blank_sim_column_registers_nothing() -> None:
    assert read_sim_registration("  ") is None


@pytest.mark.parametrize("typed", ["Vietnamobile", "Viettel/xx", "Viettel/", "cs"])
def test_other_words_in_the_sim_column_are_refused(typed: str) -> None:
    with pytest.raises(ValueError, match="SIM PKI"):
        read_sim_registration(typed)


def test_one_of_several_papers_is_enough_and_a_lack_weighs_what_its_ground_allows() -> None:
    either = (AttachmentKind.FOUNDING_DECISION, AttachmentKind.SUPERIOR_CONFIRMATION)
    need = NeededAttachment(either, "quyết định", Severity.MUST, SURE)
    unsure = NeededAttachment(either, "quyết định", Severity.MUST, COLUMNS)

    assert check_attachments([need], [AttachmentKind.SUPERIOR_CONFIRMATION]) == ()
    assert [one.severity for one in check_attachments([need, unsure], [AttachmentKind.OTHER])] == [
        Severity.MUST,
        Severity.SHOULD,
    ]


def test_words_for_a_sentence() -> None:
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b và c"
    assert shown_name(" ") == "(chưa có tên)"
    assert shown_serial("") == "(chưa có số hiệu)"
