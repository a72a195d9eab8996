"""A document that somebody wants to have signed, as values: its pages, and what stands against it.

No PDF library is needed to hold these. Places are given as people see them (millimetres from the
top-left corner of the page as it is shown) and turned into the page's own points here, whatever its
rotation, crop box or unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

POINTS_PER_MM = 72 / 25.4


@dataclass(frozen=True)
class PageGeometry:
    """One page: the corners of what is shown, in its own points, its turn and its unit."""

    left: float
    bottom: float
    right: float
    top: float
    rotation: int = 0
    unit: float = 1.0

    @property
    def shown_mm(self) -> tuple[float, float]:
        """Width and height as the page is shown, in millimetres."""
        across = (self.right - self.left) * self.unit / POINTS_PER_MM
        down = (self.top - self.bottom) * self.unit / POINTS_PER_MM
        return (down, across) if self.rotation in (90, 270) else (across, down)

    def rectangle(
        self, from_left: float, from_top: float, width: float, height: float
    ) -> tuple[float, float, float, float]:
        """A place on the shown page, in millimetres, as x1, y1, x2, y2 in the page's points.

        Raises ValueError when it does not lie on the page.
        """
        across, down = self.shown_mm
        slack = 0.01
        if (
            min(from_left, from_top) < -slack
            or min(width, height) <= 0
            or from_left + width > across + slack
            or from_top + height > down + slack
        ):
            raise ValueError("the place does not lie on the page")
        first = self._point(from_left, from_top)
        second = self._point(from_left + width, from_top + height)
        return (
            min(first[0], second[0]),
            min(first[1], second[1]),
            max(first[0], second[0]),
            max(first[1], second[1]),
        )

    def shown(
        self, x1: float, y1: float, x2: float, y2: float
    ) -> tuple[float, float, float, float]:
        """What `rectangle` undoes: points of the page as left, top, width, height in millimetres
        on the shown page. It may lie outside of what is shown.
        """
        first, second = self._seen(x1, y1), self._seen(x2, y2)
        left, top = min(first[0], second[0]), min(first[1], second[1])
        return left, top, abs(first[0] - second[0]), abs(first[1] - second[1])

    def _seen(self, x: float, y: float) -> tuple[float, float]:
        scale = self.unit / POINTS_PER_MM
        if self.rotation == 90:
            return (y - self.bottom) * scale, (x - self.left) * scale
        if self.rotation == 180:
            return (self.right - x) * scale, (y - self.bottom) * scale
        if self.rotation == 270:
            return (self.top - y) * scale, (self.right - x) * scale
        return (x - self.left) * scale, (self.top - y) * scale

    def _point(self, x: float, y: float) -> tuple[float, float]:
        scale = POINTS_PER_MM / self.unit
        x, y = x * scale, y * scale
        if self.rotation == 90:
            return self.left + y, self.bottom + x
        if self.rotation == 180:
            return self.right - x, self.bottom + y
        if self.rotation == 270:
            return self.right - y, self.top - x
        return self.left + x, self.top - y


@dataclass(frozen=True)
class Word:
    """One word on a page (from 0), in millimetres from the top-left corner as shown."""

    page: int
    text: str
    left: float
    top: float
    width: float
    height: float

    def as_list(self) -> list[Any]:
        """Plain JSON data."""
        return [self.page, self.text, self.left, self.top, self.width, self.height]

    @staticmethod
    def from_list(data: Sequence[Any]) -> Word:
        """The value that `as_list` wrote. Raises ValueError and TypeError for anything else."""
        page, text, *box = data
        left, top, width, height = (float(one) for one in box)
        return Word(int(page), str(text)[:200], left, top, width, height)


@dataclass(frozen=True)
class Intake:
    """May this file be signed here? `refusals` say why not; `warnings` are worth knowing.

    `repairable`: written anew by `normalise` it would be taken. `certified` is the level of an
    author's certification (1 to 3), 0 without one.
    """

    pages: tuple[PageGeometry, ...] = ()
    signatures: int = 0
    certified: int = 0
    refusals: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    repairable: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data."""
        return asdict(self)

    @staticmethod
    def from_dict(data: dict[str, Any]) -> Intake:
        """The value that `as_dict` wrote. Raises KeyError or TypeError for anything else."""
        return Intake(
            pages=tuple(PageGeometry(**page) for page in data["pages"]),
            signatures=int(data["signatures"]),
            certified=int(data["certified"]),
            refusals=tuple(data["refusals"]),
            warnings=tuple(data["warnings"]),
            repairable=bool(data["repairable"]),
        )
