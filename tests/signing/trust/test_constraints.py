"""Names and policies that an authority may not certify (RFC 5280, 6.1)."""

import ipaddress

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtensionOID, NameOID

from signing.trust import constraints, policies
from signing.trust.path import build_path
from signing.trust.store import TrustStore
from tests.signing.pki import DAY, NOW, POLICY, Holder, authority, key, pki, subscriber

PROVINCE = x509.Name(
    [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "UBND  TỈNH Thử Nghiệm"),
    ]
)
ELSEWHERE = x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "LA")])


def _certificate(
    *extensions: x509.ExtensionType, subject: x509.Name = PROVINCE
) -> x509.Certificate:
    """A certificate for the rules alone: nobody verifies its signature here."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ELSEWHERE)
        .public_key(key("chỉ để thử tên", 256).public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + DAY)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key("chỉ để thử tên", 256), hashes.SHA256())


def _allows(name: x509.GeneralName, limits: x509.NameConstraints) -> bool:
    person = _certificate(x509.SubjectAlternativeName([name]))
    return constraints.violation([person, _certificate(limits)]) is None


def _only(*names: x509.GeneralName) -> x509.NameConstraints:
    return x509.NameConstraints(list(names), None)


@pytest.mark.parametrize(
    ("name", "limit", "allowed"),
    [
        (x509.RFC822Name("a@xa.gov.vn"), x509.RFC822Name("xa.gov.vn"), True),
        (x509.RFC822Name("a@b.xa.gov.vn"), x509.RFC822Name("xa.gov.vn"), False),
        (x509.RFC822Name("a@b.xa.gov.vn"), x509.RFC822Name(".xa.gov.vn"), True),
        (x509.RFC822Name("a@XA.gov.vn"), x509.RFC822Name("a@xa.gov.vn"), True),
        (x509.RFC822Name("b@xa.gov.vn"), x509.RFC822Name("a@xa.gov.vn"), False),
        (x509.DNSName("cổng.vn".encode("idna").decode()), x509.DNSName("gov.vn"), False),
        (x509.DNSName("ca.gov.vn"), x509.DNSName("gov.vn"), True),
        (x509.DNSName("cagov.vn"), x509.DNSName("gov.vn"), False),
        (x509.DNSName("gov.vn"), x509.DNSName("GOV.vn"), True),
        (x509.DNSName("gov.vn"), x509.DNSName(".gov.vn"), False),
        (
            x509.UniformResourceIdentifier("http://ca.gov.vn/a"),
            x509.UniformResourceIdentifier(".gov.vn"),
            True,
        ),
        (
            x509.UniformResourceIdentifier("urn:khong-co-may"),
            x509.UniformResourceIdentifier(".gov.vn"),
            False,
        ),
        (
            x509.IPAddress(ipaddress.ip_address("10.1.2.3")),
            x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
            True,
        ),
        (
            x509.IPAddress(ipaddress.ip_address("11.1.2.3")),
            x509.IPAddress(ipaddress.ip_network("10.0.0.0/8")),
            False,
        ),
        (
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            x509.RegisteredID(x509.ObjectIdentifier("1.2.3")),
            False,
        ),
    ],
)
def test_a_name_is_within_what_is_permitted_and_outside_what_is_excluded(name, limit, allowed):
    assert _allows(name, _only(limit)) is allowed
    if not isinstance(name, x509.RegisteredID) and "urn" not in str(name.value):
        assert _allows(name, x509.NameConstraints(None, [limit])) is not allowed


def test_a_kind_of_name_that_is_not_limited_is_free():
    assert _allows(x509.DNSName("bat.ky.vn"), _only(x509.RFC822Name("xa.gov.vn")))


def test_directory_names_compare_without_case_and_surplus_spaces():
    folded = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "ubnd tỉnh thử nghiệm"),
        ]
    )
    limits = _certificate(_only(x509.DirectoryName(folded)))
    assert constraints.violation([_certificate(), limits]) is None
    assert constraints.violation([_certificate(subject=ELSEWHERE), limits]) is not None


def test_an_address_in_the_subject_counts_when_there_is_no_alternative_name():
    mail = x509.Name([x509.NameAttribute(NameOID.EMAIL_ADDRESS, "a@noi-khac.vn")])
    limits = _certificate(_only(x509.RFC822Name("xa.gov.vn")))
    assert constraints.violation([_certificate(subject=mail), limits]) is not None


def test_a_path_outside_its_authoritys_names_reaches_no_root():
    own = x509.DirectoryName(pki().root.certificate.subject)
    limited = authority(
        "CA giới hạn tên THỬ NGHIỆM", pki().root, extra=[(_only(own), True)], bits=256
    )
    person = subscriber("Người ngoài phạm vi", limited, bits=256)
    store = TrustStore(roots=(pki().root.certificate,), intermediates=(limited.certificate,))
    found = build_path(person.certificate, store)
    assert not found.trusted
    assert "ngoài phạm vi tên" in found.problems[0]


def _policy(*identifiers: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies(
        [x509.PolicyInformation(x509.ObjectIdentifier(each), None) for each in identifiers]
    )


def _mapping(source: str, target: str) -> x509.UnrecognizedExtension:
    pair = {"issuer_domain_policy": source, "subject_domain_policy": target}
    value = asn1_x509.PolicyMappings([asn1_x509.PolicyMapping(pair)]).dump()
    return x509.UnrecognizedExtension(ExtensionOID.POLICY_MAPPINGS, value)


ANY, ONE, TWO = "2.5.29.32.0", POLICY.dotted_string, "1.3.6.1.4.1.99999.2"
EXPLICIT = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=None)
NO_MAPPING = x509.PolicyConstraints(require_explicit_policy=0, inhibit_policy_mapping=0)


@pytest.mark.parametrize(
    ("person", "issuing", "above", "accepted"),
    [
        ([], [], [], True),
        ([_policy(ONE)], [_policy(ONE), EXPLICIT], [_policy(ANY)], True),
        ([_policy(TWO)], [_policy(ONE), EXPLICIT], [_policy(ANY)], False),
        ([], [_policy(ONE), EXPLICIT], [_policy(ANY)], False),
        ([_policy(ANY)], [_policy(ONE), EXPLICIT], [_policy(ANY)], True),
        ([_policy(TWO)], [_policy(ONE), EXPLICIT, _mapping(ONE, TWO)], [_policy(ANY)], True),
        ([_policy(TWO)], [_policy(ONE), _mapping(ONE, TWO)], [_policy(ANY), NO_MAPPING], False),
        ([_policy(ONE)], [_policy(ONE), EXPLICIT, _mapping(ANY, TWO)], [_policy(ANY)], False),
        ([_policy(ANY)], [_policy(ONE), EXPLICIT, x509.InhibitAnyPolicy(0)], [], False),
        ([_policy(ONE), EXPLICIT], [], [], False),
    ],
)
def test_policies_matter_when_an_authority_demands_them(person, issuing, above, accepted):
    root = _certificate(subject=ELSEWHERE)
    path = [_certificate(*each) for each in (person, issuing, above)]
    assert policies.acceptable([*path, root]) is accepted


def test_a_path_without_the_demanded_policy_reaches_no_root():
    strict: Holder = authority(
        "CA đòi chính sách THỬ NGHIỆM",
        pki().root,
        bits=256,
        extra=[(_policy(TWO), False), (EXPLICIT, True)],
    )
    person = subscriber("Người không đúng chính sách", strict, bits=256)
    store = TrustStore(roots=(pki().root.certificate,), intermediates=(strict.certificate,))
    found = build_path(person.certificate, store)
    assert not found.trusted
    assert "chính sách" in found.problems[0]
