"""The commands of what must be kept: the log, verified and exported, and copies of everything."""

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import click
from flask import current_app

import audit
import clock
import tls
from config import Config
from extensions import db
from version import VERSION


@click.group("audit")
def audit_commands() -> None:
    """Nhật ký hệ thống."""


@audit_commands.command("verify")
@click.option(
    "--witness",
    "witnesses",
    multiple=True,
    metavar="SỐ:MÃ",
    help="Sự kiện và mã đã ghi lại ở nơi khác, ví dụ 120:3fa9c1d2; dùng được nhiều lần.",
)
def audit_verify(witnesses: Sequence[str]) -> None:
    """Kiểm tra toàn bộ chuỗi nhật ký từ sự kiện đầu tiên.

    Người có toàn quyền trên cơ sở dữ liệu có thể dựng lại cả chuỗi; việc đó chỉ lộ ra khi đối chiếu
    với số và mã sự kiện đã ghi lại ở nơi khác (--witness).
    """
    result = audit.verify(db.session(), witnesses=[_witness(text) for text in witnesses])
    for seq in result.set_back:
        click.echo(f"Lưu ý: đồng hồ máy chủ bị chỉnh lùi trước sự kiện số {seq}.")
    if not result.sound:
        raise click.ClickException(
            f"Nhật ký KHÔNG toàn vẹn tại sự kiện số {result.broken_at}: {result.reason}."
        )
    click.echo(f"Nhật ký toàn vẹn: {result.events} sự kiện.")
    if result.events:
        click.echo(f"Để đối chiếu về sau, hãy ghi lại: {result.events}:{result.head[:16]}")


def _witness(text: str) -> audit.Witness:
    try:
        return audit.Witness.parse(text)
    except ValueError:
        raise click.ClickException(
            f"“{text}” không đúng dạng SỐ:MÃ (ít nhất 8 chữ số của mã), ví dụ 120:3fa9c1d2."
        ) from None


@audit_commands.command("export")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Tệp ghi ra; chưa có.",
)
@click.option("--json", "as_json", is_flag=True, help="Nói kết quả bằng một dòng JSON.")
def audit_export(out: Path, as_json: bool) -> None:
    """Xuất toàn bộ nhật ký, mỗi sự kiện một dòng JSON kèm mã băm, để kiểm tra không cần phần mềm.

    Cách kiểm tra độc lập bằng mười dòng Python: docs/how-to/audit.md.
    """
    from operations import exports

    if out.exists():
        raise click.ClickException(f"Đã có tệp {out.name}; hãy chọn tên khác.")
    partial, digest = out.with_name(out.name + ".dang-ghi"), hashlib.sha256()
    events, head = 0, audit.GENESIS
    try:
        with partial.open("wb") as stream:
            for line in audit.lines(db.session()):
                content = line.encode() + b"\n"
                stream.write(content)
                digest.update(content)
                events, head = events + 1, json.loads(line)["hash"]
        os.replace(partial, out)
    finally:
        partial.unlink(missing_ok=True)
    exports.log_exported(
        db.session(),
        actor=audit.system_actor(clock.now()),
        events=events,
        sha256=digest.hexdigest(),
    )
    if as_json:
        said = {"file": str(out), "events": events, "head": head, "sha256": digest.hexdigest()}
        click.echo(json.dumps(said, ensure_ascii=False))
        return
    click.echo(f"Đã xuất {events} sự kiện vào {out}. SHA-256 của tệp: {digest.hexdigest()}")
    click.echo(f"Để đối chiếu về sau, hãy ghi lại: {events}:{head[:16]}")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--with-keys", is_flag=True, help="Chép cả khóa của máy chủ; giữ tệp ở nơi an toàn.")
@click.option("--json", "as_json", is_flag=True, help="Nói kết quả bằng một dòng JSON.")
def backup(file: Path, with_keys: bool, as_json: bool) -> None:
    """Sao lưu cơ sở dữ liệu và tệp của sổ ngay cả khi đang chạy, rồi khôi phục thử để chắc chắn."""
    from operations import backups

    config: Config = current_app.extensions["so_token"]
    made = backups.make(
        db.session(),
        actor=audit.system_actor(clock.now()),
        instance=config.instance,
        database_url=config.database_url,
        out=file,
        with_keys=with_keys,
        version=VERSION,
        clock=clock.now,
    )
    if as_json:
        click.echo(json.dumps({"file": str(file), **backups.as_words(made)}, ensure_ascii=False))
    else:
        click.echo(f"Đã sao lưu vào {file} và đã khôi phục thử: {made.events} sự kiện nhật ký.")
        click.echo(f"SHA-256 của bản sao lưu: {made.sha256}")
    if with_keys:
        warning = (
            "CẢNH BÁO: bản sao lưu này có khóa của máy chủ. Ai có nó đọc được số định danh cá nhân "
            "và mạo danh được máy chủ; hãy mã hóa hoặc cất trong két."
        )
    else:
        warning = (
            "Lưu ý: bản sao lưu không có khóa. Thiếu instance/keys/citizen_id.key thì không đọc "
            "lại được số định danh cá nhân; hãy cất thư mục instance/keys ở nơi khác."
        )
    click.echo(warning, err=True)


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Thư mục trống, hoặc chưa có.",
)
@click.option("--json", "as_json", is_flag=True, help="Nói kết quả bằng một dòng JSON.")
def restore(file: Path, into: Path, as_json: bool) -> None:
    """Khôi phục một bản sao lưu vào thư mục trống; không động đến dữ liệu đang dùng."""
    from operations import backups

    back = backups.restore(file, into, actor=audit.system_actor(clock.now()))
    if as_json:
        click.echo(json.dumps({"into": str(into), **backups.as_words(back)}, ensure_ascii=False))
        return
    click.echo(f"Đã khôi phục vào {into}: nhật ký toàn vẹn đến sự kiện số {back.events}.")
    if not back.with_keys:
        click.echo(
            f"Bản sao lưu không có khóa. Trước khi chạy, chép thư mục keys của máy cũ vào {into}."
        )
    click.echo("Để dùng bản này, dừng Sổ Token và đặt thư mục vừa khôi phục làm thư mục instance.")


@click.command("tls")
@click.option("--renew", is_flag=True, help="Tạo ngay chứng thư mới; dùng từ lần chạy sau.")
@click.option(
    "--name",
    "names",
    multiple=True,
    metavar="TÊN",
    help="Thêm một tên hay địa chỉ IP mà mọi người dùng để mở trang; dùng được nhiều lần.",
)
def tls_certificate(renew: bool, names: Sequence[str]) -> None:
    """Xem chứng thư TLS của máy chủ: dấu vân tay, tên, địa chỉ, ngày hết hạn; hoặc tạo mới."""
    config: Config = current_app.extensions["so_token"]
    folder = config.instance / "tls"
    path = folder / tls.CERTIFICATE
    before = tls.read(path) if path.exists() else None
    if renew:
        leaf = tls.renew(folder, more=names)
    elif names:
        leaf = tls.include(folder, names)
    elif before is not None:
        leaf = before
    else:
        raise click.ClickException(
            "Chưa có chứng thư TLS: phần mềm tự tạo khi chạy với --host, hoặc thêm --renew."
        )
    whose = "phần mềm tự tạo" if leaf.generated else "của cơ quan"
    click.echo(f"Chứng thư TLS {whose}, hết hạn {leaf.ends_at.astimezone(clock.VIETNAM):%d/%m/%Y}")
    click.echo(f"Tên và địa chỉ: {', '.join((*leaf.names, *leaf.addresses))}")
    click.echo(f"Dấu vân tay SHA-256: {leaf.fingerprint}")
    if leaf != before:
        click.echo("Dừng Sổ Token rồi chạy lại để dùng chứng thư mới.")


COMMANDS = (audit_commands, backup, restore, tls_certificate)
