"""A parcel from the authority against the letters that asked for it."""

from rules.intake import (
    ACCEPTED,
    Compared,
    IntakeVerdict,
    ParcelLine,
    RequestedLine,
    compare,
    differences,
)

V = IntakeVerdict
AN = RequestedLine(1, "12/UBND-VP", "Nguyễn Thị Mẫu", "mau@xa.example.vn")
BINH = RequestedLine(2, "12/UBND-VP", "Trần Văn Thử")


def verdicts(*compared: Compared) -> list[tuple[IntakeVerdict, int | None]]:
    return [(one.verdict, one.requested.line_id if one.requested else None) for one in compared]


def test_a_line_answers_the_request_with_its_address_else_with_its_name() -> None:
    parcel = [
        ParcelLine("A1", subject_name="nguyễn thị mẫu", email="MAU@xa.example.vn "),
        ParcelLine(driver_serial="B2", subject_name="Tran Van Thu"),
    ]
    compared = compare(parcel, [AN, BINH], [])

    assert verdicts(*compared) == [(V.MATCHED, 1), (V.MATCHED, 2)]
    assert differences(compared) == ()


def test_the_same_address_under_another_name_is_pointed_out() -> None:
    line = ParcelLine("A1", subject_name="Nguyễn Thị Mẩu", email="mau@xa.example.vn")
    assert verdicts(*compare([line], [AN], [])) == [(V.NAME_DIFFERS, 1)]


def test_the_same_name_under_another_address_is_another_person() -> None:
    line = ParcelLine("A1", subject_name=AN.subject_name, email="khac@xa.example.vn")
    assert verdicts(*compare([line], [AN], [])) == [(V.NOT_REQUESTED, None), (V.NOT_IN_PARCEL, 1)]


def test_two_requests_of_one_name_wait_for_a_person() -> None:
    other = RequestedLine(3, "13/UBND-VP", BINH.subject_name)
    line = ParcelLine("B2", subject_name=BINH.subject_name)
    found = compare([line], [BINH, other], [])
    assert verdicts(*found)[0] == (V.SEVERAL_REQUESTS, None)


def test_one_request_is_answered_once() -> None:
    parcel = [ParcelLine(serial, subject_name=BINH.subject_name) for serial in ("B1", "B2")]
    assert verdicts(*compare(parcel, [BINH], [])) == [(V.MATCHED, 2), (V.NOT_REQUESTED, None)]


def test_serials_are_compared_in_one_notation_whichever_field_they_stand_in() -> None:
    parcel = [
        ParcelLine("54:03:ab"),
        ParcelLine(notice_serial="5403AB"),
        ParcelLine(driver_serial="77aa"),
    ]
    found = compare(parcel, [], [("77AA", 9)])

    assert verdicts(*found) == [
        (V.NOT_REQUESTED, None),
        (V.TWICE_IN_PARCEL, None),
        (V.ALREADY_IN_REGISTER, None),
    ]
    assert found[2].device_id == 9


def test_an_unreadable_serial_keeps_the_request_it_answers() -> None:
    parcel = [ParcelLine(subject_name=BINH.subject_name), ParcelLine()]
    found = compare(parcel, [BINH], [])

    assert verdicts(*found) == [(V.UNREADABLE, 2), (V.UNREADABLE, None)]
    assert V.UNREADABLE not in ACCEPTED


def test_what_was_asked_for_and_did_not_come_is_listed_last() -> None:
    found = compare([], [AN], [])
    assert [(one.verdict, one.position) for one in found] == [(V.NOT_IN_PARCEL, None)]
