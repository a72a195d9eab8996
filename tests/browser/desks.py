"""A computer whose token misbehaves on order, beside the one of the office."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.browser.navigators import Person
from tests.browser.office import Office
from tests.fault_pkcs11 import Control, build


@contextmanager
def misbehaving(office: Office, folder: Path) -> Iterator[tuple[Office, Control]]:
    """The office as seen from that computer, its agent running, and what its token is told."""
    control = Control(folder / "control")
    control.order()
    desk = Office(
        office.folder,
        build(folder),
        server_port=office.server_port,
        agent_environment=dict(control.environment()),
        agent_folder=folder / "agent",
    )
    agent = desk.agent()
    try:
        agent.start(f"{desk.agent_url}/?{secrets.token_hex(4)}")
        yield desk, control
    finally:
        agent.stop()


def takes_the_newest_agent(person: Person) -> None:
    """Choose the agent that was paired last: another one may have been heard of later."""
    agents = person.page.locator("input[name=agent_id]")
    max(agents.all(), key=lambda one: int(one.get_attribute("value") or 0)).check()
