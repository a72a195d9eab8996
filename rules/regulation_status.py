"""How a regulation stands on a day, in words for screens; and whether its values hold then."""

from datetime import date

from rules.days import written
from rules.law_parsing import Instrument, InstrumentStatus


def holds(instrument: Instrument, *, on: date) -> bool:
    """True when the instrument itself speaks on that day: issued, begun and not ended."""
    if instrument.is_draft or instrument.effective_from is None or on < instrument.effective_from:
        return False
    return instrument.effective_until is None or on < instrument.effective_until


def standing(instrument: Instrument, *, on: date) -> str:
    """One sentence: draft, not yet in force, in force since, ended, or of unverified force."""
    if instrument.is_draft or instrument.effective_from is None:
        return "Dự thảo: chưa áp dụng cho đến khi nhập số, ngày ký và ngày hiệu lực."
    begins, ends = instrument.effective_from, instrument.effective_until
    if on < begins:
        return f"Chưa có hiệu lực; có hiệu lực từ ngày {written(begins)}."
    if ends is not None and ends <= on:
        return f"Hết hiệu lực từ ngày {written(ends)}."
    if instrument.status is InstrumentStatus.UNVERIFIED:
        return f"Chưa xác minh hiệu lực (ban hành, áp dụng từ ngày {written(begins)}); chỉ để nhắc."
    return f"Có hiệu lực từ ngày {written(begins)}."
