"""The register of certificates and the page of one: what it says, who may do what with it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Agency, Certificate, Entrustment, Person
from operations.transactions import transaction
from rules.certificates import CertificateOrigin, SubscriberKind
from tests import factories
from tests.cast import NOW, Cast
from tests.cast import person as enter_person
from views.finding import PAGE_SIZE

Login = Callable[[int], FlaskClient]
Counter = Callable[[], AbstractContextManager[list[str]]]
MOST_STATEMENTS = 10
GROUND = "Đã tra hồ sơ cấp chứng thư năm 2023."


@pytest.fixture
def papers(db_session: Session, cast: Cast) -> dict[str, int]:
    """Certificates of An, Em and Giang in commune A, of Bình in commune B."""
    with transaction(db_session):
        people = {
            name: db_session.get_one(Person, number)
            for name, number in (
                ("an", cast.person_an),
                ("em", cast.person_em),
                ("binh", cast.person_binh),
                ("giang", cast.person_giang),
            )
        }
        token = factories.device(
            db_session, people["an"].agency_id, "TB-01", people["an"], serial="CAFE0001"
        )
        make = factories.certificate
        return {
            "an": make(db_session, people["an"], days_left=40, serial="0A1B2C", token=token).id,
            "em": make(db_session, people["em"], days_left=90).id,
            "giang": make(db_session, people["giang"], days_left=20).id,
            "binh": make(db_session, people["binh"], days_left=60).id,
            "unknown": make(db_session, people["an"], days_left=300, renewals=None).id,
            "renewed": make(db_session, people["giang"], days_left=100, renewals=1).id,
        }


# Who sees what --------------------------------------------------------------------------------


def test_each_person_sees_the_certificates_of_their_scope(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    commune = login(cast.an).get("/chung-thu").text
    assert "Đỗ Hoàng Giang" in commune
    assert "Trần Thị Bình" not in commune
    assert "Trần Thị Bình" in login(cast.khanh).get("/chung-thu").text
    own = login(cast.em).get("/chung-thu").text
    assert "Phạm Văn Em" in own.split("<main")[1]
    assert "Nguyễn Văn An" not in own


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("an", 200),
        ("chi", 200),
        ("giang", 200),
        ("huong", 200),
        ("khanh", 200),
        ("binh", 404),
        ("em", 404),
        ("dung", 403),
    ],
)
def test_page_and_file_are_given_inside_the_scope_only(
    login: Login, cast: Cast, papers: dict[str, int], who: str, status: int
) -> None:
    browser = login(getattr(cast, who))
    for path in (f"/chung-thu/{papers['an']}", f"/chung-thu/{papers['an']}/tep"):
        assert browser.get(path).status_code == status, path


def test_strangers_are_sent_to_the_login_page(client: FlaskClient, papers: dict[str, int]) -> None:
    one = f"/chung-thu/{papers['an']}"
    for path in ("/chung-thu", "/chung-thu/in", one, f"{one}/tep", f"{one}/gan"):
        assert client.get(path).location.startswith("/dang-nhap"), path
    assert client.post(f"{one}/lich-su").location.startswith("/dang-nhap")


@pytest.mark.parametrize(
    ("who", "status"),
    [("binh", 404), ("chi", 403), ("giang", 403), ("huong", 403), ("khanh", 403), ("em", 403)],
)
def test_only_the_focal_point_of_the_place_attests_and_assigns(
    login: Login, cast: Cast, papers: dict[str, int], who: str, status: int
) -> None:
    browser = login(getattr(cast, who))
    one = f"/chung-thu/{papers['unknown']}"
    for method, path in (("POST", f"{one}/lich-su"), ("GET", f"{one}/gan"), ("POST", f"{one}/gan")):
        assert browser.open(path, method=method).status_code == status, path


# The list -------------------------------------------------------------------------------------


def test_certificates_are_found_by_name_serial_and_serial_of_the_device(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    browser = login(cast.an)
    for query in ("0A:1B:2C", "0x0a1b2c", str(0x0A1B2C), "cafe0001", "nguyen an 0a1b2c"):
        text = browser.get("/chung-thu", query_string={"q": query}).text
        assert f'href="/chung-thu/{papers["an"]}"' in text, query
        assert f'href="/chung-thu/{papers["em"]}"' not in text, query


def test_the_state_filter_and_the_line_of_counts_say_the_same(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    browser = login(cast.an)
    text = browser.get("/chung-thu").text
    for state, name in (("URGENT", "an"), ("TOO_LATE", "giang"), ("HISTORY_UNKNOWN", "unknown")):
        assert f'href="/chung-thu?trang-thai={state}"><strong>1</strong>' in text
        filtered = browser.get(f"/chung-thu?trang-thai={state}").text
        assert f'href="/chung-thu/{papers[name]}"' in filtered
        assert filtered.count("<tr data-row>") == 1


def test_the_list_can_be_ordered_by_the_last_day(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    text = login(cast.an).get("/chung-thu?xep=ngay").text
    order = ("giang", "an", "em", "renewed", "unknown")
    places = [text.index(f'href="/chung-thu/{papers[name]}"') for name in order]
    assert places == sorted(places)


def test_a_date_is_never_alone(login: Login, cast: Cast, papers: dict[str, int]) -> None:
    text = login(cast.an).get("/chung-thu").text
    assert "còn 40 ngày" in text
    assert "sau đó chỉ còn cấp mới" in text
    assert "không kịp gia hạn, chỉ còn cấp mới" in text
    assert "đã gia hạn một lần, sau đó chỉ còn cấp mới" in text


def test_chosen_rows_go_on_to_a_renewal_letter(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    browser = login(cast.an)
    text = browser.get("/chung-thu").text
    assert 'formaction="/de-nghi/gia-han/moi"' in text
    assert f'name="certificates" value="{papers["an"]}"' in text
    chosen = {"certificates": [str(papers["an"]), str(papers["em"])]}
    answer = browser.post("/de-nghi/gia-han/moi", data=chosen, follow_redirects=True)
    assert answer.status_code == 200
    assert "Phạm Văn Em" in answer.text
    assert "Lập văn bản gia hạn" not in login(cast.huong).get("/chung-thu").text


@pytest.mark.parametrize("rows", [2, 130])
@pytest.mark.parametrize("who", ["an", "khanh"])
def test_the_register_asks_the_same_few_questions_whatever_its_length(
    login: Login,
    cast: Cast,
    db_session: Session,
    count_statements: Counter,
    rows: int,
    who: str,
) -> None:
    with transaction(db_session):
        commune = db_session.get_one(Agency, cast.commune_a)
        for number in range(rows):
            holder = enter_person(db_session, f"Lê Văn Số {number}", commune, "Công chức")
            token = factories.device(db_session, commune.id, f"N{number}", holder)
            factories.certificate(db_session, holder, token=token)
    browser = login(getattr(cast, who))
    place = f"don-vi={cast.commune_a}"
    paths = [
        "/chung-thu",
        "/chung-thu?xep=ngay&trang-thai=RENEWAL_DUE",
        f"/chung-thu?trang-thai=RENEWAL_DUE&loai=INDIVIDUAL&{place}&q=le+van",
    ]
    if rows > PAGE_SIZE:
        page = browser.get("/chung-thu").text
        paths.append("/chung-thu?sau=" + page.split("sau=")[1].split('"')[0])
    for path in paths:
        with count_statements() as statements:
            assert browser.get(path).status_code == 200
        assert len(statements) <= MOST_STATEMENTS, path


# The page -------------------------------------------------------------------------------------


def test_the_seven_contents_stand_in_the_order_of_the_decree(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    text = login(cast.an).get(f"/chung-thu/{papers['an']}").text
    words = [
        "1. Tên của Tổ chức cung cấp dịch vụ chứng thực",
        "2. Tên của thuê bao",
        "3. Số hiệu chứng thư",
        "4. Thời gian hiệu lực",
        "5. Khóa công khai",
        "6. Chữ ký số của Tổ chức cung cấp dịch vụ",
        "7. Hạn chế về mục đích, phạm vi sử dụng",
    ]
    places = [text.index(one) for one in words]
    assert places == sorted(places)
    assert "0A1B2C" in text


def test_the_head_says_the_last_day_and_the_days_to_file_and_to_be_received(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    text = login(cast.an).get(f"/chung-thu/{papers['em']}").text
    for days_from_now in (90, 90 - 45, 90 - 30):
        assert f"{factories.day(days_from_now):%d/%m/%Y}" in text
    assert "còn 60 ngày" in text
    assert "sau đó chỉ còn cấp mới" in text


def test_a_certificate_that_may_be_renewed_offers_the_letter(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    address = f'href="/de-nghi/gia-han/moi?chung-thu={papers["em"]}"'
    assert address in login(cast.an).get(f"/chung-thu/{papers['em']}").text
    assert address not in login(cast.huong).get(f"/chung-thu/{papers['em']}").text


@pytest.mark.parametrize("name", ["giang", "renewed"])
def test_a_refusal_says_why_by_which_article_and_what_instead(
    login: Login, cast: Cast, papers: dict[str, int], name: str
) -> None:
    text = login(cast.an).get(f"/chung-thu/{papers[name]}").text
    assert "Không gia hạn được" in text
    assert "Điều 12" in text
    assert "Mẫu số 01" in text
    assert f'href="/de-nghi/gia-han/moi?chung-thu={papers[name]}"' not in text


def test_an_unknown_history_is_attested_on_the_page(
    login: Login, cast: Cast, papers: dict[str, int], db_session: Session
) -> None:
    browser = login(cast.an)
    one = f"/chung-thu/{papers['unknown']}"
    assert 'href="#lich-su-gia-han"' in browser.get(one).text
    short = browser.post(f"{one}/lich-su", data={"renewals": "0", "version": "1", "statement": "a"})
    assert short.status_code == 200
    assert "Căn cứ dài từ 10 đến 500 ký tự" in short.text
    good = browser.post(
        f"{one}/lich-su",
        data={"renewals": "0", "version": "1", "statement": GROUND},
        follow_redirects=True,
    )
    assert "Đã ghi xác nhận lịch sử gia hạn" in good.text
    assert GROUND in good.text
    assert "Xác nhận lịch sử gia hạn" in good.text
    assert db_session.get_one(Certificate, papers["unknown"]).renewals == 0


def test_a_known_history_is_not_asked_for(login: Login, cast: Cast, papers: dict[str, int]) -> None:
    assert "lich-su-gia-han" not in login(cast.an).get(f"/chung-thu/{papers['an']}").text


def test_chain_and_entrustment_are_shown_inside_the_scope(
    login: Login, cast: Cast, db_session: Session
) -> None:
    with transaction(db_session):
        head = db_session.get_one(Person, cast.person_giang)
        kind = SubscriberKind.ORGANISATION
        old = factories.certificate(db_session, head, days_left=10, serial="0D01", kind=kind)
        new = factories.certificate(db_session, head, days_left=900, serial="0E02", kind=kind)
        new.chain_id, new.predecessor_id, new.renewals = old.chain_id, old.id, 1
        new.origin = CertificateOrigin.RENEWED
        db_session.add(
            Entrustment(
                certificate_id=new.id,
                person_id=cast.person_chi,
                decision="Quyết định số 5/QĐ-UBND",
                from_on=(NOW - timedelta(days=30)).date(),
            )
        )
        number = new.id
    text = login(cast.an).get(f"/chung-thu/{number}").text
    assert "0D01" in text
    assert "Lê Thị Chi" in text
    assert "Quyết định số 5/QĐ-UBND" in text


def test_the_page_of_a_certificate_asks_few_questions(
    login: Login, cast: Cast, papers: dict[str, int], count_statements: Counter
) -> None:
    browser = login(cast.an)
    with count_statements() as statements:
        assert browser.get(f"/chung-thu/{papers['an']}").status_code == 200
    assert len(statements) <= MOST_STATEMENTS + 1


def test_the_file_is_the_certificate_byte_for_byte(
    login: Login, cast: Cast, papers: dict[str, int], db_session: Session
) -> None:
    answer = login(cast.an).get(f"/chung-thu/{papers['an']}/tep")
    assert answer.data == db_session.get_one(Certificate, papers["an"]).der
    assert answer.mimetype == "application/pkix-cert"
    assert 'filename="chung-thu-0A1B2C.cer"' in answer.headers["Content-Disposition"]


# Person and device ----------------------------------------------------------------------------


def test_a_certificate_is_given_to_a_person_who_was_searched_for(
    login: Login, cast: Cast, papers: dict[str, int], db_session: Session
) -> None:
    with transaction(db_session):
        from operations import search

        for row in db_session.query(Person):
            search.reindex(db_session, search.PERSON, row.id, search.terms_of_person(row))
    browser = login(cast.an)
    one = f"/chung-thu/{papers['an']}"
    text = browser.get(f"{one}/gan?q=em").text
    assert f"ca-nhan={cast.person_em}" in text
    assert "Trần Thị Bình" not in browser.get(f"{one}/gan?q=binh").text
    answer = browser.post(
        f"{one}/gan",
        data={"version": "1", "person_id": str(cast.person_em), "device_id": ""},
        follow_redirects=True,
    )
    assert "Đã ghi thay đổi" in answer.text
    row = db_session.get_one(Certificate, papers["an"])
    assert (row.person_id, row.device_id) == (cast.person_em, None)


def test_a_certificate_is_not_given_to_somebody_outside_the_scope(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    answer = login(cast.an).post(
        f"/chung-thu/{papers['an']}/gan",
        data={"version": "1", "person_id": str(cast.person_binh)},
    )
    assert answer.status_code == 404


# Paper ----------------------------------------------------------------------------------------


def test_the_register_is_printed_with_chosen_columns(
    login: Login, cast: Cast, papers: dict[str, int]
) -> None:
    text = login(cast.an).get("/chung-thu/in?cot=thue-bao&cot=han-nop&trang-thai=URGENT").text
    assert "Nguyễn Văn An" in text
    assert "Phạm Văn Em" not in text
    assert f"{factories.day(40 - 45):%d/%m/%Y}" in text
    assert 'data-label="Trạng thái"' not in text
    assert "Độc lập - Tự do - Hạnh phúc" in text
