"""What administrators enter about forms: corrected words, and that an official annex was compared.

Whether the words are usable is the form's own business (`letters.prescribed.with_corrections`); the
caller has asked it. Here they are kept, and every change is in the log.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

import audit
from audit import Actor
from operations.transactions import Conflict, Refused, transaction
from rules.names import nfc
from schema.law import FormConfirmation, FormCorrection

NOUN = "form"
_LONGEST_SOURCE = 300


def corrections_of(session: Session, form: str) -> dict[str, str]:
    """The corrected words of a form, by key."""
    rows = session.scalars(select(FormCorrection).where(FormCorrection.form == form))
    return {row.key: row.text for row in rows}


def seen_as(corrections: Mapping[str, str]) -> str:
    """What a page carries to tell whether somebody else corrected the form meanwhile."""
    said = json.dumps(sorted(corrections.items()), ensure_ascii=False)
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def correct(
    session: Session,
    *,
    actor: Actor,
    form: str,
    texts: Mapping[str, str],
    originals: Mapping[str, str],
    seen: str,
) -> None:
    """Keep the words that differ from those of the file; words equal to it are corrected no more.

    `texts` are words already checked, `originals` those of the file for the same keys. Raises
    `Refused` when nothing changes, `Conflict` when `seen` is no longer what is kept.
    """
    with transaction(session):
        kept = _kept(session, form, seen)
        wanted = {key: nfc(text).strip() for key, text in texts.items()}
        wanted = {key: text for key, text in wanted.items() if text != originals[key]}
        touched = {key for key in texts if kept.get(key) != wanted.get(key)}
        if not touched:
            raise Refused("Không có từ ngữ nào thay đổi.")
        _write(session, actor, form, touched, wanted)
        _tell(session, actor, "form.corrected", form, changed=sorted(touched))


def restore(session: Session, *, actor: Actor, form: str, seen: str) -> None:
    """Go back to the words of the file. Raises `Refused` when nothing was corrected, `Conflict`."""
    with transaction(session):
        kept = _kept(session, form, seen)
        if not kept:
            raise Refused("Biểu mẫu này đang dùng đúng từ ngữ gốc.")
        _write(session, actor, form, set(kept), {})
        _tell(session, actor, "form.restored", form, changed=sorted(kept))


def confirm(
    session: Session, *, actor: Actor, form: str, words_sha256: str, source: str, seen: str
) -> None:
    """Somebody compared these very words with the official annex; other words need another look.

    `source` says where the annex was read. Raises `Refused` without one, `Conflict`.
    """
    with transaction(session):
        _kept(session, form, seen)
        named = nfc(source).strip()
        if not named:
            raise Refused("Hãy ghi đã đối chiếu với bản nào, lấy ở đâu.")
        if len(named) > _LONGEST_SOURCE:
            raise Refused(f"Nguồn đối chiếu dài quá {_LONGEST_SOURCE} ký tự.")
        row = session.get(FormConfirmation, form)
        if row is None:
            row = FormConfirmation(form=form)
            session.add(row)
        row.words_sha256, row.source = words_sha256, named
        row.confirmed_by_id, row.confirmed_at = _user(actor), actor.at
        _tell(session, actor, "form.confirmed", form, words=words_sha256)


def _kept(session: Session, form: str, seen: str) -> dict[str, str]:
    kept = corrections_of(session, form)
    if seen_as(kept) != seen:
        raise Conflict("Người khác vừa sửa biểu mẫu này. Hãy xem lại từ ngữ mới rồi làm lại.")
    return kept


def _write(
    session: Session, actor: Actor, form: str, touched: set[str], wanted: Mapping[str, str]
) -> None:
    session.execute(
        delete(FormCorrection).where(FormCorrection.form == form, FormCorrection.key.in_(touched))
    )
    for key in sorted(touched & wanted.keys()):
        session.add(
            FormCorrection(
                form=form,
                key=key,
                text=wanted[key],
                changed_by_id=_user(actor),
                changed_at=actor.at,
            )
        )


def _user(actor: Actor) -> int:
    if actor.user_id is None:
        raise Refused("Việc này cần một người đăng nhập chịu trách nhiệm.")
    return actor.user_id


def _tell(session: Session, actor: Actor, event: str, form: str, **body: Any) -> None:
    audit.record(session, event, actor=actor, noun=NOUN, object_id=form, form=form, **body)
