"""Paths to a root: real chains, and chains that only look real (Điều 32)."""

from cryptography import x509

from signing.trust.path import build_path, period_problems
from signing.trust.store import TrustStore
from tests.signing.pki import DAY, NOW, Holder, authority, pki, subscriber


def _store(**holders: tuple[Holder, ...]) -> TrustStore:
    return TrustStore(**{k: tuple(h.certificate for h in v) for k, v in holders.items()})


def _certificates(*holders: Holder) -> list[x509.Certificate]:
    return [holder.certificate for holder in holders]


def test_the_path_ends_in_the_root_whether_the_middle_is_ours_or_the_documents():
    made = pki()
    for store, others in (
        (_store(roots=(made.root,), intermediates=(made.issuing,)), []),
        (_store(roots=(made.root,)), _certificates(made.issuing)),
    ):
        path = build_path(made.leader.certificate, store, others)
        assert path.trusted
        assert not path.practice
        assert list(path.certificates) == _certificates(made.leader, made.issuing, made.root)


def test_a_practice_root_is_marked():
    made = pki()
    path = build_path(
        made.leader.certificate,
        _store(practice_roots=(made.root,), intermediates=(made.issuing,)),
    )
    assert path.trusted
    assert path.practice


def test_a_root_inside_the_document_is_never_believed():
    made = pki()
    path = build_path(made.leader.certificate, _store(), _certificates(made.issuing, made.root))
    assert not path.trusted
    assert "không nằm trong danh sách tin cậy" in path.problems[0]


def test_a_missing_middle_is_named():
    path = build_path(pki().leader.certificate, _store(roots=(pki().root,)))
    assert not path.trusted
    assert "CA phục vụ các cơ quan THỬ NGHIỆM" in path.problems[0]


def test_an_authority_with_the_right_name_and_another_key_leads_nowhere():
    made = pki()
    impostor = authority("CA phục vụ các cơ quan THỬ NGHIỆM giả", made.root)
    victim = subscriber("Kẻ mạo danh", impostor)
    path = build_path(victim.certificate, _store(roots=(made.root,), intermediates=(made.issuing,)))
    assert not path.trusted


def test_a_persons_certificate_cannot_issue_others():
    made = pki()
    forged = subscriber("Người được kẻ mạo danh cấp", made.leader)
    path = build_path(
        forged.certificate,
        _store(roots=(made.root,), intermediates=(made.issuing,)),
        _certificates(made.leader),
    )
    assert not path.trusted
    assert "không có quyền cấp chứng thư" in path.problems[0]


def test_the_allowed_length_of_a_path_holds():
    made = pki()
    below = authority("CA cấp dưới THỬ NGHIỆM", made.issuing)
    person = subscriber("Người ở quá sâu", below)
    path = build_path(
        person.certificate,
        _store(roots=(made.root,), intermediates=(made.issuing, below)),
    )
    assert not path.trusted
    assert "dài hơn mức" in path.problems[0]


def test_an_authority_outside_its_term_is_reported_for_that_time_only():
    root = authority("RootCA ngắn hạn THỬ NGHIỆM", not_after=NOW + DAY)
    person = subscriber("Người dùng gốc ngắn hạn", root)
    path = build_path(person.certificate, _store(roots=(root,)))
    assert path.trusted
    assert not period_problems(path, NOW)
    assert "RootCA ngắn hạn" in period_problems(path, NOW + 2 * DAY)[0]
