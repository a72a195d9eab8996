"""Who may do what: one table of roles and permissions for the whole program.

A permission says *what*; *where* is the scope of the user's role (a subtree of agencies), and for
staff only what is their own. Scope is applied where objects are loaded (`views/guards.py`).
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Role(StrEnum):
    """The people of DESIGN section 1; one user may have several."""

    FOCAL_POINT = "focal_point"
    CLERK = "clerk"
    LEADER = "leader"
    STAFF = "staff"
    AUDITOR = "auditor"
    DEPARTMENT = "department"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """One act on one noun, "noun:act"."""

    CERTIFICATE_VIEW = "certificate:view"
    CERTIFICATE_SEARCH = "certificate:search"
    CERTIFICATE_EDIT = "certificate:edit"
    CERTIFICATE_IMPORT = "certificate:import"
    CERTIFICATE_HISTORY_ATTEST = "certificate_history:attest"
    DEVICE_VIEW = "device:view"
    DEVICE_SEARCH = "device:search"
    DEVICE_EDIT = "device:edit"
    PERSON_VIEW = "person:view"
    PERSON_SEARCH = "person:search"
    PERSON_EDIT = "person:edit"
    AGENCY_VIEW = "agency:view"
    AGENCY_SEARCH = "agency:search"
    AGENCY_EDIT = "agency:edit"
    CERTIFICATE_REQUEST_VIEW = "certificate_request:view"
    CERTIFICATE_REQUEST_DRAFT = "certificate_request:draft"
    CERTIFICATE_REQUEST_SUBMIT = "certificate_request:submit"
    CERTIFICATE_REQUEST_APPROVE = "certificate_request:approve"
    CERTIFICATE_REQUEST_RETURN = "certificate_request:return"
    CERTIFICATE_REQUEST_SIGN = "certificate_request:sign"
    CERTIFICATE_REQUEST_NUMBER = "certificate_request:number"
    CERTIFICATE_REQUEST_SEAL = "certificate_request:seal"
    CERTIFICATE_REQUEST_ATTACH_SIGNED = "certificate_request:attach_signed"
    CERTIFICATE_REQUEST_RECORD_SENDING = "certificate_request:record_sending"
    CERTIFICATE_REQUEST_RECORD_RESULT = "certificate_request:record_result"
    CERTIFICATE_REQUEST_CANCEL = "certificate_request:cancel"
    CERTIFICATE_REQUEST_HANDLE = "certificate_request:handle"
    CUSTODY_MOVE = "custody:move"
    PAPER_VIEW = "paper:view"
    PAPER_EDIT = "paper:edit"
    RECEIPT_CONFIRM = "receipt:confirm"
    INCIDENT_VIEW = "incident:view"
    INCIDENT_REPORT = "incident:report"
    INCIDENT_EDIT = "incident:edit"
    STAFF_CHANGE_VIEW = "staff_change:view"
    STAFF_CHANGE_EDIT = "staff_change:edit"
    REORGANISATION_EDIT = "reorganisation:edit"
    STOCKTAKE_VIEW = "stocktake:view"
    STOCKTAKE_MANAGE = "stocktake:manage"
    STOCKTAKE_COUNT = "stocktake:count"
    REMINDER_VIEW = "reminder:view"
    REMINDER_SEND = "reminder:send"
    SHEET_IMPORT = "sheet:import"
    SHEET_EXPORT = "sheet:export"
    FORM_VIEW = "form:view"
    FORM_EDIT = "form:edit"
    CALENDAR_EDIT = "calendar:edit"
    REGULATION_EDIT = "regulation:edit"
    DOCUMENT_VIEW = "document:view"
    DOCUMENT_EDIT = "document:edit"
    DOCUMENT_SIGN = "document:sign"
    DOCUMENT_ISSUE = "document:issue"
    INCOMING_VIEW = "incoming:view"
    INCOMING_EDIT = "incoming:edit"
    PICTURE_EDIT = "picture:edit"
    TRUST_EDIT = "trust:edit"
    SIGNING_AGENT_PAIR = "signing_agent:pair"
    VERIFICATION_USE = "verification:use"
    FILE_DOWNLOAD = "file:download"
    REPORT_VIEW = "report:view"
    REPORT_EDIT = "report:edit"
    AUDIT_VIEW = "audit:view"
    AUDIT_VERIFY = "audit:verify"
    LAW_VIEW = "law:view"
    USER_MANAGE = "user:manage"
    SETTING_EDIT = "setting:edit"
    SESSION_OWN = "session:own"


_P = Permission

# Everyone who can log in: the law, their own sessions, and checking a signature.
_EVERYONE = frozenset(
    {
        _P.LAW_VIEW,
        _P.FORM_VIEW,
        _P.SESSION_OWN,
        _P.VERIFICATION_USE,
        _P.REMINDER_VIEW,  # their own, or those of their agency
    }
)

_OVERVIEW = frozenset(
    {
        _P.CERTIFICATE_VIEW,
        _P.CERTIFICATE_SEARCH,
        _P.DEVICE_VIEW,
        _P.DEVICE_SEARCH,
        _P.PERSON_VIEW,
        _P.PERSON_SEARCH,
        _P.AGENCY_VIEW,
        _P.AGENCY_SEARCH,
        _P.CERTIFICATE_REQUEST_VIEW,
        _P.PAPER_VIEW,
        _P.INCIDENT_VIEW,
        _P.STAFF_CHANGE_VIEW,
        _P.STOCKTAKE_VIEW,
        _P.DOCUMENT_VIEW,
        _P.INCOMING_VIEW,
        _P.SHEET_EXPORT,
        _P.REPORT_VIEW,
        _P.FILE_DOWNLOAD,
    }
)

# What everyone does with the device in their own hands.
_HOLDER = frozenset({_P.RECEIPT_CONFIRM, _P.INCIDENT_REPORT, _P.DOCUMENT_SIGN})

GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.FOCAL_POINT: _EVERYONE
    | _OVERVIEW
    | {
        _P.CERTIFICATE_EDIT,
        _P.CERTIFICATE_IMPORT,
        _P.CERTIFICATE_HISTORY_ATTEST,
        _P.DEVICE_EDIT,
        _P.PERSON_EDIT,
        _P.AGENCY_EDIT,
        _P.CERTIFICATE_REQUEST_DRAFT,
        _P.CERTIFICATE_REQUEST_SUBMIT,
        _P.CERTIFICATE_REQUEST_ATTACH_SIGNED,
        _P.CERTIFICATE_REQUEST_RECORD_SENDING,
        _P.CERTIFICATE_REQUEST_RECORD_RESULT,
        _P.CERTIFICATE_REQUEST_CANCEL,
        _P.CUSTODY_MOVE,
        _P.PAPER_EDIT,
        _P.INCIDENT_EDIT,
        _P.DOCUMENT_EDIT,
        _P.PICTURE_EDIT,
        _P.STAFF_CHANGE_EDIT,
        _P.REORGANISATION_EDIT,
        _P.STOCKTAKE_MANAGE,
        _P.STOCKTAKE_COUNT,
        _P.REMINDER_SEND,
        _P.SHEET_IMPORT,
        _P.REPORT_EDIT,
        _P.SIGNING_AGENT_PAIR,
    }
    | _HOLDER,
    Role.CLERK: _EVERYONE
    | _OVERVIEW
    | _HOLDER
    | {
        _P.PAPER_EDIT,
        _P.DOCUMENT_EDIT,
        _P.DOCUMENT_ISSUE,
        _P.INCOMING_EDIT,
        _P.PICTURE_EDIT,
        _P.STOCKTAKE_COUNT,
        _P.REPORT_EDIT,
        _P.CERTIFICATE_REQUEST_NUMBER,
        _P.CERTIFICATE_REQUEST_SEAL,
        _P.CERTIFICATE_REQUEST_ATTACH_SIGNED,
        _P.CERTIFICATE_REQUEST_RECORD_SENDING,
        _P.CERTIFICATE_REQUEST_RECORD_RESULT,
        _P.SIGNING_AGENT_PAIR,
    },
    Role.LEADER: _EVERYONE
    | _OVERVIEW
    | _HOLDER
    | {
        _P.CERTIFICATE_REQUEST_APPROVE,
        _P.CERTIFICATE_REQUEST_RETURN,
        _P.CERTIFICATE_REQUEST_SIGN,
        _P.CERTIFICATE_REQUEST_CANCEL,
        _P.SIGNING_AGENT_PAIR,
    },
    # Only their own: see `own_only`.
    Role.STAFF: _EVERYONE
    | _HOLDER
    | {
        _P.CERTIFICATE_VIEW,
        _P.DEVICE_VIEW,
        _P.PERSON_VIEW,
        _P.SIGNING_AGENT_PAIR,
    },
    Role.AUDITOR: _EVERYONE | _OVERVIEW | {_P.AUDIT_VIEW, _P.AUDIT_VERIFY},
    # A department's own daily work comes with FOCAL_POINT, CLERK or LEADER on its own agency.
    Role.DEPARTMENT: _EVERYONE | _OVERVIEW | {_P.CERTIFICATE_REQUEST_HANDLE},
    # Keeps accounts and settings, and the tree that scopes hang on; neither signs nor approves.
    Role.ADMINISTRATOR: _EVERYONE
    | {
        _P.AGENCY_VIEW,
        _P.AGENCY_SEARCH,
        _P.AGENCY_EDIT,
        _P.REORGANISATION_EDIT,  # moves the scopes with the tree
        _P.PERSON_VIEW,
        _P.PERSON_SEARCH,
        _P.AUDIT_VIEW,
        _P.AUDIT_VERIFY,
        _P.USER_MANAGE,
        _P.SETTING_EDIT,
        _P.TRUST_EDIT,
        _P.FORM_EDIT,
        _P.CALENDAR_EDIT,
        _P.REGULATION_EDIT,
    },
}


def permissions_of(roles: Iterable[Role]) -> frozenset[Permission]:
    """Everything that a user with these roles may do."""
    return frozenset().union(*(GRANTS[role] for role in roles))


def roles_with(permission: Permission) -> frozenset[Role]:
    """The roles that may do this."""
    return frozenset(role for role, granted in GRANTS.items() if permission in granted)


def own_only(roles: Iterable[Role], permission: Permission) -> bool:
    """True when these roles give the permission for the user's own things only, not for an
    agency's.
    """
    granting = {role for role in roles if permission in GRANTS[role]}
    return granting == {Role.STAFF}
