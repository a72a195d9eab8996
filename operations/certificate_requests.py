"""Requests: the names under which other rooms know the drafting of one.

The work is in `request_drafts` (lines, particulars, route), `request_signers` and `request_rows`;
what happens to a request afterwards is in `request_moves`.
"""

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from audit import Actor
from operations.request_drafts import (
    LineTerms,
    Particulars,
    add_lines,
    draft,
    edit,
    edit_line,
    remove_lines,
    set_ground,
)
from operations.request_lines import Chosen, Wish
from operations.request_rows import (
    MOST_LINES,
    NOUN,
    RefusedByLaw,
    load_for_change,
    move,
    require_draft,
)
from operations.request_signers import (
    Signer,
    facts_of_signer,
    people_who_may_be_contact,
    set_signer,
    signer_in_list,
    why_by_hand,
)
from rules.law import Law
from rules.requests import RequestKind

__all__ = [
    "MOST_LINES",
    "NOUN",
    "Chosen",
    "LineTerms",
    "Particulars",
    "RefusedByLaw",
    "Signer",
    "Wish",
    "add_lines",
    "draft",
    "draft_renewal",
    "edit",
    "edit_line",
    "facts_of_signer",
    "load_for_change",
    "move",
    "people_who_may_be_contact",
    "remove_lines",
    "require_draft",
    "set_ground",
    "set_signer",
    "signer_in_list",
    "why_by_hand",
]


def draft_renewal(
    session: Session,
    *,
    actor: Actor,
    certificate_ids: Sequence[int],
    planned_receipt_on: date,
    law: Law,
) -> int:
    """Open a renewal (Mẫu số 04) for these certificates; returns its number. Raises as `draft`."""
    return draft(
        session,
        actor=actor,
        wish=Wish(RequestKind.RENEWAL, planned_receipt_on),
        chosen=Chosen(certificates=tuple(certificate_ids)),
        law=law,
    )
