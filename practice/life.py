"""The months before today in the practice offices, act by act, oldest first."""

import heapq
from collections.abc import Iterator

from practice.desk import Desk
from practice.life_requests import LETTERS, Road
from practice.life_things import SCENES


def live(desk: Desk) -> None:
    """Do what the practice officers did, through the real operations, in the order of days.

    Raises what the operations raise: practice data that break a rule are a mistake.
    """
    stories: list[Iterator[int]] = [scene(desk) for scene in SCENES]
    stories += [Road(desk, letter, number).steps() for number, letter in enumerate(LETTERS, 1)]
    waiting: list[tuple[int, int]] = []
    for number, story in enumerate(stories):
        _wait(waiting, number, story)
    while waiting:
        _, number = heapq.heappop(waiting)
        _wait(waiting, number, stories[number])


def _wait(waiting: list[tuple[int, int]], number: int, story: Iterator[int]) -> None:
    """Let a story do its next step, and queue the one after it by its day."""
    days_ago = next(story, None)
    if days_ago is not None:
        heapq.heappush(waiting, (-days_ago, number))
