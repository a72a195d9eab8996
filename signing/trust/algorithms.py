"""Signatures over lists and answers: RSA PKCS#1 v1.5, RSASSA-PSS and ECDSA (RFC 4055, 5758)."""

from __future__ import annotations

from asn1crypto import algos
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

HASHES: dict[str, type[hashes.HashAlgorithm]] = {
    "sha1": hashes.SHA1,
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}


def accepts(public: object, signature: bytes, signed: bytes, algorithm_der: bytes) -> bool:
    """Whether a key made a signature, by the AlgorithmIdentifier that stands beside it."""
    try:
        algorithm = algos.SignedDigestAlgorithm.load(algorithm_der, strict=True)
        scheme = algorithm.signature_algo
        digest = HASHES[algorithm.hash_algo]()
        if scheme == "ecdsa" and isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(digest))
        elif scheme == "rsassa_pkcs1v15" and isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, padding.PKCS1v15(), digest)
        elif scheme == "rsassa_pss" and isinstance(public, rsa.RSAPublicKey):
            public.verify(signature, signed, pss(algorithm["parameters"]), digest)
        else:
            return False
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError, KeyError):
        return False
    return True


def pss(parameters: algos.RSASSAPSSParams) -> padding.PSS:
    """The padding that PSS parameters describe. Raises ValueError or KeyError for odd ones."""
    mask = parameters["mask_gen_algorithm"]
    if mask["algorithm"].native != "mgf1" or parameters["trailer_field"].native != 1:
        raise ValueError("unknown mask generation")
    inner = HASHES[mask["parameters"]["algorithm"].native]()
    return padding.PSS(padding.MGF1(inner), parameters["salt_length"].native)
