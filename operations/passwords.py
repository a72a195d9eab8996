"""Passwords: how they are hashed, which are refused, and how a first one is made.

No web and no database here. A password is never written to a log, an event or an exception.
"""

import re
import secrets
import threading
import unicodedata
from dataclasses import dataclass
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from operations.transactions import Refused
from rules.names import fold

MINIMUM_LENGTH = 12
"""Characters. NIST SP 800-63B asks for 8 and recommends 15; there is no second factor here."""
MAXIMUM_LENGTH = 128
"""Characters; room for any sentence, and an end to what strangers can make us read."""

# RFC 9106 section 4, second recommended option (64 MiB, three passes, four lanes): what an office
# PC that also runs the server can spare. 120 ms on two cores; the first option takes 2 GiB.
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)
# Two at once, so that a burst of logins (or of guesses) costs 128 MiB and not the whole machine.
_ROOM = threading.BoundedSemaphore(2)

# The commonest of twelve characters and more, here and abroad; compared without accents, blanks and
# signs. Shorter ones are refused by their length, rows of keys and repetitions by their pattern.
_COMMONEST = frozenset(
    """
    matkhau12345 matkhau123456 matkhaumoi123 matkhaulagi123 matkhaumacdinh matkhaumatkhau
    khongcomatkhau khongnhomatkhau toiquenmatkhau quenmatkhauroi doimatkhaulandau
    anhyeuem12345 emyeuanh12345 anhyeuemnhieu anhyeuemmaimai emyeuanhnhieu toiyeuvietnam
    yeuemmaimai123 iloveyouforever iloveyou12345 motnguoidung123 xinchaovietnam
    vietnam123456 vietnamvodich vietnamquehuong quantrihethong quantri123456 administrator
    administrator1 administrator123 admin1234567 admin12345678 adminadmin123 password1234
    password12345 password123456 password123456789 passwordpassword passw0rd1234 p4ssword1234
    letmein123456 welcome12345 welcome123456 changeme1234 changemeplease correcthorsebatterystaple
    thisisapassword 1qaz2wsx3edc 1q2w3e4r5t6y 1q2w3e4r5t6y7u zaq12wsxcde3 qwerty123456 qwerty1234567
    qweasdzxc123 asdfghjkl123 abcd12345678 abc123456789 abcdef123456 a1b2c3d4e5f6 123456789abc
    123456789qwe chuchinhquyen ubndxa123456 uybannhandan uybannhandanxa sokhoahoccongnghe
    vanphonguyban vanthu123456 lanhdao123456 canbocongchuc hochiminh1890 hanoi1010101 saigon123456
    congnghethongtin chukyso123456 sotoken123456
    """.split()
)
_ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")
_READABLE = "23456789abcdefghjkmnpqrstuvwxyz"  # no 0 o, 1 l i: it is copied from paper by hand


class WeakPassword(Refused):
    """A new password that is too easy to guess; `problems` are Vietnamese sentences."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__(" ".join(problems))


@dataclass(frozen=True)
class Check:
    """Whether a password was right, and whether its stored hash should be made anew."""

    right: bool
    outdated: bool = False


def _normal(password: str) -> str:
    # NIST SP 800-63B section 3.1.1.2: one Vietnamese keyboard sends "ậ" as one character, another
    # as three; without this the same words on another computer would be another password.
    return unicodedata.normalize("NFKC", password)


def hash_password(password: str) -> str:
    """Argon2id hash with its own salt. Slow on purpose: never inside a write transaction."""
    with _ROOM:
        return _HASHER.hash(_normal(password))


@cache
def _nobodys_hash() -> str:
    return hash_password(secrets.token_urlsafe(32))


def check(stored: str | None, password: str) -> Check:
    """Compare a password with a stored hash, or with nobody's hash when there is no account.

    An unknown user name thus takes as long as a known one. Slow on purpose: never inside a write
    transaction. A damaged stored hash counts as a wrong password.
    """
    against = stored if stored is not None else _nobodys_hash()
    with _ROOM:
        try:
            _HASHER.verify(against, _normal(password))
        except (VerificationError, InvalidHashError):
            return Check(right=False)
    if stored is None:
        return Check(right=False)
    return Check(right=True, outdated=_HASHER.check_needs_rehash(stored))


def problems(password: str, *, username: str) -> tuple[str, ...]:
    """What speaks against a new password, in Vietnamese sentences; empty when it is good.

    Length and guessability only: rules about capitals and signs make passwords worse
    (NIST SP 800-63B section 3.1.1.2).
    """
    normal = _normal(password)
    if len(normal) < MINIMUM_LENGTH:
        too_short = f"Mật khẩu phải có ít nhất {MINIMUM_LENGTH} ký tự."
        return (f"{too_short} Một câu ngắn dễ nhớ, có dấu cách, là mật khẩu tốt.",)
    if len(normal) > MAXIMUM_LENGTH:
        return (f"Mật khẩu không được dài quá {MAXIMUM_LENGTH} ký tự.",)
    bare = _bare(normal)
    if bare and bare.rstrip("0123456789") == _bare(username).rstrip("0123456789"):
        return ("Mật khẩu không được trùng với tên đăng nhập.",)
    if bare in _COMMONEST or _is_pattern(normal.casefold()) or _is_pattern(bare):
        return ("Mật khẩu này quá phổ biến, dễ bị đoán. Hãy chọn mật khẩu khác.",)
    return ()


def require_good(password: str, *, username: str) -> None:
    """Raise `WeakPassword` when a new password may not be used."""
    found = problems(password, username=username)
    if found:
        raise WeakPassword(found)


def _bare(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))


def _is_pattern(text: str) -> bool:
    """True for up to four characters over and over, and for a row of neighbouring keys."""
    if not text:
        return False
    for period in range(1, 5):
        if all(letter == text[place % period] for place, letter in enumerate(text)):
            return True
    return any(text in row or text in row[::-1] for row in _ROWS)


def first_password() -> str:
    """A random one-time password of 79 bits, in groups that can be read out and copied by hand."""
    groups = ("".join(secrets.choice(_READABLE) for _ in range(4)) for _ in range(4))
    return "-".join(groups)
