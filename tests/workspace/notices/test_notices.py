"""Notices arrive at real servers, hold no study, and never stop collecting."""

import stat
import warnings

import pytest

from neuroflow.errors import ConfigError, OptionError, ResultWarning


def text_of(post):
    return f"{post['title']}: {post['message']}"


def test_news_arrive_by_mail_and_webhook_without_any_study(project, mail, webhook):
    for address in (mail.address, webhook.address):
        project.ws.notices.add(address)
    for number in range(4):
        project.send(f"study-{number}")
    project.deliver("study-0")
    project.deliver("study-1")
    project.fail("study-2")
    with pytest.warns(ResultWarning, match="has failed"):
        project.collect()
    words = "2 new results, 1 newly failed. 1 study is still waiting."
    (post,) = webhook.posts
    assert text_of(post) == f"neuroflow: study-7: {words}"
    (message,) = mail.messages
    assert "Subject: neuroflow: study-7" in message
    assert words in message
    for text in (message, str(post)):
        assert not any(f"study-{number}" in text for number in range(4))
        assert "T0KEN" not in text
    project.collect()
    assert (len(mail.messages), len(webhook.posts)) == (1, 1)


def test_no_news_is_no_notice(project, webhook):
    project.ws.notices.add(webhook.address)
    project.send("s1")
    project.collect()
    assert webhook.posts == []


def test_a_failed_notice_is_sent_at_the_next_check(project, webhook):
    project.ws.notices.add(webhook.address)
    project.send("s1")
    project.deliver("s1")
    webhook.status = 500
    with pytest.warns(ResultWarning, match="JSON at json://127.0.0.1") as caught:
        assert project.collect()["state"].tolist() == ["collected"]
    assert not any("T0KEN" in str(each.message) for each in caught)
    webhook.status = 200
    project.collect()
    project.collect()
    assert [post["message"] for post in webhook.posts][1:] == [
        "1 new result. 0 studies are still waiting."
    ]


def test_one_bad_address_keeps_no_notice_from_another(project, webhook):
    project.ws.notices.add("json://127.0.0.1:1/gone")
    project.ws.notices.add(webhook.address)
    project.send("s1")
    project.deliver("s1")
    with pytest.warns(ResultWarning, match="was not delivered"):
        project.collect()
    project.collect()
    assert len(webhook.posts) == 1


def test_a_library_that_raises_stops_nothing(project, webhook, monkeypatch):
    import apprise

    def crash(*args, **options):
        raise RuntimeError("T0KENT0KEN")

    project.ws.notices.add(webhook.address)
    monkeypatch.setattr(apprise.plugins.N_MGR["json"], "notify", crash)
    (delivery,) = project.ws.notices.test()
    assert delivery.reason == "RuntimeError"


def test_addresses_are_secrets_of_the_user(project, webhook, user_folder):
    shown = project.ws.notices.add(webhook.address)
    assert shown == f"JSON at {webhook.address.rsplit('/', 1)[0]}"
    assert project.ws.notices.add("mailto://me:passw0rd@example.org?to=a@b.org") == (
        "E-Mail at mailto://example.org"
    )
    file = project.ws.notices.path
    assert file.parent == user_folder
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(user_folder.stat().st_mode) == 0o700
    for path in project.ws.folder.rglob("*"):
        assert path.is_dir() or b"T0KEN" not in path.read_bytes()
    assert project.ws.notices.remove(2) == "E-Mail at mailto://example.org"
    assert project.ws.notices.addresses() == [shown]
    assert "passw0rd" not in file.read_text()


def test_each_workspace_has_addresses_of_its_own(project, webhook, tmp_path):
    from neuroflow.workspace.notices import Notices

    project.ws.notices.add(webhook.address)
    other = Notices(tmp_path / "other")
    assert other.addresses() == []
    assert other.test() == []
    other.add("json://localhost/other")
    other.remove(1)
    assert len(project.ws.notices.addresses()) == 1


def test_a_file_readable_by_others_is_refused_while_collecting_continues(project, webhook):
    project.ws.notices.add(webhook.address)
    project.ws.notices.path.chmod(0o644)
    with pytest.raises(ConfigError, match="chmod 600"):
        project.ws.notices.addresses()
    project.send("s1")
    project.deliver("s1")
    with pytest.warns(ResultWarning, match="Others may read"):
        assert project.collect()["state"].tolist() == ["collected"]
    assert webhook.posts == []


@pytest.mark.parametrize("address", ["", "nonsense", "json://", "sftp://example.org", "a\nb"])
def test_what_is_no_address_is_refused(project, address):
    with pytest.raises(OptionError, match="not an address for notices"):
        project.ws.notices.add(address)
    assert not project.ws.notices.path.exists()


@pytest.mark.parametrize("number", [0, 2, -1])
def test_an_address_that_is_not_there_cannot_be_removed(project, webhook, number):
    project.ws.notices.add(webhook.address)
    with pytest.raises(OptionError, match="this workspace has 1"):
        project.ws.notices.remove(number)


def test_without_the_library_collecting_goes_on(project, webhook, monkeypatch):
    import sys

    project.ws.notices.add(webhook.address)
    monkeypatch.setitem(sys.modules, "apprise", None)
    project.send("s1")
    project.deliver("s1")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        project.collect()
    assert any("pip install apprise" in str(each.message) for each in caught)
