"""The commands about signatures on files: verify, prepare, stamp. Signing itself is the agent's
(`python3 start.py agent … sign`), because only it talks to tokens.
"""

import base64
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from flask import current_app

import clock
from config import Config

_LEVELS = ("B-T", "B-LT", "B-LTA")


@click.command("verify")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Mỗi tệp một dòng JSON.")
def verify(files: Sequence[Path], as_json: bool) -> None:
    """Kiểm tra chữ ký số của các tệp PDF."""
    from signing.pades.files import verify_file
    from signing.pades.sandbox import Sandbox

    config: Config = current_app.extensions["so_token"]
    unjudged = 0
    with Sandbox(workers=1) as sandbox:
        for file in files:
            report = verify_file(file, config.trust, at=clock.now(), sandbox=sandbox)
            unjudged += report["verdict"] == "không đọc được"
            if as_json:
                click.echo(json.dumps(report, ensure_ascii=False))
            else:
                click.echo(f"{file.name}: {report['verdict']}")
                for reason in report["reasons"]:
                    click.echo(f"  - {reason}")
    if unjudged:
        sys.exit(1)


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_OUT = click.Path(dir_okay=False, path_type=Path)


@click.command("prepare")
@click.argument("file", type=_FILE)
@click.option("--certificate", type=_FILE, required=True, help="Chứng thư của người ký (.cer).")
@click.option("--chain", type=_FILE, multiple=True, help="Chứng thư của cơ quan chứng thực.")
@click.option("--out", type=_OUT, required=True, help="Tệp chờ ký; kèm một tệp .ky.json.")
@click.option("--page", type=click.IntRange(1), default=1, help="Trang đặt chữ ký, từ 1.")
@click.option(
    "--box",
    type=float,
    nargs=4,
    default=(340.0, 60.0, 560.0, 110.0),
    help="Khung chữ ký: trái, dưới, phải, trên (điểm, gốc ở góc dưới bên trái).",
)
@click.option("--field", default="chu_ky", help="Tên của ô chữ ký mới.")
@click.option("--json", "as_json", is_flag=True, help="Nói kết quả bằng một dòng JSON.")
def prepare(
    file: Path,
    certificate: Path,
    chain: Sequence[Path],
    out: Path,
    page: int,
    box: tuple[float, float, float, float],
    field: str,
    as_json: bool,
) -> None:
    """Dựng ô chữ ký và chỗ trống cho chữ ký vào một tệp PDF; việc ký do Trình ký số làm."""
    signer = _certificates(certificate)[0]
    ders = [_der(signer), *(_der(other) for one in chain for other in _certificates(one))]
    sheet = out.with_name(out.name + ".ky.json")
    _refuse_to_overwrite(out, sheet)
    made = _with_hole(file.read_bytes(), signer, ders, field, page, box)
    told = {
        "file": out.name,
        "byte_range": list(made.byte_range),
        "digest": made.digest.hex(),
        "certificate": base64.b64encode(ders[0]).decode(),
        "chain": [base64.b64encode(der).decode() for der in ders[1:]],
    }
    out.write_bytes(made.pdf)
    sheet.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    if as_json:
        said = {"file": str(out), "sheet": str(sheet), "digest": told["digest"]}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(f"Đã dựng {out} và {sheet}. Ký trên máy có thiết bị: sign {out}")


def _with_hole(
    pdf: bytes,
    signer: Any,
    ders: Sequence[bytes],
    field: str,
    page: int,
    box: tuple[float, float, float, float],
) -> Any:
    """The document with a new field and its hole, made where strangers' PDFs are parsed."""
    from cryptography.x509.oid import NameOID

    from letters import fonts
    from signing.errors import SigningError
    from signing.pades import strangers
    from signing.pades.appearance import TextAppearance, signing_lines
    from signing.pades.layout import Box, SignatureField
    from signing.pades.prepare import reserve_for
    from signing.pades.report import Level
    from signing.pades.sandbox import Sandbox

    names = [
        ", ".join(str(one.value) for one in signer.subject.get_attributes_for_oid(kind))
        for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    ]
    at, faces = clock.now(), fonts.find()
    try:
        with Sandbox(workers=1) as sandbox:
            spot = SignatureField(field, Box(page - 1, *box))
            return strangers.prepare(
                sandbox,
                strangers.add_fields(sandbox, pdf, (), (spot,), faces),
                field=field,
                signing_time=at,
                appearance=TextAppearance(signing_lines(*names, at)),
                fonts=faces,
                fill={},
                reserve=reserve_for(ders, Level.B_LTA),
            )
    except SigningError as error:
        raise _told(error) from error


def _refuse_to_overwrite(*files: Path) -> None:
    for file in files:
        if file.exists():
            raise click.ClickException(f"Đã có tệp {file.name}; hãy chọn tên khác.")


def _certificates(file: Path) -> list[Any]:
    from signing.trust.store import read_certificates

    try:
        return read_certificates(file.read_bytes())
    except ValueError as error:
        raise click.ClickException(f"{file.name} không phải tệp chứng thư đọc được.") from error


def _der(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return bytes(certificate.public_bytes(Encoding.DER))


def _told(error: Any) -> click.ClickException:
    """An error of the signing room in its own words: what happened and what to do."""
    return click.ClickException(f"{error.message} {error.advice}")


@click.command("stamp")
@click.argument("file", type=_FILE)
@click.option("--out", type=_OUT, required=True, help="Tệp đã nâng mức.")
@click.option("--level", type=click.Choice(_LEVELS), default="B-T", help="Mức PAdES cần đạt.")
@click.option("--tsa", default="", help="Địa chỉ máy chủ cấp dấu thời gian.")
@click.option("--host", "hosts", multiple=True, help="Máy chủ OCSP, CRL được phép hỏi.")
@click.option("--timeout", type=click.FloatRange(1, 600), default=150.0, help="Số giây chờ.")
@click.option("--json", "as_json", is_flag=True, help="Nói kết quả bằng một dòng JSON.")
def stamp(
    file: Path,
    out: Path,
    level: str,
    tsa: str,
    hosts: Sequence[str],
    timeout: float,
    as_json: bool,
) -> None:
    """Gắn dấu thời gian (B-T), bằng chứng thu hồi (B-LT), dấu lưu trữ (B-LTA) vào tệp đã ký."""
    from signing.errors import SigningError
    from signing.pades.report import Level
    from signing.pades.sandbox import Sandbox
    from signing.pades.tsp import Tsa
    from signing.pades.upgrade import upgrade
    from signing.trust.fetching import HttpFetcher
    from signing.trust.store import TrustStore

    config: Config = current_app.extensions["so_token"]
    _refuse_to_overwrite(out)
    pdf, at = file.read_bytes(), clock.now()
    with Sandbox(workers=1) as sandbox:  # what breaks a reader breaks it there, not here
        report = sandbox.verify(pdf, config.trust, at)
    if report.verdict == "không đọc được":
        raise click.ClickException(f"{file.name}: {' '.join(report.reasons)}")
    allowed = [*hosts, *([urlsplit(tsa).hostname or ""] if tsa else [])]
    try:
        made = upgrade(
            pdf,
            to=Level(f"PAdES {level}"),
            trust=TrustStore.load(config.trust),
            at=at,
            fetch=HttpFetcher(allowed) if allowed else None,
            tsa=Tsa(tsa, timeout) if tsa else None,
        )
    except SigningError as error:
        raise _told(error) from error
    out.write_bytes(made)
    if as_json:
        said = {"file": str(out), "level": level, "changed": made != pdf}
        click.echo(json.dumps(said, ensure_ascii=False))
    else:
        click.echo(f"Đã ghi {out}, mức PAdES {level}.")


@click.command("stamp-queue")
@click.option("--json", "as_json", is_flag=True, help="Nói kết quả bằng một dòng JSON.")
def stamp_queue(as_json: bool) -> None:
    """Gắn dấu thời gian cho các văn bản đang đến lượt; máy chủ đang chạy thì tự làm việc này."""
    done = current_app.extensions["so_token_upgrades"]()
    if as_json:
        click.echo(json.dumps({"raised": done.raised, "failed": done.failed}))
    else:
        click.echo(f"{done.raised} văn bản đã xong, {done.failed} văn bản chưa gắn được.")
    if done.failed:
        sys.exit(1)


COMMANDS = (verify, prepare, stamp, stamp_queue)
