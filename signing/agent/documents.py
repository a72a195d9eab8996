"""The documents of a job, fetched from the server a stretch at a time and checked at every fetch.

A batch of a thousand would not fit into the memory of an office's computer; what is kept here is
the stretch last looked at and the one being signed. Every document is compared with the manifest
whenever it arrives, so what is shown and what is signed are the same bytes whenever they came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from signing.errors import PdfTooLarge
from signing.messages import JobView, Manifest, MessageMalformed

LARGEST_DOCUMENT = 64 * 1024 * 1024
"""Bytes of one document that the agent takes."""

KEPT_STRETCHES = 2


class Documents:
    """The documents of one manifest by index. Safe to use from several threads."""

    def __init__(self, manifest: Manifest, fetch: Callable[[int], JobView]) -> None:
        """`fetch(start)` asks the server for the documents from `start` on.

        Raises `PdfTooLarge` when one of them is larger than the agent takes.
        """
        if any(item.size > LARGEST_DOCUMENT for item in manifest.items):
            raise PdfTooLarge
        self._manifest, self._fetch = manifest, fetch
        self._stretches: list[dict[int, bytes]] = []
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._manifest.items)

    def __getitem__(self, index: int) -> bytes:
        """The document, checked against the manifest.

        Raises `HashMismatch`, `MessageMalformed` and what fetching raises.
        """
        with self._lock:
            for stretch in self._stretches:
                if index in stretch:
                    return stretch[index]
            self.take(self._fetch(index), index)
            return self._stretches[-1][index]

    def take(self, view: JobView, start: int) -> None:
        """Keeps the documents of an answer that begins at `start`, each checked; forgets the
        oldest stretch. Raises `HashMismatch` and `MessageMalformed`."""
        wanted = range(start, start + len(view.documents))
        if not view.documents or sorted(view.documents) != list(wanted) or wanted[-1] >= len(self):
            raise MessageMalformed("documents")
        for index, pdf in view.documents.items():
            self._manifest.items[index].check(pdf)
        self._stretches = [*self._stretches, dict(view.documents)][-KEPT_STRETCHES:]
