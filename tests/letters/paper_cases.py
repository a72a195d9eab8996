"""Minutes and internal papers whose words, places and looks are in `golden/`.

`python -m tests.letters.paper_cases` writes the golden files anew; look at the difference before
you commit it.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

from letters import (
    entrustment_decision,
    handover_minutes,
    incident_report,
    intake_minutes,
    internal_return_minutes,
    loss_minutes,
    notices,
    registers,
    rejection_notice,
    return_minutes,
    status_minutes,
    stocktake_minutes,
    subscriber_slip,
)
from letters import paper_samples as made
from letters.decree30 import DrawnLetter, Medium
from letters.paper import LogWitness
from rules.requests import RequestKind
from tests.letters.form_cases import GOLDEN, picture
from tests.letters.reading import golden_text


def make_register(count: int = 40) -> registers.Register:
    """A register of made-up devices."""
    column = registers.RegisterColumn
    return registers.Register(
        parent_agency="UBND TỈNH THỬ NGHIỆM",
        agency="ỦY BAN NHÂN DÂN\nXÃ THỬ NGHIỆM A",
        title="Theo dõi thiết bị lưu khóa bí mật",
        scope="Phạm vi: toàn bộ thiết bị.",
        on=date(2026, 11, 20),
        place="Thử Nghiệm A",
        columns=(
            column("STT", 0.4, True),
            column("Mã nội bộ", 0.8, True),
            column("Người giữ", 1.6),
            column("Từ ngày", 0.8, True, "Thời gian giữ"),
            column("Đến ngày", 0.8, True, "Thời gian giữ"),
            column("Ghi chú", 1.5),
        ),
        rows=tuple(
            (str(n), f"TN-{n:04}", f"Người Thử {n:04}", "01/01/2026", "", "")
            for n in range(1, count + 1)
        ),
        keeper="Nguyễn Thị Thử Nghiệm",
        witness=LogWitness(1523, "9f3a6c21"),
    )


#: Name -> the module of the paper, and its data.
CASES: dict[str, tuple[Any, Callable[[], Any]]] = {
    "mau_07": (handover_minutes, made.handover),
    "mau_07_many": (
        handover_minutes,
        lambda: made.handover(
            many_receivers=True,
            medium=Medium.WET,
            lines=tuple(made.device_line(number) for number in range(12)),
        ),
    ),
    "mau_08": (return_minutes, lambda: made.device_return(medium=Medium.WET)),
    "mau_09": (loss_minutes, made.loss),
    "internal_return": (internal_return_minutes, made.internal_return),
    "status": (status_minutes, lambda: made.status(medium=Medium.WET)),
    "stocktake": (stocktake_minutes, made.stocktake),
    "intake": (intake_minutes, lambda: made.intake(medium=Medium.WET)),
    "slip": (subscriber_slip, made.slip),
    "incident": (incident_report, lambda: made.incident(medium=Medium.WET)),
    "rejection": (rejection_notice, rejection_notice.made_up),
    "entrustment": (entrustment_decision, made.entrustment),
    "notice": (notices, made.notice),
    "register": (registers, make_register),
}


@cache
def draw_case(name: str) -> DrawnLetter:
    """One of CASES, drawn."""
    module, make = CASES[name]
    return module.draw(make())


def on_paper(data: Any) -> Any:
    """The same data for the pen."""
    return replace(data, medium=Medium.WET) if hasattr(data, "medium") else data


#: With nothing but what the classes ask for.
NOTHING: dict[str, tuple[Any, Any]] = {
    "mau_07": (handover_minutes, handover_minutes.HandoverMinutes(medium=Medium.WET)),
    "mau_08": (return_minutes, return_minutes.ReturnMinutes(medium=Medium.WET)),
    "mau_09": (loss_minutes, loss_minutes.LossMinutes(medium=Medium.WET)),
    "internal_return": (
        internal_return_minutes,
        internal_return_minutes.InternalReturnMinutes(medium=Medium.WET),
    ),
    "status": (status_minutes, status_minutes.StatusMinutes(medium=Medium.WET)),
    "stocktake": (stocktake_minutes, stocktake_minutes.StocktakeMinutes(medium=Medium.WET)),
    "intake": (intake_minutes, intake_minutes.IntakeMinutes(medium=Medium.WET)),
    "slip": (subscriber_slip, subscriber_slip.SubscriberSlip(kind=RequestKind.AMENDMENT)),
    "incident": (incident_report, incident_report.IncidentReport(medium=Medium.WET)),
    "rejection": (rejection_notice, rejection_notice.RejectionNotice(medium=Medium.WET)),
    "entrustment": (
        entrustment_decision,
        entrustment_decision.EntrustmentDecision(medium=Medium.WET),
    ),
    "notice": (notices, notices.ReminderNotice(on=date(2026, 11, 20))),
}


if __name__ == "__main__":
    for name in CASES:
        pdf = draw_case(name).pdf
        (GOLDEN / f"paper_{name}.txt").write_text(golden_text(pdf), encoding="utf-8", newline="\n")
        picture(pdf, 0).save(GOLDEN / f"paper_{name}.png", optimize=True)
