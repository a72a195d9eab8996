"""The commands of `python3 start.py cli …`: thin, each calls one operation or one library room."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup
from flask_migrate import upgrade

import audit
import clock
from config import Config, ConfigError
from extensions import db
from rules.permissions import Role


def register_commands(app: Flask) -> None:
    """Add our commands to the application; `db` comes from Flask-Migrate."""
    for command in (
        init,
        demo,
        users,
        import_certificates,
        audit_commands,
        letters_commands,
        regulations_commands,
        verify,
    ):
        app.cli.add_command(command)


@click.command("init")
@click.option("--empty", is_flag=True, help="Xóa dữ liệu thử nghiệm và bắt đầu với sổ trống.")
@click.option("--agency", help="Tên cơ quan, tổ chức quản lý trực tiếp.")
@click.option("--username", default="quantri", help="Tên đăng nhập của người quản trị đầu tiên.")
@click.confirmation_option(prompt="Việc này tạo sổ trống cho cơ quan. Tiếp tục?")
def init(empty: bool, agency: str | None, username: str) -> None:
    """Tạo sổ trống của cơ quan, với một người quản trị và mật khẩu dùng một lần."""
    from operations import installation

    config: Config = current_app.extensions["so_token"]
    if empty and config.practice:
        _remove_practice(config)
    upgrade()
    name = agency or click.prompt("Tên cơ quan, tổ chức quản lý trực tiếp")
    password = installation.begin(
        db.session, actor=audit.system_actor(clock.now()), agency_name=name, username=username
    )
    click.echo(f"Đã tạo sổ của {name}.")
    click.echo(f"Đăng nhập lần đầu: {username} · mật khẩu dùng một lần: {password}")


def _remove_practice(config: Config) -> None:
    """Drop the practice database, authority and tokens; nothing of them is worth keeping."""
    db.session.remove()
    db.engine.dispose()
    if db.engine.dialect.name == "sqlite":
        for suffix in ("", "-wal", "-shm"):
            Path(f"{db.engine.url.database}{suffix}").unlink(missing_ok=True)
    else:
        db.metadata.drop_all(db.engine)
        with db.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE IF EXISTS alembic_version")
    for name in ("practice", "trust"):
        shutil.rmtree(config.instance / name, ignore_errors=True)


@click.command("demo")
def demo() -> None:
    """Tạo dữ liệu thử nghiệm, cơ quan chứng thực thử nghiệm và thiết bị thử nghiệm (SoftHSM2)."""
    from practice import build

    config: Config = current_app.extensions["so_token"]
    upgrade()
    build.run(config, at=clock.now())


@click.group("users")
def users() -> None:
    """Tài khoản người dùng."""


@users.command("list")
def users_list() -> None:
    """Liệt kê tài khoản, vai trò và phạm vi."""
    from sqlalchemy import select

    from labels import label
    from models import User

    for user in db.session.scalars(select(User).order_by(User.username)):
        grants = "; ".join(f"{label(grant.role)} – {grant.agency.name}" for grant in user.grants)
        state = "" if user.is_active else " (đã khóa)"
        click.echo(f"{user.username}{state}: {user.display_name} · {grants}")


@users.command("add")
@click.argument("username")
@click.argument("display_name")
@click.option("--role", type=click.Choice([role.name for role in Role]), required=True)
@click.option("--agency", "agency_code", required=True, help="Mã cơ quan, đơn vị.")
def users_add(username: str, display_name: str, role: str, agency_code: str) -> None:
    """Thêm tài khoản; in mật khẩu dùng một lần."""
    from operations import accounts

    _, password = accounts.create_user(
        db.session,
        actor=audit.system_actor(clock.now()),
        username=username,
        display_name=display_name,
        person_id=None,
        grants=[(Role[role], _agency_id(agency_code))],
        password=None,
    )
    click.echo(f"Đã thêm tài khoản {username} · mật khẩu dùng một lần: {password}")


def _agency_id(code: str) -> int:
    from sqlalchemy import select

    from models import Agency

    found = db.session.scalar(select(Agency.id).where(Agency.code == code))
    if found is None:
        raise click.ClickException(f"Không có cơ quan, đơn vị nào mang mã {code}.")
    return found


@click.command("import")
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option("--username", required=True, help="Tài khoản đầu mối sẽ xem lại và lưu.")
@click.option("--agency", "agency_code", help="Mã cơ quan; mặc định là nơi của tài khoản.")
def import_certificates(files: Sequence[Path], username: str, agency_code: str | None) -> None:
    """Đọc chứng thư từ tệp và đối chiếu với sổ; chỉ lưu sau khi có người xem lại trên trang web."""
    from labels import label
    from models import ImportBatch
    from operations import certificate_imports
    from sheets import certificate_files

    user_id, agency_id = _importer(username)
    actor = audit.Actor(user_id, None, (), audit.SYSTEM_ADDRESS, clock.now())
    found = certificate_files.read_files((file.name, file.read_bytes()) for file in files)
    number = certificate_imports.stage(
        db.session,
        actor=actor,
        agency_id=_agency_id(agency_code) if agency_code else agency_id,
        source=certificate_imports.FILES,
        incoming=[
            certificate_imports.Incoming(one.source, one.content, one.reason) for one in found
        ],
    )
    for item in db.session.get_one(ImportBatch, number).items:
        click.echo(f"{item.file_name}: {label(item.verdict)}. {item.reason}".rstrip(". ") + ".")
    click.echo(f"Chưa lưu gì vào sổ. Xem lại và lưu tại trang /chung-thu/nhap/{number}")


def _importer(username: str) -> tuple[int, int]:
    """The account that will look at an import, and the agency of its first role for importing."""
    from sqlalchemy import select

    from models import User
    from rules.permissions import Permission, roles_with

    user = db.session.scalar(select(User).where(User.username == username, User.is_active))
    if user is None:
        raise click.ClickException(f"Không có tài khoản nào mang tên đăng nhập {username}.")
    importing = roles_with(Permission.CERTIFICATE_IMPORT)
    places = [grant.agency_id for grant in user.grants if grant.role in importing]
    if not places:
        raise click.ClickException(f"Tài khoản {username} không có quyền nhập chứng thư.")
    return user.id, places[0]


@click.group("audit")
def audit_commands() -> None:
    """Nhật ký hệ thống."""


@audit_commands.command("verify")
def audit_verify() -> None:
    """Kiểm tra toàn bộ chuỗi nhật ký từ sự kiện đầu tiên."""
    result = audit.verify(db.session)
    if not result.sound:
        raise click.ClickException(
            f"Nhật ký KHÔNG toàn vẹn tại sự kiện số {result.broken_at}: {result.reason}."
        )
    click.echo(f"Nhật ký toàn vẹn: {result.events} sự kiện, mã đầu chuỗi {result.head[:16]}.")


@click.group("letters")
def letters_commands() -> None:
    """Văn bản theo mẫu."""


@letters_commands.command("sample")
@click.option("--form", "form_number", default="04", help="Số của mẫu (hiện có: 04).")
@click.option("--regulation", default="decree_68_2024", help="Tên văn bản quy định áp dụng.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def letters_sample(form_number: str, regulation: str, out: Path) -> None:
    """Vẽ một mẫu văn bản với dữ liệu thử nghiệm."""
    from practice import samples

    try:
        out.write_bytes(samples.draw(form_number, regulation))
    except samples.NoSuchForm as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Đã vẽ Mẫu số {form_number} vào {out}.")


@click.group("regulations")
def regulations_commands() -> None:
    """Văn bản quy định được nạp làm dữ liệu."""


@regulations_commands.command("check")
def regulations_check() -> None:
    """Kiểm tra các tệp quy định và in ra những điều mới chỉ là suy luận."""
    import regulations

    law = regulations.load()
    for line in law.inferred():
        click.echo(f"- {line}")
    problems = law.problems()
    for line in problems:
        click.echo(f"! {line}", err=True)
    if problems:
        raise click.ClickException("Có lỗi trong tệp quy định.")
    click.echo("Các tệp quy định đều đọc được.")


@click.command("verify")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Mỗi tệp một dòng JSON.")
def verify(files: Sequence[Path], as_json: bool) -> None:
    """Kiểm tra chữ ký số của các tệp PDF."""
    from signing.pades.files import verify_file

    config: Config = current_app.extensions["so_token"]
    unjudged = 0
    for file in files:
        report = verify_file(file, config.trust, at=clock.now())
        unjudged += report["verdict"] == "không đọc được"
        if as_json:
            click.echo(json.dumps(report, ensure_ascii=False))
        else:
            click.echo(f"{file.name}: {report['verdict']}")
            for reason in report["reasons"]:
                click.echo(f"  - {reason}")
    if unjudged:
        sys.exit(1)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; a problem that a person can mend is one sentence, not a traceback."""
    from app import create_app

    group = FlaskGroup(create_app=create_app, add_default_commands=True)
    try:
        group.main(args=list(arguments) if arguments is not None else None, prog_name="cli")
    except ConfigError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
