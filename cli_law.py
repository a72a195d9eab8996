"""The commands of letters and regulations: samples of the forms, and the law that was loaded."""

from collections import Counter
from datetime import date
from pathlib import Path

import click

import clock
from rules.law_parsing import Instrument
from rules.provisions import Certainty


@click.group("letters")
def letters_commands() -> None:
    """Văn bản theo mẫu."""


@letters_commands.command("sample")
@click.option("--form", "form_number", default="04", help="Số của mẫu, từ 01 đến 09.")
@click.option("--regulation", default="decree_68_2024", help="Tên văn bản quy định áp dụng.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Tệp PDF ghi ra; chưa có.",
)
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


COMMANDS = (letters_commands, regulations_commands)
