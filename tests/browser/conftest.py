"""One office for the browser tests; who spoils an office makes its own."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.office import Office, running


@pytest.fixture(scope="session")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A practice office with server and agent running."""
    with running(tmp_path_factory.mktemp("office")) as found:
        yield found


@pytest.fixture(scope="session")
def pictures() -> Path | None:
    """Where pictures of pages for the how-to go: SO_TOKEN_PICTURES; without it none are taken."""
    folder = os.environ.get("SO_TOKEN_PICTURES")
    if not folder:
        return None
    path = Path(folder)
    path.mkdir(parents=True, exist_ok=True)
    return path
