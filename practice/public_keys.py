"""Public keys for practice certificates that nobody signs with.

Only the certificates on practice tokens need a private key. The others need a public key of the
right size that differs from chain to chain, because the register knows a renewal by its key. So we
make a few real keys, take their primes, and multiply those in all pairs: 22 random primes of 1,536
bits give 231 moduli of 3,072 bits in three seconds instead of a minute. Two moduli that share a
prime are factored with one gcd, so these keys protect nothing; that is why the primes are thrown
away at once and no such key ever lies on a token.
"""

from collections.abc import Iterator
from concurrent.futures import Executor
from itertools import combinations

from cryptography.hazmat.primitives.asymmetric import rsa

from practice.authority import PUBLIC_EXPONENT, new_key

_PAIRS = 11
MOST = 2 * _PAIRS * (2 * _PAIRS - 1) // 2


def distinct(workers: Executor) -> Iterator[rsa.RSAPublicKey]:
    """Yield up to `MOST` (231) different RSA-3072 public keys; their private keys never exist."""
    primes: list[int] = []
    for key in workers.map(lambda _: new_key(), range(_PAIRS)):
        numbers = key.private_numbers()
        primes += [numbers.p, numbers.q]
    # FIPS 186-5, A.1.3: each prime is at least sqrt(2) * 2^1535, so any two give 3,072 bits.
    return (
        rsa.RSAPublicNumbers(PUBLIC_EXPONENT, one * other).public_key()
        for one, other in combinations(primes, 2)
    )
