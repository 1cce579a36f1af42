"""Requests go in once, masked, and come back with triage, issue and status."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from nlp.records import CHINA
from serving.schemas import GapAnswer, IssuePage, RequestDetail, RequestPage, SavedAnswer

START = datetime(2026, 11, 9, 8, 0, tzinfo=CHINA)


def item(number, title="路灯不亮", body="小区门口的路灯坏了两周没人修", **more):
    time = (START + timedelta(hours=number)).isoformat()
    return {"id": f"w-{number}", "title": title, "text": body, "time": time, "channel": "hotline", **more}


def post(client, *items, path="/v1/requests"):
    answer = client.post(path, json={"requests": list(items)})
    assert answer.status_code == 200, answer.text
    return answer.json()["results"]


def test_triage_answers_in_order_and_stores_nothing(client):
    found = post(client, item(1, body="电梯困人了快来"), item(2), path="/v1/triage")
    assert [(r["id"], r["urgency"]) for r in found] == [("w-1", 3), ("w-2", 1)]
    assert client.get("/v1/requests").json()["requests"] == []


def test_a_bad_item_is_an_error_in_its_place(client):
    found = post(client, {"id": "x"}, item(2), "text", item(2), path="/v1/triage")
    assert found[0]["id"] == "x"
    assert "没有内容" in found[0]["error"]
    assert found[1]["urgency"] == 1
    assert "对象" in found[2]["error"]
    assert "重复" in found[3]["error"]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"requests": {}}', b'{"requests": []}', b'{"rows": []}', b"\xff\xfe", b'"x"']
)
def test_a_malformed_body_is_422(client, body):
    answer = client.post("/v1/triage", content=body)
    assert answer.status_code == 422
    assert answer.json()["error"] == "malformed"


def test_more_than_256_items_are_refused(client):
    assert client.post("/v1/triage", json={"requests": [item(n) for n in range(257)]}).status_code == 422
    assert len(post(client, *(item(n) for n in range(256)), path="/v1/triage")) == 256


def test_a_body_with_a_byte_order_mark_is_read(client):
    body = b"\xef\xbb\xbf" + '{"requests": [{"id": "1", "text": "停电了"}]}'.encode()
    assert client.post("/v1/triage", content=body).json()["results"][0]["urgency"] == 2


def test_stored_requests_carry_ids_and_triage(client):
    (found,) = post(client, item(1))
    assert found["id"] == "w-1"
    assert found["request"] == "q000001"
    assert found["created"] is True
    assert found["triage"]["kind"] == "投诉"
    assert found["triage"]["id"] == "w-1"


def test_the_same_id_again_changes_nothing(client):
    (first,) = post(client, item(1))
    (second,) = post(client, item(1, body="另一段文字"))
    assert second == {**first, "created": False}
    assert client.get("/v1/requests/q000001").json()["text"] == item(1)["text"]


def test_the_same_id_on_another_channel_is_another_request(client):
    found = post(client, item(1), item(1, channel="board"))
    assert [r["created"] for r in found] == [True, True]


def test_only_the_masked_copy_and_the_hash_of_the_user_are_stored(client, state):
    post(client, item(1, body="请打我电话13912345678", user="u-77"))
    with state.engine.connect() as connection:
        row = connection.execute(text("SELECT text, user_hmac, requests::text AS whole FROM requests")).one()
    assert "13912345678" not in row.whole
    assert "〔手机号〕" in row.text
    assert len(row.user_hmac) == 64
    assert "u-77" not in row.whole


def test_lists_are_paged_from_new_to_old_without_loss(client):
    post(client, *(item(n) for n in range(7)))
    seen, cursor = [], None
    for _ in range(3):
        page = client.get("/v1/requests", params={"limit": 3, **({"cursor": cursor} if cursor else {})}).json()
        seen += [r["id"] for r in page["requests"]]
        cursor = page["next"]
    assert seen == [f"w-{n}" for n in reversed(range(7))]
    assert cursor is None


def test_lists_are_narrowed(client):
    post(client, item(1, body="停电一天"), item(2, channel="board"), item(24 * 7))

    def ids(**query):
        return [r["id"] for r in client.get("/v1/requests", params=query).json()["requests"]]

    assert ids(urgency=2) == ["w-1"]
    assert ids(channel="board") == ["w-2"]
    assert ids(week="2026-W47") == ["w-168"]
    assert ids(topic="城乡建设") == ids(topic="城乡建设/物业管理") == ["w-168", "w-2", "w-1"]
    assert ids(topic="环境保护") == ids(issue="i-000009") == ids(issue="x") == []


@pytest.mark.parametrize("query", ["week=2026-46", "week=2026-W60", "cursor=%21", "limit=0", "limit=x", "urgency=9"])
def test_a_bad_parameter_is_400_and_says_what_was_expected(client, query):
    answer = client.get(f"/v1/requests?{query}")
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "detail"}


@pytest.mark.parametrize("public", ["q000009", "q9", "i-000001", "q-1", "q" + "9" * 30, "%00"])
def test_an_unknown_id_is_404(client, public):
    for path in (f"/v1/requests/{public}", f"/v1/issues/{public}", f"/v1/posts/{public}"):
        assert client.get(path).status_code == 404


def test_events_may_come_twice_and_in_any_order(client):
    post(client, item(1))
    closed = {"type": "closed", "time": "2026-11-10T09:00:00+08:00", "unit": "城管局"}
    received = {"type": "received", "time": "2026-11-09T09:00:00+08:00"}
    first = client.post("/v1/requests/q000001/events", json={"events": [closed, received, {"type": "x"}]}).json()
    again = client.post("/v1/requests/q000001/events", json={"events": [closed]}).json()
    assert [r.get("created") for r in first["results"]] == [True, True, None]
    assert first["status"] == again["status"] == "closed"
    assert again["results"][0]["created"] is False
    found = client.get("/v1/requests/q000001").json()
    assert [e["type"] for e in found["events"]] == ["received", "closed"]


def test_notes_of_events_are_masked(client):
    post(client, item(1))
    event = {"type": "called_back", "time": "2026-11-10T09:00:00+08:00", "note": "回拨13912345678", "solved": False}
    client.post("/v1/requests/q000001/events", json={"events": [event]})
    found = client.get("/v1/requests/q000001").json()["events"][0]
    assert "13912345678" not in found["note"]
    assert found["solved"] is False


def test_a_reply_is_reviewed_once_and_changes_the_status(client):
    post(client, item(1))
    body = {
        "replies": [{"reply": "已收悉", "reply_time": "2026-11-10T09:00:00+08:00", "unit": "城管局"}, {"unit": "x"}]
    }
    first = client.post("/v1/requests/q000001/replies", json=body).json()["results"]
    again = client.post("/v1/requests/q000001/replies", json=body).json()["results"]
    assert (first[0]["created"], again[0]["created"]) == (True, False)
    assert first[0]["reply"] == again[0]["reply"] == "r000001"
    assert first[0]["review"]["score"] == 25
    assert "error" in first[1]
    found = client.get("/v1/requests/q000001").json()
    assert found["status"] == "replied"
    assert len(found["replies"]) == 1


def test_replies_are_reviewed_without_being_stored(client):
    pair = item(1, reply="收到,今天下午安排电工更换灯头,明天十八时前恢复照明。", reply_time="2026-11-10T09:00:00+08:00")
    answer = client.post("/v1/replies:review", json={"requests": [pair, {"id": "y"}]})
    good, bad = answer.json()["results"]
    assert good["score"] == 75
    assert bad["id"] == "y"
    assert client.get("/v1/requests").json()["requests"] == []


def test_events_of_an_unknown_request_are_404(client):
    event = {"type": "closed", "time": "2026-11-10T09:00:00+08:00"}
    assert client.post("/v1/requests/q000404/events", json={"events": [event]}).status_code == 404


def test_errors_have_one_form_and_every_answer_an_id(client):
    answer = client.get("/v1/nothing", headers={"X-Request-Id": "abc-1"})
    assert answer.status_code == 404
    assert set(answer.json()) == {"error", "detail"}
    assert answer.headers["x-request-id"] == "abc-1"
    assert client.get("/health/live", headers={"X-Request-Id": "bad id"}).headers["x-request-id"] != "bad id"


def test_a_browser_gets_a_page_for_an_unknown_address(client):
    answer = client.get("/nothing", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_the_same_request_sent_at_once_is_stored_once(client):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: post(client, item(1))[0], range(4)))
    assert sum(r["created"] for r in found) == 1
    assert len({r["request"] for r in found}) == 1


def test_health_says_what_is_ready(client):
    assert client.get("/health/live").status_code == 200
    found = client.get("/health/ready")
    assert found.status_code == 200
    assert found.json()["checks"] == {"model": "keyword-1", "database": "ok"}


def test_an_old_schema_is_not_ready(client, state):
    with state.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert client.get("/health/ready").status_code == 503


def test_documentation_loads_nothing_from_outside(client):
    page = client.get("/docs").text
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert client.get("/docs/files/swagger-ui-bundle.js").status_code == 200
    assert client.get("/docs/openapi-3.0.json").json()["openapi"] == "3.0.3"


def test_the_document_is_openapi_3_1_and_describes_the_bodies(client):
    document = client.get("/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    body = document["paths"]["/v1/triage"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["requests"]["maxItems"] == 256
    assert "Triage" in document["components"]["schemas"]


def test_a_body_over_32_megabytes_is_413(client):
    assert client.post("/v1/triage", content=b" " * (32 * 2**20 + 1)).status_code == 413


def test_answers_have_the_shapes_of_the_document(client):
    (saved,) = post(client, item(1))
    public = saved["request"]
    client.post(f"/v1/requests/{public}/events", json={"events": [{"type": "closed", "time": "2026-11-10"}]})
    client.post(f"/v1/requests/{public}/replies", json={"replies": [{"reply": "已收悉"}]})
    SavedAnswer.model_validate({"results": [saved]})
    RequestDetail.model_validate(client.get(f"/v1/requests/{public}").json())
    RequestPage.model_validate(client.get("/v1/requests").json())
    IssuePage.model_validate(client.get("/v1/issues").json())
    GapAnswer.model_validate(client.get("/v1/gaps").json())


@pytest.mark.parametrize(
    "odd",
    [
        {"text": "灯\u0000坏了"},
        {"time": "0001-01-01T00:00:00"},
        {"time": "9999-12-31T23:59:59-12:00"},
        {"time": 20261109},
        {"likes": "很多"},
        {"likes": 10**30},
        {"area": {"code": 1}},
        {"user": "用" * 5_000},
        {"title": None},
        {"text": "灯坏了" * 6_000},
        {"text": "😀" * 2_000},
        {"id": 7},
        {"channel": "渠" * 1_000},
    ],
)
def test_odd_values_are_stored_and_read_back(client, odd):
    (found,) = post(client, {**item(1), **odd})
    assert found["created"]
    assert client.get(f"/v1/requests/{found['request']}").status_code == 200
    assert len(client.get("/v1/requests").json()["requests"]) == 1


@pytest.mark.parametrize("query", ["channel=%00", "topic=%00", "issue=%00"])
def test_a_nul_in_a_parameter_is_no_server_error(client, query):
    assert client.get(f"/v1/requests?{query}").status_code in (200, 400)


@pytest.mark.parametrize(
    "event",
    [
        {"type": "closed", "time": "0001-01-01"},
        {"type": None, "time": "2026-11-09"},
        {"type": ["closed"], "time": "2026-11-09"},
        {"type": "closed", "time": "2026-11-09", "note": "字" * 5_000},
        {"type": "closed", "time": "2026-11-09", "solved": "也许"},
    ],
)
def test_a_bad_event_is_an_error_in_its_place(client, event):
    post(client, item(1))
    answer = client.post("/v1/requests/q000001/events", json={"events": [event]})
    assert answer.status_code == 200
    assert "error" in answer.json()["results"][0]


def test_a_nul_in_unit_and_note_is_removed(client):
    post(client, item(1))
    event = {"type": "closed", "time": "2026-11-09", "unit": "城\u0000管", "note": "好\u0000"}
    assert client.post("/v1/requests/q000001/events", json={"events": [event]}).json()["results"][0]["unit"] == "城管"
    reply = {"reply": "已\u0000收悉", "unit": "城\u0000管"}
    assert client.post("/v1/requests/q000001/replies", json={"replies": [reply]}).json()["results"][0]["unit"] == "城管"


def test_a_request_is_sent_with_the_deadline_of_its_platform(client, state):
    post(client, item(1, due="2026-11-24 18:00"))
    with state.engine.connect() as connection:
        due = connection.execute(text("SELECT due FROM requests")).scalar_one()
    assert due == datetime(2026, 11, 24, 18, 0, tzinfo=CHINA)
