"""Who may do what."""

from rules.permissions import GRANTS, Permission, Role, own_only, permissions_of, roles_with

P = Permission
WRITES = {
    one
    for one in P
    if one.value.split(":")[1] not in ("view", "search", "verify", "download", "use", "export")
} - {P.SESSION_OWN}


def test_every_role_has_a_row_and_every_permission_an_owner() -> None:
    assert set(GRANTS) == set(Role)
    assert all(roles_with(permission) for permission in P)


def test_every_permission_names_a_noun_and_an_act() -> None:
    for permission in P:
        noun, act = permission.value.split(":")
        assert permission.name == f"{noun}_{act}".upper()


def test_an_auditor_and_a_department_only_read() -> None:
    assert not GRANTS[Role.AUDITOR] & WRITES
    # A department answers the requests that are addressed to it, where services are delegated.
    assert GRANTS[Role.DEPARTMENT] & WRITES == {P.CERTIFICATE_REQUEST_HANDLE}
    assert P.AUDIT_VERIFY in GRANTS[Role.AUDITOR]


def test_an_administrator_neither_drafts_nor_signs_nor_approves() -> None:
    granted = GRANTS[Role.ADMINISTRATOR]

    assert {P.USER_MANAGE, P.SETTING_EDIT} <= granted
    assert not [one for one in granted if one.value.startswith("certificate_request:")]


def test_approving_and_signing_belong_to_the_leader_numbers_and_seal_to_the_clerk() -> None:
    assert roles_with(P.CERTIFICATE_REQUEST_APPROVE) == {Role.LEADER}
    assert roles_with(P.CERTIFICATE_REQUEST_SIGN) == {Role.LEADER}
    assert roles_with(P.CERTIFICATE_REQUEST_NUMBER) == {Role.CLERK}
    assert roles_with(P.CERTIFICATE_REQUEST_SEAL) == {Role.CLERK}


def test_staff_see_their_own_only_unless_another_role_shows_more() -> None:
    assert own_only([Role.STAFF], P.DEVICE_VIEW)
    assert not own_only([Role.STAFF, Role.CLERK], P.DEVICE_VIEW)
    assert own_only([Role.STAFF, Role.ADMINISTRATOR], P.DEVICE_VIEW)
    assert not own_only([Role.STAFF], P.DEVICE_EDIT)


def test_roles_add_up() -> None:
    assert permissions_of([]) == frozenset()
    assert permissions_of([Role.CLERK, Role.LEADER]) == GRANTS[Role.CLERK] | GRANTS[Role.LEADER]
    assert all(P.LAW_VIEW in permissions_of([role]) for role in Role)
