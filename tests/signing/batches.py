"""A whole batch at once, as tests of tokens want it; the agent takes its signatures one by one."""

from collections.abc import Sequence
from dataclasses import dataclass

from signing.errors import SigningError
from signing.tokens.manager import TokenManager


@dataclass(frozen=True)
class BatchOutcome:
    """What a batch achieved: signatures in the order asked, and what stopped it, if anything."""

    signatures: tuple[bytes, ...]
    error: SigningError | None


def sign_batch(
    tokens: TokenManager,
    certificate_der: bytes,
    to_be_signed: Sequence[bytes],
    pin: str | None,
    allow_final_try: bool = False,
) -> BatchOutcome:
    """`TokenManager.sign`, to the end or to the first failure."""
    signatures: list[bytes] = []
    try:
        signatures.extend(tokens.sign(certificate_der, to_be_signed, pin, allow_final_try))
    except SigningError as error:
        return BatchOutcome(tuple(signatures), error)
    return BatchOutcome(tuple(signatures), None)
