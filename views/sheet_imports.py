"""Reading an Excel file into the register: upload, columns, preview, commit, undo."""

from io import BytesIO
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import joinedload

import clock
from extensions import db
from forms.sheets import ACCEPTED, SecretForm, UploadForm
from models import Agency
from operations import sheet_imports as imports
from operations.bulk_work import bulk_session
from operations.personal import CitizenIds
from operations.sheet_store import problems_of
from operations.transactions import Refused
from rules.permissions import Permission
from rules.sheet_imports import ImportState
from schema.daily import SheetImport
from sheets import reading_process
from sheets.reading_work import Task, Work
from sheets.tables_in import LARGEST_FILE, UnreadableSheet
from sheets.vocabulary import SheetKind, layout
from views import sheet_jobs
from views.guards import account, load, requires, settings
from views.sheet_preview import decisions_from, preview, units_from
from views.sheet_reading import look_at, remembered
from views.sheets import KIND_WORDS, MEDIA_TYPE
from views.users import agency_choices

bp = Blueprint("sheet_imports", __name__, url_prefix="/bang-tinh/nhap")
IMPORT = Permission.SHEET_IMPORT
STEPS = ("Chọn tệp", "Chọn cột", "Xem trước", "Ghi vào sổ")
_NOBODY = ""


def _citizen_ids() -> CitizenIds:
    return CitizenIds(settings().citizen_key)


def _load(import_id: int) -> SheetImport:
    return load(SheetImport, import_id, IMPORT, options=[joinedload(SheetImport.agency)])


@bp.route("", methods=["GET", "POST"])
@requires(IMPORT)
def new() -> ResponseReturnValue:
    """Take a file and guess what it is; nothing is written into the register here."""
    form = UploadForm()
    offered = agency_choices(account().scope(IMPORT))
    form.agency_id.offer(offered)
    form.kind.choices = [("", "phần mềm tự nhận"), *KIND_WORDS.items()]
    if request.method == "GET":
        form.kind.data = request.args.get("loai", "")
        if len(offered) > 1:
            form.agency_id.data = int(offered[1][0])
    if form.validate_on_submit():
        agency = load(Agency, form.agency_id.data, IMPORT)
        content = form.file.data.read(LARGEST_FILE + 1)
        try:
            number = _upload(agency, content, form.file.data.filename or "", form.kind.data)
        except UnreadableSheet as error:
            form.file.errors = [str(error)]
        else:
            return redirect(url_for(".columns", import_id=number), 303)
    return render_template("sheet_imports/new.html", form=form, accepted=ACCEPTED, steps=STEPS)


def _upload(agency: Agency, content: bytes, name: str, kind: str) -> int:
    found = look_at(content, name, kind=kind)
    known = imports.last_headings(db.session(), agency.id, found.kind.value)
    return imports.upload(
        db.session(),
        actor=account().actor(),
        what=imports.Upload(
            agency_id=agency.id,
            kind=found.kind.value,
            file_name=name,
            content=content,
            rows=found.rows,
            mapping=remembered(found.choices, found.mapping, known, found.kind),
            choices=dict(found.choices) | {"remembered": bool(known)},
        ),
        citizen_ids=_citizen_ids(),
    )


@bp.route("/<int:import_id>/cot", methods=["GET", "POST"])
@requires(IMPORT)
def columns(import_id: int) -> ResponseReturnValue:
    """Which column is what: the guess, open to correction; columns nobody claims stay in sight."""
    row = _load(import_id)
    if row.state in (ImportState.COMMITTED, ImportState.UNDONE, ImportState.CANCELLED):
        return redirect(url_for(".show", import_id=import_id))
    form = SecretForm()
    kind, mapping = SheetKind(row.kind), dict(row.mapping)
    missing: list[str] = []
    if form.validate_on_submit():
        if (sheet := request.form.get("trang", "")) != row.choices["sheet"] and sheet:
            return _look_again(row, kind, sheet)
        wanted = request.form.get("loai", row.kind)
        if wanted != row.kind and wanted in KIND_WORDS:
            return _look_again(row, SheetKind(wanted), row.choices["sheet"])
        mapping, missing = _mapping_from(row, kind)
        if not missing:
            version = _begin(row, mapping=mapping)
            if version is not None:
                rows = row.counts.get("rows", 0)
                sheet_jobs.start(import_id, version, rows=rows, from_file=True)
            return redirect(url_for(".show", import_id=import_id), 303)
    return render_template(
        "sheet_imports/columns.html",
        row=row,
        form=form,
        kinds=KIND_WORDS,
        fields=layout(kind).fields,
        chosen={index: field for field, index in mapping.items()},
        missing=missing,
        steps=STEPS,
    )


def _mapping_from(row: SheetImport, kind: SheetKind) -> tuple[dict[str, int], list[str]]:
    """The columns as they were sent, and the words of what is wrong with them."""
    known = layout(kind).fields
    mapping: dict[str, int] = {}
    wrong = []
    for column in row.choices["columns"]:
        field = request.form.get(f"cot-{column['index']}", _NOBODY)
        if field not in known or column["withheld"]:
            continue
        if field in mapping:
            wrong.append(f"“{known[field].words}” được chọn cho hai cột; mỗi mục chỉ lấy một cột.")
        mapping[field] = column["index"]
    taken = set(mapping)
    if {"family_names", "given_name"} <= taken:
        taken.add("full_name")
    wrong += [
        f"Chưa có cột nào là “{one.words}”."
        for one in known.values()
        if one.required and one.key not in taken
    ]
    return mapping, wrong


def _look_again(row: SheetImport, kind: SheetKind, sheet: str) -> ResponseReturnValue:
    """Another sheet of the file, or another kind of list: guess its columns anew."""
    content = imports.content_of(db.session(), row, _citizen_ids())
    found = look_at(content, row.file_name, kind=kind.value, sheet=sheet)
    known = imports.last_headings(db.session(), row.agency_id, kind.value)
    try:
        imports.remap(
            db.session(),
            import_id=row.id,
            kind=kind.value,
            mapping=remembered(found.choices, found.mapping, known, kind),
            choices=dict(found.choices) | {"remembered": bool(known)},
            rows=found.rows,
        )
    except Refused as error:
        flash(str(error), "error")
    return redirect(url_for(".columns", import_id=row.id), 303)


def _begin(row: SheetImport, **what: Any) -> int | None:
    try:
        return imports.begin(db.session(), import_id=row.id, version=None, **what)
    except Refused as error:
        flash(str(error), "error")
        return None


@bp.get("/<int:import_id>")
@requires(IMPORT)
def show(import_id: int) -> ResponseReturnValue:
    """Where the import stands: progress, preview, or what became of it."""
    row = _load(import_id)
    state = ImportState(row.state)
    if state is ImportState.UPLOADED:
        return redirect(url_for(".columns", import_id=import_id))
    if state is ImportState.CHECKING:
        return render_template("sheet_imports/checking.html", row=row, steps=STEPS)
    if state is ImportState.PREVIEWED:
        return render_template("sheet_imports/show.html", form=SecretForm(), steps=STEPS,
                               kinds=KIND_WORDS, **preview(row))  # fmt: skip
    return render_template("sheet_imports/done.html", row=row, state=state, kinds=KIND_WORDS)


@bp.post("/<int:import_id>/chon")
@requires(IMPORT)
def decide(import_id: int) -> ResponseReturnValue:
    """Keep what was chosen on the page, then look at the register again."""
    row = _load(import_id)
    try:
        _keep_choices(row)
    except Refused as error:
        flash(str(error), "error")
        return redirect(url_for(".show", import_id=import_id), 303)
    _recheck(row)
    return redirect(_back(import_id), 303)


def _keep_choices(row: SheetImport) -> bool:
    """Whether the page said anything that was not kept yet. Raises `Refused`, `Conflict`."""
    return imports.decide(
        db.session(),
        import_id=row.id,
        version=request.form.get("version", type=int) or 0,
        decisions=decisions_from(request.form),
        overwrite=request.form.getlist("ghi-de") if "co-ghi-de" in request.form else None,
        units=units_from(request.form),
    )


@bp.post("/<int:import_id>/kiem-tra")
@requires(IMPORT)
def check(import_id: int) -> ResponseReturnValue:
    """Compare again with the register as it is now (or begin again what got stuck)."""
    row = _load(import_id)
    _recheck(row, from_file=row.state != ImportState.PREVIEWED)
    return redirect(_back(import_id), 303)


def _recheck(row: SheetImport, *, from_file: bool = False) -> None:
    rows = row.counts.get("rows", 0)
    version = _begin(row)
    if version is not None:
        sheet_jobs.start(row.id, version, rows=rows, from_file=from_file)


def _back(import_id: int) -> str:
    kept = {key: request.form[key] for key in ("ket-qua", "sau") if request.form.get(key)}
    return url_for(".show", import_id=import_id, **kept)  # type: ignore[arg-type] # texts


@bp.post("/<int:import_id>/ghi")
@requires(IMPORT)
def commit(import_id: int) -> ResponseReturnValue:
    """Write the import into the register, once."""
    row = _load(import_id)
    if row.state == ImportState.COMMITTED:
        flash("Lần nhập này đã được ghi vào sổ; không ghi lần nữa.", "warning")
        return redirect(url_for(".show", import_id=import_id), 303)
    try:
        if "dong" in request.form and _keep_choices(row):
            _recheck(row)
            flash(
                "Đã giữ các lựa chọn vừa đánh dấu và kiểm tra lại. Xem lại rồi bấm “Ghi vào sổ”.",
                "warning",
            )
            return redirect(_back(import_id), 303)
        actor = account().actor()
        with bulk_session(db.session()) as session:
            written = imports.commit(
                session,
                actor=actor,
                import_id=import_id,
                version=request.form.get("version", type=int) or 0,
                citizen_ids=_citizen_ids(),
                law_of=sheet_jobs.law_of,
            )
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(
            f"Đã ghi vào sổ: {written.new} dòng mới, {written.changed} dòng có thay đổi.", "success"
        )
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.post("/<int:import_id>/hoan-tac")
@requires(IMPORT)
def undo(import_id: int) -> ResponseReturnValue:
    """Take the whole import back while nothing depends on it."""
    _load(import_id)
    try:
        actor = account().actor()
        with bulk_session(db.session()) as session:
            rows = imports.undo(session, actor=actor, import_id=import_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash(f"Đã hoàn tác {rows} dòng; sổ trở lại như trước lần nhập này.", "success")
    return redirect(url_for(".show", import_id=import_id), 303)


@bp.post("/<int:import_id>/bo")
@requires(IMPORT)
def cancel(import_id: int) -> ResponseReturnValue:
    """Give the import up; a check under way stops by itself."""
    _load(import_id)
    try:
        imports.cancel(db.session(), import_id=import_id)
    except Refused as error:
        flash(str(error), "error")
    else:
        flash("Đã bỏ lần nhập này; sổ không thay đổi.", "success")
    return redirect(url_for("sheets.index"), 303)


@bp.get("/<int:import_id>/dong-loi")
@requires(IMPORT)
def errors(import_id: int) -> ResponseReturnValue:
    """The rows that cannot go in, as an .xlsx with a column of reasons, to correct and bring
    again.
    """
    row = _load(import_id)
    content = imports.content_of(db.session(), row, _citizen_ids())
    words = layout(SheetKind(row.kind)).fields
    workbook = reading_process.errors(
        content,
        Task(Work.ERRORS, row.file_name, sheet=row.choices.get("sheet") or ""),
        problems_of(db.session(), import_id, lambda key: words[key].words if key in words else ""),
    )
    name = f"dong-loi-{import_id}-{clock.today():%Y%m%d}.xlsx"
    return send_file(BytesIO(workbook), MEDIA_TYPE, as_attachment=True, download_name=name)
