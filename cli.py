"""The commands of `python3 start.py cli …`: thin, each calls one operation or one library room."""

import errno
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup
from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

import audit
import clock
from config import ROOT, Config, ConfigError
from extensions import db
from rules.law_parsing import Instrument
from rules.permissions import Role
from rules.provisions import Certainty
from version import VERSION


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
        notify,
        bench,
    ):
        app.cli.add_command(command)


@click.command("init")
@click.option("--empty", is_flag=True, help="Xóa dữ liệu thử nghiệm và bắt đầu với sổ trống.")
@click.option("--agency", help="Tên cơ quan, tổ chức quản lý trực tiếp.")
@click.option("--username", default="quantri", help="Tên đăng nhập của người quản trị đầu tiên.")
@click.option("--yes", is_flag=True, help="Không hỏi lại.")
def init(empty: bool, agency: str | None, username: str, yes: bool) -> None:
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
    deed = "xóa toàn bộ dữ liệu thử nghiệm và tạo" if practice else "tạo"
    if not yes:
        click.confirm(f"Việc này {deed} sổ trống của {name}. Tiếp tục?", abort=True)
    if practice:
        build.remove(config)
    password = installation.begin(
        db.session(),
        actor=audit.system_actor(clock.now()),
        agency_name=name,
        username=username,
        version=VERSION,
    )
    click.echo(f"Đã tạo sổ của {name}.")
    click.echo(f"Đăng nhập lần đầu: {username} · mật khẩu dùng một lần: {password}")
    click.echo("Nếu Sổ Token đang chạy, hãy dừng rồi chạy lại.")


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
        db.session(),
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


@click.group("letters")
def letters_commands() -> None:
    """Văn bản theo mẫu."""


@letters_commands.command("sample")
@click.option("--form", "form_number", default="04", help="Số của mẫu, từ 01 đến 09.")
@click.option("--regulation", default="decree_68_2024", help="Tên văn bản quy định áp dụng.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--docx", is_flag=True, help="Ghi thêm bản Word cùng tên, đuôi .docx.")
def letters_sample(form_number: str, regulation: str, out: Path, docx: bool) -> None:
    """Vẽ một mẫu văn bản với dữ liệu thử nghiệm."""
    from practice import samples

    try:
        out.write_bytes(samples.draw(form_number, regulation))
        written = [out]
        if docx:
            written.append(out.with_suffix(".docx"))
            written[-1].write_bytes(samples.draw_docx(form_number, regulation))
    except samples.NoSuchForm as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"Đã vẽ Mẫu số {form_number} vào {' và '.join(map(str, written))}.")


@click.command("notify")
def notify() -> None:
    """Tạo các nhắc việc đến hạn và gửi thư điện tử; chạy bao nhiêu lần cũng không nhắc hai lần."""
    done = current_app.extensions["so_token_daily"]()
    click.echo(
        f"{done.made} nhắc việc mới, {done.settled} việc đã xong, {done.sent} thư đã gửi, "
        f"{done.refused} thư chưa gửi được."
    )


@click.group("regulations")
def regulations_commands() -> None:
    """Văn bản quy định được nạp làm dữ liệu."""


@regulations_commands.command("check")
def regulations_check() -> None:
    """Kiểm tra mọi tệp quy định: tình trạng, số giá trị, những điều chỉ được cảnh báo."""
    import regulations
    from rules.law import Law
    from rules.routing import check_routes

    texts = regulations.texts()
    if errors := Law.errors(texts):
        for error in errors:
            click.echo(str(error), err=True)
        raise click.ClickException(f"Có {len(errors)} lỗi trong các tệp quy định.")
    law, today = Law.parse(texts), clock.today()
    for one in law.instruments:
        _tell_instrument(one, today)
    for top in (None, *(one.key for one in law.instruments if one.over is not None)):
        check_routes(law.under(top, as_if_in_force=True) if top else law, on=today)
    if problems := law.problems():
        click.echo("Cần người xem lại:")
        for problem in problems:
            click.echo(f"- {problem}")
    click.echo("Các tệp quy định đều đọc được.")


@regulations_commands.command("clauses")
@click.option(
    "--write",
    "out",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Ghi các con số vào tệp này, giữa hai dòng đánh dấu.",
)
def regulations_clauses(out: Path | None) -> None:
    """Đếm điều, khoản, điểm của các quy chế theo việc phần mềm làm với chúng."""
    from regulations.clause_counts import NoPlaceForCounts, counted, rewritten
    from regulations.clause_map import charts

    if out is None:
        click.echo(counted(charts()))
        return
    try:
        text = rewritten(out.read_text(encoding="utf-8"), charts())
    except NoPlaceForCounts as error:
        raise click.ClickException(str(error)) from error
    out.write_text(text, encoding="utf-8", newline="\n")
    click.echo(f"Đã ghi các con số vào {out}.")


def _tell_instrument(one: Instrument, today: date) -> None:
    """One file: how it stands, how many values of which certainty, and what may only warn."""
    from labels import label
    from rules.regulation_status import standing

    click.echo(f"{one.file}: {one.citation}. {standing(one, on=today)}")
    counts = Counter(entry.provision.certainty for entry in one.entries)
    told = [f"{label(mark)} {counts[mark]}" for mark in Certainty if counts[mark]]
    click.echo(f"  {len(one.entries)} giá trị, điều khoản: {'; '.join(told)}.")
    if one.note:
        click.echo(f"  {one.note}")
    weak = [entry for entry in one.entries if not entry.provision.certainty.may_refuse]
    if weak:
        click.echo("  Chỉ được cảnh báo, không được từ chối:")
    for entry in weak:
        ground, value = entry.provision, f" = {entry.shown}" if entry.shown else ""
        click.echo(
            f"  - {entry.key}{value}: {ground.citation} ({label(ground.certainty)})"
            + (f". {entry.note}" if entry.note else "")
        )


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


BENCHES = ("audit", "data", "imports", "letters", "pages", "sheets", "signing", "wsgi")


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

    # Without Flask's own: its "run" starts a server that is not for an office.
    group = FlaskGroup(create_app=create_app, add_default_commands=False)
    given = list(arguments) if arguments is not None else None
    try:
        status = group.main(args=given, prog_name="cli", standalone_mode=False)
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
    except (ConfigError, Refused, Conflict, LetterError, LawError) as error:
        sys.exit(str(error))
    except DBAPIError as error:
        sys.exit(_database_in_vietnamese(error))
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        why = _REASONS.get(error.errno or 0, error.strerror or type(error).__name__)
        sys.exit(f"Không đọc hoặc ghi được{where}: {why}.")
    sys.exit(status if isinstance(status, int) else 0)


def _usage_in_vietnamese(error: click.UsageError) -> str:
    """What is wrong with a command line, in one sentence; Click itself speaks English only."""
    command = error.ctx.command_path if error.ctx is not None else "cli"
    parameter = getattr(error, "param", None)
    name = ""
    if parameter is not None:
        is_option = isinstance(parameter, click.Option)
        name = parameter.opts[0] if is_option else parameter.human_readable_name
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


def _database_in_vietnamese(error: DBAPIError) -> str:
    said = str(error.orig).splitlines()[0]
    if "no such table" in said or "no such column" in said or "does not exist" in said:
        return (
            "Cơ sở dữ liệu chưa được tạo hoặc chưa được nâng cấp. Chạy lệnh “db upgrade” rồi thử "
            "lại."
        )
    if "locked" in said:
        return "Cơ sở dữ liệu đang bận. Hãy thử lại sau ít phút."
    return f"Không làm việc được với cơ sở dữ liệu ({said})."


if __name__ == "__main__":
    main()
