"""What comes in is kept without a person's number, in the external id as well."""

from __future__ import annotations

from serving.intake import hide_derived_id


def test_a_request_under_a_phone_number_is_answered_with_an_error(client) -> None:
    items = [{"id": "13912345678", "text": "路灯坏了"}, {"id": "LX20261109-0058", "text": "路灯坏了"}]
    bad, good = client.post("/v1/requests", json={"requests": items}).json()["results"]
    assert "请改用工单编号" in bad["error"]
    assert "13912345678" not in str(bad)
    assert good["created"] is True


def test_a_derived_id_is_the_same_under_one_key_and_another_under_another() -> None:
    one, again, other = (hide_derived_id("wx-0a1b", key=key) for key in ("a" * 32, "a" * 32, "b" * 32))
    assert one == again
    assert one != other
    assert (one[:3], len(one)) == ("wx-", 23)
