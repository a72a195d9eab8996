"""The commands of `python3 start.py cli …`: thin, each calls one operation or one library room."""

import errno
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from flask import Flask, current_app
from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

import audit
import cli_law
import cli_records
import cli_signing
import cli_words
import clock
from config import ROOT, Config, ConfigError
from extensions import db
from rules.permissions import Role
from tls import TlsError
from version import VERSION

if TYPE_CHECKING:
    from operations.installation import OfficeKind


def register_commands(app: Flask) -> None:
    """Add our commands to the application; `db` comes from Flask-Migrate."""
    for command in (
        init,
        demo,
        users,
        import_certificates,
        notify,
        bench,
        cli_words.database,
        *cli_law.COMMANDS,
        *cli_records.COMMANDS,
        *cli_signing.COMMANDS,
    ):
        app.cli.add_command(cli_words.describe(command))


_OFFICES = {
    "xa": "Ủy ban nhân dân cấp xã",
    "so": "sở, ban, ngành cấp tỉnh",
    "tinh": "Ủy ban nhân dân cấp tỉnh",
    "su-nghiep": "đơn vị sự nghiệp công lập",
    "truong": "trường học",
}


@click.command("init")
@click.option("--empty", is_flag=True, help="Xóa dữ liệu thử nghiệm và bắt đầu với sổ trống.")
@click.option("--agency", help="Tên cơ quan, tổ chức quản lý trực tiếp.")
@click.option(
    "--kind",
    type=click.Choice(list(_OFFICES)),
    help="Cơ quan là: UBND cấp xã, sở (ban, ngành), UBND cấp tỉnh, đơn vị sự nghiệp, trường học.",
)
@click.option("--username", default="quantri", help="Tên đăng nhập của người quản trị đầu tiên.")
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
def init(empty: bool, agency: str | None, kind: str | None, username: str, yes: bool) -> None:
    """Tạo sổ trống của cơ quan, với một người quản trị và mật khẩu dùng một lần."""
    from operations import accounts, installation
    from practice import build

    config: Config = current_app.extensions["so_token"]
    upgrade()
    practice = config.practice or build.look(db.session(), config).practice_id is not None
    if practice and not empty:
        raise click.ClickException(
            "Máy này đang có dữ liệu thử nghiệm. Thêm --empty để xóa dữ liệu thử nghiệm rồi tạo sổ "
            "của cơ quan."
        )
    if not practice:
        installation.refuse_second_beginning(db.session())
    accounts.usable_username(username)
    name = agency or click.prompt("Tên cơ quan, tổ chức quản lý trực tiếp")
    office = _office_kind(name, kind, ask=not (agency and yes))
    deed = "xóa toàn bộ dữ liệu thử nghiệm và tạo" if practice else "tạo"
    if not yes:
        if not cli_words.agreed(f"Việc này {deed} sổ trống của {name}."):
            raise click.Abort
    if practice:
        build.remove(config)
    password = installation.begin(
        db.session(),
        actor=audit.system_actor(clock.now()),
        agency_name=name,
        username=username,
        version=VERSION,
        kind=office,
        after_practice=practice,
    )
    click.echo(f"Đã tạo sổ của {name} ({_OFFICES[office.value]}).")
    click.echo(f"Đăng nhập lần đầu: {username} · mật khẩu dùng một lần: {password}")
    click.echo("Nếu Sổ Token đang chạy, hãy dừng rồi chạy lại.")


def _office_kind(name: str, given: str | None, *, ask: bool) -> "OfficeKind":
    """What the office is: as given, else as its name says, which a person may correct."""
    from operations import installation

    guessed = installation.guess_kind(name)
    if given is None and ask and sys.stdin is not None and sys.stdin.isatty():
        for word, what in _OFFICES.items():
            click.echo(f"  {word:10} {what}")
        while given not in _OFFICES:
            given = click.prompt("Gõ chữ ở đầu dòng của loại cơ quan", default=guessed.value)
    return installation.OfficeKind(given) if given else guessed


@click.command("demo")
def demo() -> None:
    """Tạo dữ liệu thử nghiệm, cơ quan chứng thực thử nghiệm và thiết bị thử nghiệm (SoftHSM2)."""
    from practice import build
    from practice.desk import Draws
    from views.letters_data import draw_letter
    from views.papers_data import draw_paper

    config: Config = current_app.extensions["so_token"]
    upgrade()
    build.run(config, at=clock.now(), draws=Draws(draw_letter, draw_paper))
    logins = config.instance / "practice" / "logins.json"
    click.echo(f"Dữ liệu thử nghiệm đã đủ. Tài khoản và mật khẩu: {logins}")


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
        way = label(user.token_login_mode)
        click.echo(f"{user.username}{state}: {user.display_name} · {grants} · {way}")


@users.command("add")
@click.argument("username")
@click.argument("display_name")
@click.option(
    "--role",
    type=click.Choice([role.name for role in Role]),
    required=True,
    help="Đầu mối, văn thư, lãnh đạo, cán bộ, kiểm tra, Sở, quản trị, theo thứ tự trên.",
)
@click.option("--agency", "agency_code", required=True, help="Mã cơ quan, đơn vị.")
def users_add(username: str, display_name: str, role: str, agency_code: str) -> None:
    """Thêm tài khoản; in mật khẩu dùng một lần."""
    from operations import accounts

    _, password = accounts.create_user(
        db.session(),
        actor=audit.system_actor(clock.now()),
        username=username,
        display_name=display_name,
        person_id=None,
        grants=[(Role[role], _agency_id(agency_code))],
        password=None,
    )
    click.echo(f"Đã thêm tài khoản {username} · mật khẩu dùng một lần: {password}")


@users.command("emergency")
@click.argument("username")
@click.option("--reason", required=True, help="Vì sao cấp mã; được ghi lại và báo cho người dùng.")
def users_emergency_code(username: str, reason: str) -> None:
    """Cấp mã khẩn cấp cho tài khoản chỉ đăng nhập bằng thiết bị khi mất thiết bị."""
    from sqlalchemy import select

    from models import User
    from operations import emergency_codes
    from rules.token_logins import EMERGENCY_HOURS

    user_id = db.session.scalar(select(User.id).where(User.username == username))
    if user_id is None:
        raise click.ClickException(f"Không có tài khoản nào mang tên đăng nhập {username}.")
    code = emergency_codes.issue(
        db.session(), actor=audit.system_actor(clock.now()), user_id=user_id, reason=reason
    )
    click.echo(f"Mã khẩn cấp của {username}: {code}")
    click.echo(
        f"Dùng một lần trong {EMERGENCY_HOURS} giờ, cùng mật khẩu, ở trang /dang-nhap/khan-cap."
    )


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
        db.session(),
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


@click.command("notify")
def notify() -> None:
    """Tạo các nhắc việc đến hạn và gửi thư điện tử; chạy bao nhiêu lần cũng không nhắc hai lần."""
    done = current_app.extensions["so_token_daily"]()
    click.echo(
        f"{done.made} nhắc việc mới, {done.settled} việc đã xong, {done.sent} thư đã gửi, "
        f"{done.refused} thư chưa gửi được."
    )


BENCHES = "audit batch data imports letters pages people sheets signing wsgi".split()


@click.command("bench", context_settings={"ignore_unknown_options": True})
@click.argument("name", type=click.Choice(BENCHES))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(name: str, arguments: Sequence[str]) -> None:
    """Đo một con số đã công bố; các tham số còn lại được chuyển cho phép đo."""
    command = [sys.executable, "-m", f"bench.{name}", *arguments]
    sys.exit(subprocess.run(command, cwd=ROOT, check=False).returncode)  # noqa: S603 - our own module


_REASONS = {
    errno.ENOENT: "không có tệp hay thư mục này",
    errno.EACCES: "không có quyền",
    errno.EPERM: "không có quyền",
    errno.EISDIR: "đây là thư mục",
    errno.ENOTDIR: "đường dẫn đi qua một tệp",
    errno.ENOSPC: "ổ đĩa đã đầy",
    errno.EROFS: "ổ đĩa chỉ cho đọc",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command; a problem that a person can mend is one sentence, not a traceback."""
    from app import create_app
    from letters.errors import LetterError
    from operations.transactions import Conflict, Refused
    from rules.law import LawError

    cli_words.begin()
    group = cli_words.Commands(
        create_app=create_app, add_default_commands=False, add_version_option=False
    )
    group.params.clear()  # Its options choose other applications, and speak English.
    given = list(arguments) if arguments is not None else None
    try:
        status = group.main(
            args=given,
            prog_name=cli_words.NAME,
            standalone_mode=False,
            max_content_width=cli_words.WIDTH,
        )
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        status = error.exit_code
    except click.UsageError as error:
        click.echo(_usage_in_vietnamese(error), err=True)
        status = error.exit_code
    except click.Abort:
        sys.exit("Đã dừng theo yêu cầu.")
    except click.ClickException as error:
        sys.exit(error.format_message())
    except (ConfigError, TlsError, Refused, Conflict, LetterError, LawError) as error:
        sys.exit(str(error))
    except DBAPIError as error:
        sys.exit(_database_in_vietnamese(str(error.orig)))
    except sqlite3.Error as error:  # Of a copy, which SQLite itself makes.
        sys.exit(_database_in_vietnamese(str(error)))
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        why = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
        sys.exit(f"Không đọc hoặc ghi được{where}: {why}.")
    sys.exit(status if isinstance(status, int) else 0)


def _usage_in_vietnamese(error: click.UsageError) -> str:
    """What is wrong with a command line, in one sentence; Click itself speaks English only."""
    command = error.ctx.command_path if error.ctx is not None else cli_words.NAME
    parameter = getattr(error, "param", None)
    name = ""
    if parameter is not None:
        is_option = isinstance(parameter, click.Option)
        given = parameter.opts[0] if is_option else parameter.human_readable_name
        name = cli_words.in_vietnamese(given)
    match error:
        case click.NoSuchOption():
            problem = f"không có tùy chọn {error.option_name}"
        case click.exceptions.NoSuchCommand():
            problem = f"không có lệnh {error.command_name}"
        case click.MissingParameter():
            problem = f"thiếu {name}"
        case click.BadParameter() if parameter is not None:
            choices = getattr(parameter.type, "choices", ())
            one_of = f"; chọn một trong: {', '.join(map(str, choices))}" if choices else ""
            missing = isinstance(parameter.type, click.Path)
            what = "không đọc hoặc ghi được tệp" if missing else "giá trị không dùng được"
            problem = f"{what} ở {name}{one_of}"
        case _:
            problem = "viết chưa đúng"
    return f"Lệnh “{command}”: {problem}. Xem cách dùng: {command} --help"


def _database_in_vietnamese(told: str) -> str:
    said = told.partition("\n")[0]
    if "no such table" in said or "no such column" in said or "does not exist" in said:
        return (
            "Cơ sở dữ liệu chưa được tạo hoặc chưa được nâng cấp. Chạy lệnh “db upgrade” rồi thử "
            "lại."
        )
    # Whole phrases: a column may be called full_name or locked_until.
    if "disk is full" in said or "No space left" in said:
        return "Ổ đĩa đã đầy. Hãy giải phóng chỗ trống rồi làm lại; chưa có gì bị thay đổi."
    if "readonly database" in said or "unable to open" in said:
        return "Không ghi được cơ sở dữ liệu: ổ đĩa, thư mục chỉ cho đọc hoặc không có quyền."
    if "is locked" in said:
        return "Cơ sở dữ liệu đang bận. Hãy thử lại sau ít phút."
    return f"Không làm việc được với cơ sở dữ liệu ({said})."


if __name__ == "__main__":
    main()
