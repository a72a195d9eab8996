"""One certificate asked for at its authority's OCSP service, with the reason when nothing came.

`fetching.ask_ocsp` does the same in silence, for evidence that may be missing; here a person wants
to know why.
"""

from __future__ import annotations

import datetime as dt

from cryptography import x509

from signing.trust import fetching, ocsp
from signing.trust import path as paths
from signing.trust.der import DerError
from signing.trust.fetching import Fetch, FetchFailed
from signing.trust.ocsp import OcspAnswer, Single
from signing.trust.store import TrustStore

_SKEW = dt.timedelta(minutes=10)


class NotAnswered(Exception):
    """No answer to judge by; the message is a Vietnamese sentence, `detail` for the technician."""

    def __init__(self, message: str, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


def issuer_of(certificate: x509.Certificate, store: TrustStore) -> x509.Certificate:
    """The authority that issued a certificate, if it is one that we trust. Raises NotAnswered."""
    path = paths.build_path(certificate, store.for_stamps())
    if not path.trusted or len(path.certificates) < 2:
        raise NotAnswered("Cơ quan cấp chứng thư này chưa được tin cậy ở đây nên không hỏi.")
    return path.certificates[1]


def ask(
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    fetch: Fetch,
    *,
    at: dt.datetime,
    timeout: float = fetching.OCSP_TIMEOUT,
) -> OcspAnswer:
    """A current answer about a certificate by somebody who may give it. Raises NotAnswered."""
    addresses = list(fetching.ocsp_addresses(certificate))
    if not addresses:
        raise NotAnswered("Chứng thư không ghi địa chỉ OCSP nên không có ai để hỏi.")
    last = NotAnswered("")
    for url in addresses:
        host = fetching.host_of(url) or url[:100]
        try:
            answer = OcspAnswer(fetch(url, ocsp.question(certificate, issuer), timeout))
        except FetchFailed as error:
            last = NotAnswered(f"Máy chủ {host} không trả lời hoặc chưa được phép hỏi.", str(error))
        except DerError as error:
            last = NotAnswered(f"Trả lời của {host} không đọc được hoặc là từ chối.", str(error))
        else:
            problem = _problem(answer, answer.about(certificate, issuer), issuer, at)
            if not problem:
                return answer
            last = NotAnswered(f"Trả lời của {host} không dùng được: {problem}.")
    raise last


def _problem(
    answer: OcspAnswer, single: Single | None, issuer: x509.Certificate, at: dt.datetime
) -> str:
    if single is None:
        return "cơ quan không biết chứng thư này"
    if answer.responder(issuer) is None:
        return "không do cơ quan cấp chứng thư, hay người được cơ quan đó cử, ký"
    if single.this_update > at + _SKEW:
        return "ghi thời điểm ở tương lai"
    if single.next_update < at:
        return "đã quá hạn"
    return ""
