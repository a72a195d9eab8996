"""What the law says of every line of a request, whatever its kind; read by pages and acts alike.

Lines need not be in the database: a page judges the lines that a draft would get. The number of
statements does not grow with the number of lines.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models import Certificate, CertificateRequest, RequestLine
from operations import law as house
from operations import line_facts as facts
from operations.request_rows import name_of
from rules.amendments import AmendmentCase, check_amendment, check_both_services
from rules.attachments import NeededAttachment
from rules.certificates import SubscriberKind
from rules.days import DEFAULT_MARGIN_DAYS
from rules.findings import Finding, Severity
from rules.holds import amendment_hold, check_crossing, check_hold, renewal_hold
from rules.issuances import attachments_of as papers_of_issuance
from rules.issuances import check_issuance
from rules.law import Law
from rules.reissues import check_reissue
from rules.renewals import check_renewal
from rules.requests import RequestKind
from rules.revocations import attachments_of as papers_of_revocation
from rules.revocations import check_revocation
from rules.unlocks import check_unlock
from rules.wording import by_weight

_IN_REGISTER = "trong sổ"
_NAMED = re.compile(rf"số (\d+) {_IN_REGISTER}")


def open_request_in(message: str) -> int | None:
    """The number of the request that a finding names; None when it names none."""
    found = _NAMED.search(message)
    return int(found[1]) if found is not None else None


@dataclass(frozen=True)
class Question:
    """By which law, for which day and for whose letter lines are judged.

    `alone` leaves other open requests out of it: what-if asks the law, not the register.
    """

    kind: RequestKind
    on: date
    law: Law
    received_on: date | None = None
    margin_days: int = DEFAULT_MARGIN_DAYS
    central: bool = False
    sender_id: int | None = None
    request_id: int | None = None
    alone: bool = False


@dataclass(frozen=True)
class Others:
    """What stands beside the lines: other open requests, and certificates still valid.

    `endings`: open revocations and re-issues, by chain. `domains`: official mail, by agency.
    """

    holds: Mapping[str, str] = field(default_factory=dict)
    renewals: Mapping[int, str] = field(default_factory=dict)
    amendments: Mapping[int, str] = field(default_factory=dict)
    endings: Mapping[int, str] = field(default_factory=dict)
    standing: Mapping[tuple[SubscriberKind, int], tuple[tuple[int, str], ...]] = field(
        default_factory=dict
    )
    domains: Mapping[int, tuple[str, ...]] = field(default_factory=dict)

    def changing(self, chain_id: int | None) -> str:
        """The open renewal or amendment of a chain; "" when there is none."""
        chain = chain_id or 0
        return self.renewals.get(chain) or self.amendments.get(chain) or ""

    def serial_beside(self, line: RequestLine) -> str:
        """A valid certificate of the subscriber that the line does not replace; "" for none."""
        replaced = line.certificate.id if line.certificate is not None else None
        return next(
            (
                serial
                for number, serial in self.standing.get(facts.subscriber_key(line), ())
                if number != replaced
            ),
            "",
        )


def findings_of(
    session: Session, request: CertificateRequest, *, law: Law, on: date
) -> dict[int, tuple[Finding, ...]]:
    """The findings on every line of a request, by the number of the line."""
    question = Question(
        request.kind,
        on,
        house.law_for(law, request.agency),
        request.planned_receipt_on,
        house.margin_days(session, request.agency),
        request.central_signing,
        request.agency_id,
        request.id,
    )
    judged = judge(session, request.lines, question)
    return {line.id: found for line, found in zip(request.lines, judged, strict=True)}


def judge(
    session: Session, lines: Sequence[RequestLine], question: Question
) -> list[tuple[Finding, ...]]:
    """The findings on each line, in the order of the lines, refusals first.

    Another open request with the same subject refuses; the open lines of `request_id` itself stand
    in nobody's way. Raises LawError for a day before the decree.
    """
    others = Others() if question.alone else _others(session, lines, question)
    if question.kind is RequestKind.ISSUANCE:
        others = replace(others, domains=_domains(session, lines))
    return [by_weight(_of_line(line, question, others)) for line in lines]


def _domains(session: Session, lines: Sequence[RequestLine]) -> dict[int, tuple[str, ...]]:
    agencies = [one for line in lines if (one := facts.employer_of(line)) is not None]
    chains = house.chains_of(session, agencies)
    return {number: house.official_domains(chain) for number, chain in chains.items()}


def reasons_wanted(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Warnings that a leader may pass over only with a recorded reason: those that rest on law.

    A warning of the house alone ("gấp") informs; asking for a reason each time would teach people
    to type dots.
    """
    return tuple(
        found
        for found in findings
        if found.severity is Severity.SHOULD and found.provision is not None
    )


def needed_papers(
    request: CertificateRequest, *, law: Law, on: date
) -> tuple[NeededAttachment, ...]:
    """The papers that the dossier needs beside its letter, each once (Điều 10, 17, 20)."""
    own = house.law_for(law, request.agency)
    needed: list[NeededAttachment] = []
    for line in request.lines:
        if request.kind is RequestKind.REVOCATION and line.revocation_ground:
            asked = papers_of_revocation(
                facts.of_revocation(line, sender_id=request.agency_id), on=on, law=own
            )
        elif request.kind is RequestKind.ISSUANCE:
            asked = papers_of_issuance(
                facts.of_issuance(line, central=request.central_signing, on=on), on=on, law=own
            )
        else:
            asked = ()
        needed.extend(asked)
    return tuple({one.words: one for one in needed}.values())


def _of_line(line: RequestLine, question: Question, others: Others) -> list[Finding]:
    holder = others.holds.get(line.hold or "", "")
    match question.kind:
        case RequestKind.ISSUANCE:
            found = _issuance(line, question, others)
        case RequestKind.REVOCATION:
            said = facts.of_revocation(line, sender_id=question.sender_id)
            changing = others.changing(chain_of_line(line))
            found = check_revocation(
                replace(said, open_renewal=changing), on=question.on, law=question.law
            )
        case RequestKind.UNLOCK:
            found = check_unlock(facts.of_unlock(line), on=question.on, law=question.law)
        case _:
            return [*_both(line, question, others)]
    return [*check_hold(question.kind, name_of(line), holder), *found]


def chain_of_line(line: RequestLine) -> int | None:
    """The chain of the certificate that a line names."""
    return line.certificate.chain_id if line.certificate is not None else None


def _issuance(line: RequestLine, question: Question, others: Others) -> tuple[Finding, ...]:
    employer = facts.employer_of(line)
    wanted = facts.of_issuance(
        line,
        central=question.central,
        on=question.on,
        standing_serial=others.serial_beside(line),
        official_domains=others.domains.get(employer.id, ()) if employer is not None else (),
    )
    found = check_issuance(wanted, on=question.on, law=question.law)
    if line.certificate is None:
        return found
    again = check_reissue(
        facts.of_reissue(line),
        on=question.on,
        law=question.law,
        received_on=question.received_on,
    )
    crossing = check_crossing(name_of(line), others.changing(chain_of_line(line)))
    return (*found, *again, *crossing)


def _both(line: RequestLine, question: Question, others: Others) -> tuple[Finding, ...]:
    """A line of Mẫu số 04: one service, or both."""
    certificate = line.certificate
    if certificate is None:
        return ()
    chain = certificate.chain_id
    held = others.amendments.get(chain, "") if line.amends else ""
    found: list[Finding] = []
    renewal = facts.of_renewal(certificate, others.renewals.get(chain))
    on, received_on, law = question.on, question.received_on, question.law
    if line.renews and line.amends:
        found += check_both_services(
            renewal,
            facts.of_amendment(line),
            on=on,
            law=law,
            received_on=received_on,
            margin_days=question.margin_days,
        )
    elif line.amends:
        found += check_amendment(facts.of_amendment(line), on=on, law=law, received_on=received_on)
    else:
        found += check_renewal(
            renewal,
            on=on,
            law=law,
            received_on=received_on,
            margin_days=question.margin_days,
        )
    # Amending the address is the remedy of its having changed: the line does it already.
    amended = {"renewal.email_changed"} if AmendmentCase.EMAIL in facts.cases_of(line) else set()
    said = [one for one in found if one.code not in amended]
    return (
        *check_hold(RequestKind.AMENDMENT, certificate.common_name, held),
        *said,
        *check_crossing(certificate.common_name, others.endings.get(chain, "")),
    )


def _others(session: Session, lines: Sequence[RequestLine], question: Question) -> Others:
    holds = {line.hold for line in lines if line.hold}
    chains = {chain for line in lines if (chain := chain_of_line(line)) is not None}
    holds |= {renewal_hold(chain) for chain in chains}
    holds |= {amendment_hold(line.certificate.id) for line in lines if line.certificate is not None}
    rows = session.execute(
        select(
            RequestLine.hold,
            RequestLine.chain_id,
            RequestLine.request_id,
            RequestLine.renews,
            RequestLine.amends,
        ).where(
            RequestLine.is_open, or_(RequestLine.hold.in_(holds), RequestLine.chain_id.in_(chains))
        )
    ).all()
    open_lines = [row for row in rows if row.request_id != question.request_id]
    named = {row: f"số {row.request_id} {_IN_REGISTER}" for row in open_lines}
    return Others(
        holds={row.hold: words for row, words in named.items() if row.hold},
        renewals={row.chain_id: words for row, words in named.items() if row.renews},
        amendments={row.chain_id: words for row, words in named.items() if row.amends},
        endings={
            row.chain_id: words
            for row, words in named.items()
            if row.chain_id is not None and not (row.renews or row.amends)
        },
        standing=_standing(session, lines, question)
        if question.kind is RequestKind.ISSUANCE
        else {},
    )


def _standing(
    session: Session, lines: Sequence[RequestLine], question: Question
) -> dict[tuple[SubscriberKind, int], tuple[tuple[int, str], ...]]:
    """Valid certificates of the subscribers by whose they are, those that end last first."""
    keys = [facts.subscriber_key(line) for line in lines]
    ids = {kind: [number for one, number in keys if one is kind] for kind in SubscriberKind}
    rows = session.execute(
        select(
            Certificate.id,
            Certificate.serial_number,
            Certificate.kind,
            Certificate.person_id,
            Certificate.agency_id,
            Certificate.system_id,
        )
        .where(
            Certificate.revoked_at.is_(None),
            Certificate.expires_on >= question.on,
            or_(
                Certificate.person_id.in_(ids[SubscriberKind.INDIVIDUAL]),
                Certificate.system_id.in_(ids[SubscriberKind.SYSTEM]),
                (Certificate.kind == SubscriberKind.ORGANISATION)
                & Certificate.agency_id.in_(ids[SubscriberKind.ORGANISATION]),
            ),
        )
        .order_by(Certificate.expires_on.desc(), Certificate.id.desc())
    ).all()
    found: dict[tuple[SubscriberKind, int], tuple[tuple[int, str], ...]] = {}
    for row in rows:
        owner = {
            SubscriberKind.INDIVIDUAL: row.person_id,
            SubscriberKind.ORGANISATION: row.agency_id,
            SubscriberKind.SYSTEM: row.system_id,
        }[row.kind]
        key = (row.kind, owner)
        found[key] = (*found.get(key, ()), (row.id, row.serial_number))
    return found
