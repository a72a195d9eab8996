"""Địa chỉ thư điện tử công vụ: whether an address looks like one that a state body gave out.

The prescribed forms say "Địa chỉ thư điện tử phải do cơ quan nhà nước cấp"; which domains those are
no text says. `gov.vn` is taken for official, the well-known public mail services for personal, and
an agency may add domains of its own; about the rest we only ask.
"""

import re
from collections.abc import Collection
from enum import StrEnum

from rules.findings import Finding, Severity, finding
from rules.provisions import Provision

# House rule: every address under gov.vn was given out by a state body.
OFFICIAL_DOMAINS = frozenset({"gov.vn"})
# House rule: mail services where anybody opens an account.
PERSONAL_DOMAINS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "hotmail.com",
        "icloud.com",
        "live.com",
        "msn.com",
        "outlook.com",
        "outlook.com.vn",
        "proton.me",
        "protonmail.com",
        "yahoo.com",
        "yahoo.com.vn",
        "ymail.com",
        "zoho.com",
    }
)
_ADDRESS = re.compile(r"[a-z0-9._%+'-]+@((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,})")


_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
MOST_DOMAINS = 20


class EmailStanding(StrEnum):
    """What an address is, as far as its spelling tells."""

    OFFICIAL = "official"
    PERSONAL = "personal"
    UNKNOWN = "unknown"
    MALFORMED = "malformed"
    MISSING = "missing"


def email_standing(address: str | None, *, official: Collection[str] = ()) -> EmailStanding:
    """The standing of an address; `official` are further domains known to be state-issued."""
    text = (address or "").strip().casefold()
    if not text:
        return EmailStanding.MISSING
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return EmailStanding.MALFORMED
    domain = match[1]
    known = OFFICIAL_DOMAINS | {one.strip().casefold().removeprefix("@") for one in official}
    if any(domain == one or domain.endswith(f".{one}") for one in known):
        return EmailStanding.OFFICIAL
    return EmailStanding.PERSONAL if domain in PERSONAL_DOMAINS else EmailStanding.UNKNOWN


class WrongDomain(ValueError):
    """A domain that cannot be one of official mail; the message says why, to a person."""


def official_domains(typed: str) -> tuple[str, ...]:
    """The domains in what a person typed, with commas or blanks between, each once.

    Raises `WrongDomain` for what is no domain, for a service where anybody opens an account, and
    for too many.
    """
    found: dict[str, None] = {}
    for one in re.split(r"[\s,;]+", typed.strip().casefold()):
        domain = one.removeprefix("@")
        if not domain:
            continue
        if not _DOMAIN.fullmatch(domain) or len(domain) > 253:
            raise WrongDomain(f"“{one}” không phải tên miền thư; viết như truong.edu.vn.")
        if domain in PERSONAL_DOMAINS:
            raise WrongDomain(
                f"“{domain}” là dịch vụ thư cá nhân, không thể là tên miền do cơ quan nhà nước cấp."
            )
        found[domain] = None
    if len(found) > MOST_DOMAINS:
        raise WrongDomain(f"Chỉ ghi tối đa {MOST_DOMAINS} tên miền.")
    return tuple(found)


def check_official_email(
    address: str | None, *, whose: str, ground: Provision | None, official: Collection[str] = ()
) -> tuple[Finding, ...]:
    """What is wrong with an address that must be official; the address itself is not repeated.

    As heavy as `ground` allows; an unknown domain only warns, since no list of domains exists.
    """
    standing = email_standing(address, official=official)
    if standing is EmailStanding.OFFICIAL:
        return ()
    severity = Severity.SHOULD if standing is EmailStanding.UNKNOWN else Severity.MUST
    if ground is None:
        severity = Severity.SHOULD
    message = _MESSAGES[standing].format(whose=whose)
    return (finding(f"email.{standing}", severity, message, _REMEDIES[standing], ground),)


_ASK_FOR_ONE = (
    "Đề nghị cấp tài khoản thư điện tử công vụ, rồi ghi địa chỉ đó vào sổ trước khi gửi đề nghị."
)
_MESSAGES = {
    EmailStanding.MISSING: "{whose} chưa có địa chỉ thư điện tử công vụ.",
    EmailStanding.MALFORMED: "Địa chỉ thư điện tử của {whose} viết không đúng (phải viết không "
    "dấu, không khoảng trắng, dạng ten@coquan.gov.vn).",
    EmailStanding.PERSONAL: "Địa chỉ thư điện tử của {whose} thuộc dịch vụ thư cá nhân; địa chỉ "
    "thư điện tử phải do cơ quan nhà nước cấp.",
    EmailStanding.UNKNOWN: "Chưa rõ địa chỉ thư điện tử của {whose} có do cơ quan nhà nước cấp hay "
    "không (tên miền không thuộc gov.vn).",
}
_REMEDIES = {
    EmailStanding.MISSING: _ASK_FOR_ONE,
    EmailStanding.MALFORMED: "Sửa lại địa chỉ thư điện tử công vụ.",
    EmailStanding.PERSONAL: _ASK_FOR_ONE,
    EmailStanding.UNKNOWN: "Kiểm tra; nếu đúng là tên miền của cơ quan nhà nước thì ghi vào mục "
    "“Tên miền thư công vụ khác” ở trang của cơ quan.",
}
