"""Accounts below the web: logging in, passwords, roles, and what the log keeps of them."""

import json
import unicodedata
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from models import AuditEvent, LoginSession, User
from operations import accounts, logins, passwords, throttles
from operations.transactions import Conflict, Refused
from rules.permissions import Role
from tests.cast import PASSWORD, Cast
from tests.operations.logging_in import KEY, MakeActor, fail, try_login
from views.guards import key_hash

GOOD = "con trâu già đi chậm"


def events(session: Session, *names: str) -> list[AuditEvent]:
    return list(
        session.scalars(
            select(AuditEvent).where(AuditEvent.event.in_(names)).order_by(AuditEvent.seq)
        )
    )


# Logging in


def test_a_login_keeps_only_the_hash_of_its_key(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    begun = try_login(db_session, actor())
    row = db_session.get_one(LoginSession, begun.login_session_id)
    assert row.key_hash == key_hash(begun.key) == logins.login_key_hash(begun.key)
    assert begun.key not in row.key_hash
    assert len(begun.key) >= 43  # 256 bits in base 64
    [event] = events(db_session, "account.login")
    assert (event.actor_id, json.loads(event.body)) == (cast.an, {"session": row.id})


def test_a_user_name_is_found_however_it_is_typed(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    assert try_login(db_session, actor(), username=" AN ").user_id == cast.an


def test_an_outdated_hash_is_made_anew_at_login(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    before = db_session.get_one(User, cast.an).password_hash
    try_login(db_session, actor())
    after = db_session.get_one(User, cast.an).password_hash
    assert before != after
    assert passwords.check(after, PASSWORD) == passwords.Check(right=True, outdated=False)


def test_an_unknown_name_and_a_wrong_password_read_the_same(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(logins.WrongPassword) as unknown:
        try_login(db_session, actor(), username="khongcoai")
    with pytest.raises(logins.WrongPassword) as wrong:
        try_login(db_session, actor(), password="sai hoan toan roi")
    assert str(unknown.value) == str(wrong.value)


def test_an_unknown_name_costs_the_same_hash_as_a_known_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verified: list[str] = []
    real = passwords._HASHER.verify
    monkeypatch.setattr(
        type(passwords._HASHER),
        "verify",
        lambda _self, stored, given: verified.append(stored) or real(stored, given),
    )
    assert not passwords.check(None, "bat ky mat khau nao").right
    assert verified
    assert verified[0].startswith("$argon2id$v=19$m=65536,t=3,p=4$")


def test_the_log_keeps_neither_the_password_nor_the_name_that_was_typed(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(logins.WrongPassword):
        try_login(db_session, actor(), username="matkhaucuatoi", password="bi mat tuyet doi")
    [event] = events(db_session, "account.login_refused")
    assert json.loads(event.body) == {"reason": "unknown_account"}
    everything = " ".join(str(value) for value in vars(event).values())
    assert "matkhaucuatoi" not in everything
    assert "bi mat" not in everything


def test_a_closed_account_does_not_log_in(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    accounts.set_active(
        db_session, actor=actor(cast.dung), user_id=cast.an, active=False, version=1
    )
    with pytest.raises(Refused, match="ngừng sử dụng"):
        try_login(db_session, actor())


# One's own password


@pytest.mark.parametrize(
    "weak",
    [
        "ngan qua",
        "111111111111",
        "abcabcabcabcabc",
        "123456789012",
        "Qwertyuiop[]asdf",
        "Matkhau@123456",
        "Mật khẩu 123456",
        "nguyenvana-2026",
        "a" * 129,
        "",
    ],
)
def test_weak_passwords_are_refused_with_a_reason(weak: str) -> None:
    assert passwords.problems(weak, username="nguyenvana")


@pytest.mark.parametrize(
    "good", [GOOD, "xanh-la-cay-ngoai-ngo", "mưa rơi trên mái tôn", "k7#pQ!v9zLm2"]
)
def test_good_passwords_need_no_capitals_and_no_signs(good: str) -> None:
    assert passwords.problems(good, username="nguyenvana") == ()


def test_a_vietnamese_password_is_the_same_from_every_keyboard() -> None:
    composed = "mật khẩu mới của tôi"
    decomposed = unicodedata.normalize("NFD", composed)
    assert composed != decomposed
    assert passwords.check(passwords.hash_password(composed), decomposed).right


def test_first_passwords_are_long_random_and_readable() -> None:
    made = {passwords.first_password() for _ in range(200)}
    assert len(made) == 200
    for one in made:
        assert passwords.problems(one, username="an") == ()
        assert not set(one) & set("01ilo")


def test_a_changed_password_ends_every_other_session(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    mine, other = try_login(db_session, actor()), try_login(db_session, actor())
    me = replace(actor(cast.an), login_session_id=mine.login_session_id)
    logins.change_own_password(db_session, actor=me, current=PASSWORD, new=GOOD, throttle_key=KEY)
    assert db_session.get_one(LoginSession, mine.login_session_id).ended_at is None
    assert db_session.get_one(LoginSession, other.login_session_id).ended_at == me.at
    assert try_login(db_session, actor(), password=GOOD).user_id == cast.an
    with pytest.raises(logins.WrongPassword):
        try_login(db_session, actor())
    [ended] = events(db_session, "account.session_ended")
    assert json.loads(ended.body) == {"session": other.login_session_id}
    [changed] = events(db_session, "account.password_changed")
    assert json.loads(changed.body) == {"own": True}


def test_the_new_password_must_not_be_the_old_one(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(passwords.WeakPassword, match="khác mật khẩu đang dùng"):
        logins.change_own_password(
            db_session, actor=actor(cast.an), current=PASSWORD, new=PASSWORD, throttle_key=KEY
        )


def test_guesses_at_an_unlocked_computer_are_slowed_down_too(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    for _ in range(5):
        with pytest.raises(logins.WrongPassword):
            logins.reauthenticate(
                db_session, actor=actor(cast.an), password="doan mo mat khau", throttle_key=KEY
            )
    with pytest.raises(throttles.TooManyTries):
        logins.reauthenticate(db_session, actor=actor(cast.an), password=PASSWORD, throttle_key=KEY)


def test_nobody_ends_the_session_of_somebody_else(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    begun = try_login(db_session, actor())
    with pytest.raises(Refused):
        logins.end_login_session(
            db_session, actor=actor(cast.binh), login_session_id=begun.login_session_id
        )
    assert db_session.get_one(LoginSession, begun.login_session_id).ended_at is None


# What administrators do


def open_account(session: Session, actor: Actor, cast: Cast, **changes: object) -> tuple[User, str]:
    wanted: dict[str, object] = {
        "username": "moi",
        "display_name": "Người Mới",
        "person_id": None,
        "grants": [(Role.CLERK, cast.commune_a)],
        "password": None,
    }
    return accounts.create_user(session, actor=actor, **(wanted | changes))  # type: ignore[arg-type]


def test_a_new_account_gets_a_first_password_that_must_be_changed(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    user, first = open_account(db_session, actor(cast.dung), cast)
    assert user.must_change_password
    assert try_login(db_session, actor(), "moi", first).user_id == user.id
    [event] = events(db_session, "account.created")
    assert json.loads(event.body) == {"roles": [f"CLERK:{cast.commune_a}"]}
    assert first not in event.body


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"username": "an"}, "Đã có tài khoản"),
        ({"username": "ÁN"}, "Đã có tài khoản"),
        ({"username": "a/b"}, "Tên đăng nhập gồm"),
        ({"grants": []}, "ít nhất một vai trò"),
        ({"password": "ngan"}, "ít nhất 12 ký tự"),
    ],
)
def test_an_account_is_refused_with_a_reason(
    db_session: Session, cast: Cast, actor: MakeActor, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        open_account(db_session, actor(cast.dung), cast, **changes)
    assert events(db_session, "account.created") == []


def test_one_person_has_one_account_in_use(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(Refused, match="đã có tài khoản an"):
        open_account(db_session, actor(cast.dung), cast, person_id=cast.person_an)


def test_a_reset_password_ends_the_sessions_of_its_account(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    begun = try_login(db_session, actor())
    first = accounts.set_password(db_session, actor=actor(cast.dung), user_id=cast.an)
    assert db_session.get_one(LoginSession, begun.login_session_id).ended_at is not None
    assert db_session.get_one(User, cast.an).must_change_password
    assert try_login(db_session, actor(), password=first).user_id == cast.an


def test_administrators_do_not_reset_their_own_password_without_knowing_it(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(Refused, match="Đổi mật khẩu"):
        accounts.set_password(db_session, actor=actor(cast.dung), user_id=cast.dung)


def role_of(session: Session, user_id: int, role: Role) -> tuple[int, int]:
    user = session.get_one(User, user_id)
    return next(grant.id for grant in user.grants if grant.role is role), user.version


def test_the_last_administrator_role_of_oneself_stays(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    me = actor(cast.dung)
    accounts.grant_role(
        db_session,
        actor=me,
        user_id=cast.dung,
        role=Role.AUDITOR,
        agency_id=cast.province,
        version=1,
    )
    grant, version = role_of(db_session, cast.dung, Role.ADMINISTRATOR)
    with pytest.raises(Refused, match="quản trị cuối cùng"):
        accounts.revoke_role(
            db_session, actor=me, user_id=cast.dung, user_role_id=grant, version=version
        )
    accounts.grant_role(
        db_session,
        actor=me,
        user_id=cast.dung,
        role=Role.ADMINISTRATOR,
        agency_id=cast.commune_a,
        version=version,
    )
    accounts.revoke_role(
        db_session, actor=me, user_id=cast.dung, user_role_id=grant, version=version + 1
    )
    changes = [json.loads(event.body)["changed"] for event in events(db_session, "account.changed")]
    assert changes[-1] == [f"revoke ADMINISTRATOR:{cast.province}"]


def test_an_account_keeps_at_least_one_role(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    grant, version = role_of(db_session, cast.an, Role.FOCAL_POINT)
    with pytest.raises(Refused, match="duy nhất"):
        accounts.revoke_role(
            db_session,
            actor=actor(cast.dung),
            user_id=cast.an,
            user_role_id=grant,
            version=version,
        )


def test_administrators_do_not_close_their_own_account(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    with pytest.raises(Refused, match="chính mình"):
        accounts.set_active(
            db_session, actor=actor(cast.dung), user_id=cast.dung, active=False, version=1
        )


def test_an_account_changed_meanwhile_is_not_changed_blindly(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    accounts.set_active(
        db_session, actor=actor(cast.dung), user_id=cast.an, active=False, version=1
    )
    with pytest.raises(Conflict):
        accounts.grant_role(
            db_session,
            actor=actor(cast.dung),
            user_id=cast.an,
            role=Role.CLERK,
            agency_id=cast.commune_a,
            version=1,
        )


def test_the_log_stays_whole_through_all_of_it(
    db_session: Session, cast: Cast, actor: MakeActor
) -> None:
    fail(db_session, actor(), 2)
    begun = try_login(db_session, actor())
    logins.log_out(
        db_session, actor=replace(actor(cast.an), login_session_id=begun.login_session_id)
    )
    open_account(db_session, actor(cast.dung), cast)
    assert audit.verify(db_session).sound
    assert audit.verify(db_session).events == 5
