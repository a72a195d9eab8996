"""Days as official papers write them."""

from datetime import date

from letters.blanks import SHORT_DOTS


def long_date(day: date | None) -> str:
    """ "ngày 05 tháng 02 năm 2027": II.4.b of decree 30 puts a 0 before days below 10 and before
    January and February only. Without a day: dots for the pen.
    """
    if day is None:
        return f"ngày {SHORT_DOTS} tháng {SHORT_DOTS} năm {SHORT_DOTS}"
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"ngày {day.day:02} tháng {month} năm {day.year}"


def short_date(day: date | None) -> str:
    """ "05/02/2027", or nothing."""
    return f"{day:%d/%m/%Y}" if day else ""


def period(first: date | None, last: date | None) -> str:
    """The validity of a certificate in a cell: both days under one another, or nothing."""
    if first and last:
        return f"{short_date(first)} -\n{short_date(last)}"
    return short_date(first) or (f"đến\n{short_date(last)}" if last else "")
