"""The hands of `upgrade.raise_level` in the sandbox: strangers' signed PDFs are never parsed here.

What comes back must begin with the bytes that were sent (DESIGN 3, "A verification").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from signing.errors import PdfBroken
from signing.pades import evidence, upgrade_orders
from signing.pades.prepare import Prepared
from signing.pades.sandbox import Sandbox
from signing.pades.strangers import increment_of, prepared_of
from signing.pades.upgrade import StampNeed


class Boxed:
    """Each step in the sandbox's worker. Raises what the step raises, and PdfTooLarge."""

    def __init__(self, box: Sandbox) -> None:
        self._box = box

    def stamp_need(self, pdf: bytes) -> StampNeed:
        """Which stamp the newest signatures lack."""
        return upgrade_orders.read_need(pdf, *self._order({"act": "stamp_need"}, [pdf], 2))

    def prepare_stamp(self, pdf: bytes) -> Prepared:
        """The document with the hole of a document time stamp."""
        return prepared_of(pdf, *self._order({"act": "prepare_stamp"}, [pdf], 1))

    def subjects(self, pdf: bytes, at: dt.datetime) -> tuple[list[evidence.Subject], list[bytes]]:
        """Whose certificates want evidence, and the contents of all signatures."""
        request = {"act": "subjects", "at": at.isoformat()}
        return upgrade_orders.read_subjects(*self._order(request, [pdf], 2))

    def embed(self, pdf: bytes, found: evidence.Evidence, contents: Sequence[bytes]) -> bytes:
        """The document with the evidence."""
        request, parts = upgrade_orders.embed_order(pdf, found, contents)
        _, made = self._order(request, parts, 1)
        return increment_of(pdf, made)

    def _order(
        self, request: dict[str, Any], parts: list[bytes], wanted: int
    ) -> tuple[dict[str, Any], list[bytes]]:
        answer, made = self._box.order(request, parts)
        if len(made) != wanted:
            raise PdfBroken("no answer")
        return answer, made
