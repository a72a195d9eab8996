"""The agent's commands without pages: `python -m signing.agent tokens|certificates|sign|speed`.

For a person at the terminal of the computer that the token hangs on. `sign` signs a file that the
server's `cli prepare` made ready, together with its sheet (`FILE.ky.json`); it never changes what
it signs. The PIN is asked at the terminal, never taken from the command line or a file.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import getpass
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from signing import cms
from signing.agent.certificates import describe, pin_words, unfit
from signing.agent.clock import now
from signing.agent.command_line import CommandLine
from signing.agent.journal import TERMINAL, Journal, JournalBroken
from signing.agent.pin_window import CONFIRMATION, confirms
from signing.agent.speed import sample
from signing.agent.state import default_folder, make_private_folder
from signing.errors import HashMismatch, SigningError
from signing.tokens.drivers import find_drivers
from signing.tokens.manager import TokenManager
from signing.tokens.types import TokenInfo, TokenListing

COMMANDS = ("tokens", "certificates", "sign", "speed")

Ask = Callable[[str], str]


class Stop(Exception):
    """The command cannot go on; the sentence says why."""


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line says."""
    common = CommandLine(add_help=False)
    common.add_argument("--json", action="store_true", help="nói kết quả bằng JSON")
    common.add_argument("--state", type=Path, default=None, help="thư mục trạng thái")
    common.add_argument("--module", type=Path, action="append", default=[], help="tệp PKCS#11")
    common.add_argument("--only-module", action="store_true", help="chỉ dùng các tệp ở --module")
    parser = CommandLine(prog="start.py agent", description="Các lệnh của Trình ký số.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("tokens", parents=[common], help="liệt kê thiết bị đang cắm")
    listed = commands.add_parser(
        "certificates", parents=[common], help="liệt kê chứng thư trên thiết bị"
    )
    listed.add_argument(
        "--save",
        type=Path,
        metavar="THƯ-MỤC",
        help="chép chứng thư ra tệp .cer",
    )
    sign = commands.add_parser("sign", parents=[common], help="ký các tệp đã được prepare")
    sign.add_argument("files", nargs="+", type=Path, metavar="TỆP", help="tệp PDF")
    speed = commands.add_parser("speed", parents=[common], help="đo tốc độ ký; cần mã PIN")
    speed.add_argument("--certificate", default="", metavar="SHA256", help="chứng thư dùng để đo")
    speed.add_argument("--repeat", type=int, default=5, help="số lần ký (mặc định 5)")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str], ask: Ask = getpass.getpass) -> int:
    """Do one command: 0 when all of it was done, 1 with one sentence otherwise."""
    chosen = read_arguments(arguments)
    folder = chosen.state or default_folder()
    try:
        make_private_folder(folder)
        drivers = find_drivers(also=chosen.module)
        if chosen.only_module:
            drivers = drivers[: len(chosen.module)]
        with TokenManager([each.path for each in drivers], folder) as tokens:
            return _ACTS[chosen.command](chosen, tokens, folder, ask)
    except SigningError as error:
        return _fail(f"{error.message} {error.advice}")
    except (Stop, JournalBroken) as error:
        return _fail(str(error))
    except OSError as error:
        return _fail(f"Không đọc hoặc ghi được {error.filename or folder}.")


def _say(words: str) -> None:
    sys.stdout.write(words + "\n")


def _fail(words: str) -> int:
    sys.stderr.write(words + "\n")
    return 1


def _tokens(chosen: argparse.Namespace, tokens: TokenManager, _folder: Path, _ask: Ask) -> int:
    listing = tokens.list_tokens()
    for one in listing.tokens:
        words, _ = pin_words(one.pin)
        if chosen.json:
            plain: dict[str, Any] = {
                "label": one.label,
                "serial": one.serial,
                "manufacturer": one.manufacturer,
                "model": one.model,
                "module": one.module,
                "certificates": len(one.certificates),
                "pin": asdict(one.pin),
                "pin_words": words,
            }
            _say(json.dumps(plain, ensure_ascii=False))
        else:
            _say(f"{one.label} · số {one.serial} · {one.manufacturer} {one.model}".rstrip())
            _say(f"  {len(one.certificates)} chứng thư. {words}")
    return _ended(listing)


def _certificates(
    chosen: argparse.Namespace, tokens: TokenManager, _folder: Path, _ask: Ask
) -> int:
    listing = tokens.list_tokens()
    for token in listing.tokens:
        for one in token.certificates:
            shown = describe(one.der)
            saved = _saved(chosen.save, one.der, shown.serial) if chosen.save else ""
            if chosen.json:
                plain = {"token": token.serial, **asdict(shown)}
                _say(json.dumps(plain | ({"file": saved} if saved else {}), ensure_ascii=False))
            else:
                _say(f"{shown.holder} · {shown.organisation} · đến ngày {shown.valid_until}")
                _say(f"  SHA-256 {shown.sha256} · thiết bị {token.serial}")
                if saved:
                    _say(f"  {saved}")
    return _ended(listing)


def _ended(listing: TokenListing) -> int:
    """Say what could not be read, and that nothing is there where nothing is."""
    for problem in listing.problems:
        _fail(f"{problem.module} {problem.slot}: {problem.error.message}".strip())
    if not listing.tokens and not listing.problems:
        raise listing.missing()
    return 0 if listing.tokens else 1


def _saved(folder: Path, der: bytes, serial: str) -> str:
    """Write a certificate to a file of its own; the same one may lie there already."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"chung-thu-{serial}.cer"
    if path.exists() and path.read_bytes() != der:
        raise Stop(f"Đã có tệp {path} với nội dung khác.")
    path.write_bytes(der)
    return str(path)


def _holder(tokens: TokenManager, der: bytes) -> TokenInfo:
    listing = tokens.list_tokens()
    for one in listing.tokens:
        if der in {each.der for each in one.certificates}:
            return one
    raise listing.missing()


def _pin(token: TokenInfo, ask: Ask) -> tuple[str | None, bool]:
    """The PIN (None for a pad), and whether it may be the last try."""
    if token.pin.hopeless is not None:
        raise token.pin.hopeless
    words, warn = pin_words(token.pin)
    if warn:
        sys.stderr.write(words + "\n")
    if token.pin.asks_confirmation and not confirms(
        ask(f"Nếu chắc chắn nhớ đúng mã PIN, gõ {CONFIRMATION} (chữ gõ vào không hiện ra): ")
    ):
        raise Stop("Chưa xác nhận lần nhập cuối nên không thử mã PIN.")
    pad = token.pin.protected_path
    return (
        None if pad else ask(f"Mã PIN của thiết bị {token.label}: "),
        token.pin.last_try,
    )


def _sign(chosen: argparse.Namespace, tokens: TokenManager, folder: Path, ask: Ask) -> int:
    """One login for all files; the first error ends it, what was signed before is kept."""
    from signing.pades.splice import splice  # The agent's pages never load what parses PDFs.

    sheets = [_sheet(file) for file in chosen.files]
    der = sheets[0].certificate
    if any(each.certificate != der for each in sheets):
        raise Stop("Các tệp được dựng cho những chứng thư khác nhau; hãy ký riêng từng chứng thư.")
    problem = unfit(der, (), now())  # term and purpose; what is in `chain` was typed by hand
    if problem is not None:
        raise problem
    journal = Journal(folder / TERMINAL, now)
    shown = describe(der)
    sys.stderr.write(f"Ký {len(sheets)} tệp bằng chứng thư của {shown.holder}.\n")
    pin, final = _pin(_holder(tokens, der), ask)
    attributes = [cms.signed_attributes(each.digest, der) for each in sheets]
    signatures = tokens.sign(der, attributes, pin, allow_final_try=final)
    del pin
    for sheet, signed, signature in zip(sheets, attributes, signatures, strict=True):
        container = cms.assemble(signed, signature, der, sheet.chain)
        made = splice(
            sheet.pdf, sheet.byte_range, container, digest=sheet.digest, certificate_der=der
        )
        sheet.out.write_bytes(made)
        journal.record(
            "signed",
            server_id="",
            job_id="",
            certificate_sha256=shown.sha256,
            documents=[hashlib.sha256(sheet.pdf).hexdigest()],
            cms=[hashlib.sha256(container).hexdigest()],
        )
        if chosen.json:
            _say(json.dumps({"file": str(sheet.out), "signer": shown.holder}, ensure_ascii=False))
        else:
            _say(f"Đã ký: {sheet.out}")
    return 0


class _Sheet:
    """One file that `cli prepare` made ready, checked against its sheet."""

    def __init__(self, file: Path, told: dict[str, Any]) -> None:
        self.pdf = file.read_bytes()
        self.out = file.with_name(f"{file.stem}-da-ky.pdf")
        self.byte_range = tuple(int(one) for one in told["byte_range"])
        self.certificate = base64.b64decode(told["certificate"], validate=True)
        self.chain = [base64.b64decode(one, validate=True) for one in told["chain"]]
        self.digest = cms.digest_of(self.pdf, self.byte_range)
        if self.digest.hex() != told["digest"]:
            raise HashMismatch("the file is not the one that its sheet describes")
        if self.out.exists():
            raise Stop(f"Đã có tệp {self.out.name}; không ghi đè.")


def _sheet(file: Path) -> _Sheet:
    place = file.with_name(file.name + ".ky.json")
    if not place.exists():
        raise Stop(f"{file.name} chưa được dựng để ký: thiếu {place.name} của lệnh “cli prepare”.")
    try:
        return _Sheet(file, json.loads(place.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise Stop(f"{place.name} không đúng dạng.") from error


def _speed(chosen: argparse.Namespace, tokens: TokenManager, _folder: Path, ask: Ask) -> int:
    """As on the agent's page: what is signed can be no document (`signing.agent.speed`)."""
    listed = [
        (token, each.der) for token in tokens.list_tokens().tokens for each in token.certificates
    ]
    wanted = chosen.certificate.lower()
    fitting = [one for one in listed if hashlib.sha256(one[1]).hexdigest().startswith(wanted)]
    if len(fitting) != 1:
        raise Stop("Chọn đúng một chứng thư bằng --certificate (xem lệnh “certificates”).")
    token, der = fitting[0]
    pin, final = _pin(token, ask)
    count = min(max(chosen.repeat, 1), 50)
    items = [sample() for _ in range(count)]
    times: list[float] = []
    began = time.monotonic()
    for _ in tokens.sign(der, items, pin, final):
        times.append((time.monotonic() - began) * 1000)
        began = time.monotonic()
    usual = times[1:] or times
    told = {
        "signatures": len(times),
        "first_ms": round(times[0], 1),
        "median_ms": round(statistics.median(usual), 1),
    }
    if chosen.json:
        _say(json.dumps(told))
    else:
        _say(f"{told['signatures']} lần ký: lần đầu (kèm đăng nhập) {told['first_ms']} ms,")
        _say(f"các lần sau {told['median_ms']} ms.")
    return 0


_ACTS = {"tokens": _tokens, "certificates": _certificates, "sign": _sign, "speed": _speed}
