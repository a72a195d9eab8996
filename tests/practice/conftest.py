"""The practice instance, for every test of this folder."""

from tests.practice.fixtures import (  # noqa: F401 # fixtures are used by their names
    practice_app,
    practice_copy,
    practice_instance,
)
