"""What other web pages, and other users of the computer, may try on the page: all is refused."""

import http.client
import os
import re
import threading
from contextlib import contextmanager
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
from support.served_page import served
from support.waits import PATIENCE

from neuroflow.errors import WorkerError
from neuroflow.widgets import voila
from neuroflow.widgets.voila import LOCAL

pytestmark = pytest.mark.slow


class Page:
    """A page that is served, a kernel of it, and the cookie of a browser that opened it."""

    def __init__(self, address):
        parts = urlsplit(address)
        self.port, self.base, self.token = parts.port, parts.path, parts.query.partition("=")[2]
        self.headers, self.body = self.ask("GET", f"?{parts.query}")[1:]
        self.kernel = re.search(r'"kernelId": ?"([^"]+)"', self.body).group(1)
        self.set_cookie = self.headers["Set-Cookie"]
        self.cookie = self.set_cookie.partition(";")[0]
        self.origin = f"http://{LOCAL}:{self.port}"

    def ask(self, method, path, **headers):
        """Ask for something below the page's path, or for a whole path; return what came."""
        connection = http.client.HTTPConnection(LOCAL, self.port, timeout=PATIENCE)
        whole = path if path.startswith("/") else self.base + path
        connection.putrequest(method, whole, skip_host="Host" in headers)
        for name, value in headers.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        connection.close()
        return answer.status, answer.headers, body

    def socket(self, path="", **headers):
        """Try to open the websocket of the kernel; return 101 or the status of the refusal."""
        upgrade = {
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }  # fmt: skip
        place = f"api/kernels/{self.kernel}/channels{path}"
        return self.ask("GET", place, **upgrade, **headers)[0]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with served(tmp_path_factory.mktemp("page") / "project", open_browser=False) as address:
        yield Page(address)


def test_the_cookie_ends_with_the_browser_and_has_a_path(page):
    (cookie,) = SimpleCookie(page.set_cookie).values()
    assert (cookie["expires"], cookie["max-age"]) == ("", "")
    assert (cookie["path"], cookie["samesite"]) == (page.base, "Strict")
    assert cookie["httponly"]
    assert len(page.base) > 20
    assert page.ask("GET", "", Cookie=page.cookie)[0] == 200
    for text in (page.set_cookie, str(page.headers)):
        assert page.token not in text
    status, headers, _ = page.ask("GET", "login")
    (xsrf,) = SimpleCookie(headers["Set-Cookie"]).values()
    assert (status, xsrf["expires"], xsrf["path"]) == (200, "", page.base)


def test_the_page_answers_to_this_computer_alone_and_reaches_nobody(page):
    for host in ("evil.example.org", "evil.example.org:80", "127.0.0.1.nip.io", "10.0.0.1"):
        assert page.ask("GET", f"?token={page.token}", Host=host)[0] == 403
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    sources = set(policy.replace(";", " ").split())
    assert {s for s in sources if "://" in s} == {
        f"ws://{n}:{page.port}" for n in (LOCAL, "localhost")
    }
    assert "history.replaceState" in page.body  # the token is in the address once


@pytest.mark.parametrize("path", ["/", "/login", "/api/kernels", "/voila/static/voila.js", "/x/"])
def test_outside_of_its_path_there_is_nothing(page, path):
    status, headers, body = page.ask("GET", path, Cookie=page.cookie)
    assert status == 404
    assert page.base.strip("/") not in body + str(headers)


def test_without_cookie_and_token_there_is_the_login_alone(page):
    status, headers, _ = page.ask("GET", "")
    assert (status, urlsplit(headers["Location"]).path) == (302, f"{page.base}login")
    assert page.ask("GET", f"api/kernels/{page.kernel}")[0] == 403
    assert page.ask("GET", "?token=wrong")[0] == 302
    assert page.ask("POST", "login")[0] == 403  # no XSRF token
    assert page.ask("GET", "", Cookie="username-x=forged")[0] == 302


@pytest.mark.parametrize("to", ["//evil.example.org", "http://evil.example.org", "/elsewhere"])
def test_the_login_leads_nowhere_else(page, to):
    status, headers, _ = page.ask("GET", f"login?next={to}", Cookie=page.cookie)
    assert (status, headers["Location"]) == (302, page.base)


REBOUND = [
    "evil.example.org", "127.0.0.1.nip.io", "10.0.0.1", "0.0.0.0", "localhost.evil.org", "127.1",
]  # fmt: skip


@pytest.mark.parametrize("host", REBOUND)
def test_a_name_led_to_this_computer_is_refused(page, host):
    kernel = f"api/kernels/{page.kernel}"
    for path in ("", kernel, "login"):
        assert page.ask("GET", path, Host=host, Cookie=page.cookie)[0] == 403
    origin = f"http://{host}"
    assert page.socket(Host=host, Origin=origin, Cookie=page.cookie) == 403
    assert page.socket(f"?token={page.token}", Host=host, Origin=origin) == 403


ORIGINS = ["http://evil.example.org", "null", "http://127.0.0.1:1", "http://localhost:{port}"]


@pytest.mark.parametrize("origin", ORIGINS)
def test_the_socket_of_a_page_elsewhere_is_refused(page, origin):
    origin = origin.format(port=page.port)
    assert page.socket(Origin=origin, Cookie=page.cookie) == 403
    assert page.socket(Origin=page.origin) == 403  # no cookie
    assert page.socket("?token=wrong", Origin=page.origin) == 403
    assert page.socket(Origin=page.origin, Cookie=page.cookie) == 101


@pytest.mark.parametrize("origin", ORIGINS[:3])
def test_a_page_elsewhere_neither_reads_nor_ends_kernels(page, origin):
    mine = {"Origin": origin, "Cookie": page.cookie}
    kernel = f"api/kernels/{page.kernel}"
    for method, path in (
        ("GET", kernel), ("DELETE", kernel), ("POST", f"voila/api/shutdown/{page.kernel}")
    ):  # fmt: skip
        status, headers, body = page.ask(method, path, **mine)
        assert status in (403, 404)
        assert page.kernel not in body
        assert not headers["Access-Control-Allow-Origin"]
    wanted = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    assert not page.ask("OPTIONS", kernel, **wanted)[1]["Access-Control-Allow-Origin"]
    assert page.socket(Origin=page.origin, Cookie=page.cookie) == 101  # it is still there


def test_the_page_is_in_no_frame_and_shares_no_window(page):
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert page.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert page.headers["Referrer-Policy"] == "no-referrer"


NO_FILES = [
    "api/contents", "api/contents/neuroflow.ipynb", "api/sessions", "api/terminals", "api/kernels",
    "api/kernelspecs", "api/status", "files/neuroflow.ipynb", "nbconvert/html/neuroflow.ipynb",
    "voila/files/neuroflow.ipynb", "voila/files/voila.py", "voila/files/..%2f..%2fpyproject.toml",
    "voila/static/../../../../../../../../../etc/passwd", "tree", "lab", "metrics", "logout",
    "voila/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
    "voila/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "voila/templates/neuroflow/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "voila/api/themes/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
    "voila/labextensions/..%2f..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd",
]  # fmt: skip


@pytest.mark.parametrize("path", NO_FILES)
def test_who_opened_the_page_gets_no_files(page, path):
    status, headers, body = page.ask("GET", path, Cookie=page.cookie)
    assert status != 200
    assert "root:" not in body
    assert "neuroflow.widgets" not in body
    if status == 302:
        to = headers["Location"]
        assert to.startswith(f"{page.base}voila/files/")
        assert page.ask("GET", to, Cookie=page.cookie)[0] in (403, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_nothing_is_made_or_changed_through_the_page(page, method):
    for path in (
        "api/kernels",
        "api/contents/x.ipynb",
        "api/sessions",
        "api/terminals",
        "",
        "files/x",
    ):
        for way in ({"Cookie": page.cookie}, {"Authorization": f"token {page.token}"}):
            assert page.ask(method, path, **way)[0] >= 400


def test_a_cookie_of_an_earlier_page_opens_no_later_one(page, tmp_path):
    with served(tmp_path / "project", open_browser=False) as address:
        later = Page(address)
        name = later.cookie.partition("=")[0]
        stale = f"{name}={page.cookie.partition('=')[2]}"
        assert later.ask("GET", "", Cookie=stale)[0] == 302
        assert later.ask("GET", f"?token={page.token}")[0] == 302
        assert later.ask("GET", "", Cookie=later.cookie)[0] == 200


@contextmanager
def squatter():
    """Answer on a port with a page that looks open, as another user of the computer could."""
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header(voila.MARK, "guessed")
            self.end_headers()

        def log_message(self, *_args):
            pass

    with HTTPServer((LOCAL, 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, asked
        server.shutdown()
        thread.join()


def test_the_page_of_another_on_its_port_is_not_opened(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(voila.webbrowser, "open", opened.append)
    with squatter() as (port, asked):
        monkeypatch.setattr(voila, "_free_port", lambda _port: port)
        with pytest.raises(WorkerError, match="did not open"):
            voila.serve_page(tmp_path, report=opened.append, stop=threading.Event())
    assert opened == []
    assert asked
    assert not [path for path in asked if "token" in path]


@pytest.mark.skipif(os.name != "posix", reason="looks into /proc")
def test_programs_of_the_current_folder_are_not_run(tmp_path, monkeypatch):
    """A folder that came from somebody else may hold settings of Voilà and modules."""
    folder = tmp_path / "received"
    folder.mkdir()
    trap = "import pathlib\npathlib.Path({!r}).touch()\n"
    for name in (
        "voila.py",
        "tornado.py",
        "colorsys.py",
        "jupyter_config.py",
        "ipykernel_config.py",
    ):
        (folder / name).write_text(trap.format(str(tmp_path / f"ran {name}")))
    (folder / "voila.json").write_text('{"Voila": {"tornado_settings": {}, "base_url": "/"}}')
    monkeypatch.chdir(folder)
    with served(folder, open_browser=False) as address:
        Page(address)
    assert list(tmp_path.glob("ran *")) == []
