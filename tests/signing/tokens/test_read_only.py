"""Nothing in `signing/` may name what could alter a token (Bắc Ninh, Điều 2.4)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import signing
from tests.fault_pkcs11 import ALTERING_CALLS

FORBIDDEN = ALTERING_CALLS | {
    "copy_object",
    "create_domain_parameters",
    "create_keypair",
    "create_object",
    "derive_key",
    "destroy",
    "generate_domain_parameters",
    "generate_key",
    "generate_keypair",
    "init_pin",
    "init_token",
    "initialize_token",
    "seed_random",
    "set_pin",
    "so_pin",
    "unwrap_key",
    "wrap_key",
}

MODULES = sorted(Path(signing.__file__).parent.rglob("*.py"))


def names_in(source: str) -> Iterator[str]:
    """Every name, attribute, keyword, import and string of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.keyword) and node.arg:
            yield node.arg
        elif isinstance(node, ast.alias):
            yield node.name.rpartition(".")[2]
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def imports_in(source: str) -> Iterator[str]:
    """The first part of every imported module's name."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def writing_sessions(source: str) -> Iterator[int]:
    """Lines where something is called with rw=."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and any(each.arg == "rw" for each in node.keywords):
            yield node.lineno


def test_no_name_that_could_alter_a_token_stands_in_signing() -> None:
    found = {}
    for module in MODULES:
        # Windows of the agent are destroyed; tokens are spoken to in one room only.
        forbidden = FORBIDDEN if "tokens" in module.parts else FORBIDDEN - {"destroy"}
        if names := forbidden & set(names_in(module.read_text(encoding="utf-8"))):
            found[module.name] = names
    assert len(MODULES) > 10
    assert found == {}


def test_only_the_room_of_tokens_speaks_to_a_driver() -> None:
    for module in MODULES:
        if "tokens" not in module.parts:
            assert "pkcs11" not in set(imports_in(module.read_text(encoding="utf-8"))), module


def test_no_session_in_signing_may_write() -> None:
    for module in MODULES:
        assert list(writing_sessions(module.read_text(encoding="utf-8"))) == [], module


@pytest.mark.parametrize(
    "source",
    [
        "session.set_pin(a, b)",
        "f = getattr(key, 'destroy')",
        "token.open(so_pin=x)",
        "from pkcs11.types import generate_keypair",
    ],
)
def test_the_check_sees_what_it_is_meant_to_see(source: str) -> None:
    assert FORBIDDEN & set(names_in(source))
