"""Certificate policies along a path (RFC 5280, 6.1.2-6.1.5).

We ask for no policy of our own (the initial set is any-policy), so policies matter only when an
authority in the path demands that one be valid throughout.
"""

from __future__ import annotations

from collections.abc import Sequence

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.x509.oid import ExtensionOID

_ANY = "2.5.29.32.0"
_Tree = dict[str, set[str]]


def acceptable(path: Sequence[x509.Certificate]) -> bool:
    """Whether a path (subject first, root last) satisfies the policy demands within it.

    Raises ValueError for extensions that cannot be read.
    """
    certificates = list(reversed(path[:-1]))
    state = _State(len(certificates))
    for number, certificate in enumerate(certificates, 1):
        last = number == len(certificates)
        own = certificate.subject == certificate.issuer
        state.take_policies(certificate, any_allowed=own and not last)
        if state.explicit == 0 and not state.tree:
            return False
        if last:
            state.finish(certificate)
        elif not state.pass_on(certificate, self_issued=own):
            return False
    return bool(state.explicit or state.tree)


class _State:
    """The valid policies at one depth with what they lead to, and the three counters."""

    def __init__(self, length: int) -> None:
        self.tree: _Tree = {_ANY: {_ANY}}
        self.explicit = self.inhibit_any = self.mapping = length + 1

    def take_policies(self, certificate: x509.Certificate, *, any_allowed: bool) -> None:
        try:
            named = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
        except x509.ExtensionNotFound:
            self.tree = {}
            return
        policies = {item.policy_identifier.dotted_string for item in named}
        expected = {policy for leads in self.tree.values() for policy in leads}
        found: _Tree = {
            policy: {policy}
            for policy in policies - {_ANY}
            if policy in expected or _ANY in self.tree
        }
        if _ANY in policies and (self.inhibit_any > 0 or any_allowed):
            for policy in expected - found.keys():
                found[policy] = {policy}
        self.tree = found

    def pass_on(self, certificate: x509.Certificate, *, self_issued: bool) -> bool:
        """Prepare for the next certificate below; False when a mapping is forbidden by itself."""
        mappings = _mappings(certificate)
        if any(_ANY in pair for pair in mappings):
            return False
        targets: _Tree = {}
        for issuer_policy, subject_policy in mappings:
            targets.setdefault(issuer_policy, set()).add(subject_policy)
        for policy, leads in targets.items():
            if self.mapping == 0:
                self.tree.pop(policy, None)
            elif policy in self.tree or _ANY in self.tree:
                self.tree[policy] = leads
        if not self_issued:
            self.explicit = max(0, self.explicit - 1)
            self.mapping = max(0, self.mapping - 1)
            self.inhibit_any = max(0, self.inhibit_any - 1)
        demands = _demands(certificate)
        if demands and demands.require_explicit_policy is not None:
            self.explicit = min(self.explicit, demands.require_explicit_policy)
        if demands and demands.inhibit_policy_mapping is not None:
            self.mapping = min(self.mapping, demands.inhibit_policy_mapping)
        self.inhibit_any = min(self.inhibit_any, _inhibit_any(certificate, self.inhibit_any))
        return True

    def finish(self, certificate: x509.Certificate) -> None:
        self.explicit = max(0, self.explicit - 1)
        demands = _demands(certificate)
        if demands and demands.require_explicit_policy == 0:
            self.explicit = 0


def _demands(certificate: x509.Certificate) -> x509.PolicyConstraints | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.PolicyConstraints).value
    except x509.ExtensionNotFound:
        return None


def _inhibit_any(certificate: x509.Certificate, otherwise: int) -> int:
    try:
        found = certificate.extensions.get_extension_for_class(x509.InhibitAnyPolicy).value
    except x509.ExtensionNotFound:
        return otherwise
    return found.skip_certs


def _mappings(certificate: x509.Certificate) -> list[tuple[str, str]]:
    try:
        raw = certificate.extensions.get_extension_for_oid(ExtensionOID.POLICY_MAPPINGS).value
    except x509.ExtensionNotFound:
        return []
    if not isinstance(raw, x509.UnrecognizedExtension):
        raise ValueError("policy mappings in an unknown form")
    return [
        (item["issuer_domain_policy"].dotted, item["subject_domain_policy"].dotted)
        for item in asn1_x509.PolicyMappings.load(raw.value, strict=True)
    ]
