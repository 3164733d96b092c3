"""A web page of another server in the same browser, which knows all but the cookie."""

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

import pytest
from support.fronts import left
from support.voila import VoilaPage, running_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ATTACKS = """async ([base, kernel]) => {
  const socket = await new Promise(done => {
    const line = new WebSocket(base.replace("http", "ws") + "api/kernels/" + kernel + "/channels");
    line.onopen = () => done("open");
    line.onerror = () => done("refused");
  });
  const get = (path, options) => fetch(base + path, {credentials: "include", ...options})
    .then(answer => answer.text()).then(text => "read " + text.length, () => "refused");
  const frame = document.createElement("iframe");
  frame.src = base;
  const framed = await new Promise(done => {
    frame.onload = () => done("loaded");
    document.body.append(frame);
  });
  const other = window.open(base);
  await new Promise(done => setTimeout(done, 3000));
  let seen = "none";
  try { seen = other.closed ? "severed" : String(other.document.title); } catch { seen = "none"; }
  let inside = "none";
  try { inside = String(frame.contentDocument?.title ?? "none"); } catch { inside = "none"; }
  return {
    socket, seen, inside, framed,
    page: await get(""),
    kernel: await get("api/kernels/" + kernel),
    end: await get("api/kernels/" + kernel, {method: "DELETE"}),
    quit: await get("voila/api/shutdown/" + kernel, {method: "POST", mode: "no-cors"}),
  };
}"""


@contextmanager
def elsewhere():
    """Serve an empty page on another port; yield its port and the headers that it was sent."""
    sent = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            sent.append(dict(self.headers))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>elsewhere</title><body>")

        def log_message(self, *_args):
            pass

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port, sent
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def attacked(browser, tmp_path_factory):
    """Open the page of a workspace; yield it with its address, the token left out."""
    with (
        running_page(tmp_path_factory.mktemp("attacked") / "project") as address,
        left(VoilaPage(browser.new_page(), address)) as page,
    ):
        page.open()
        yield page, address.partition("?")[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_page_of_another_server_has_no_power(browser, attacked, host):
    page, base = attacked
    with elsewhere() as (port, sent):
        kernel = page.page.evaluate(
            "JSON.parse(document.getElementById('jupyter-config-data').textContent).kernelId"
        )
        kept = [c for c in browser.cookies(base) if c["path"] == urlsplit(base).path]
        assert {cookie["expires"] for cookie in kept} == {-1}  # until the browser is closed
        assert kept
        evil = browser.new_page()
        evil.goto(f"http://{host}:{port}/")
        result = evil.evaluate(ATTACKS, [base, kernel])
        assert result.pop("framed") == "loaded"
        assert [frame.url for frame in evil.frames[1:]] == ["chrome-error://chromewebdata/"]
        assert result.pop("quit") in {"read 0", "refused"}  # cannot be told: see whether it lives
        assert set(result.items()) == {
            ("socket", "refused"), ("page", "refused"), ("kernel", "refused"), ("end", "refused"),
            ("inside", "none"), ("seen", "severed"),
        }  # fmt: skip
        assert sent
        assert not [headers for headers in sent if "username" in headers.get("Cookie", "")]
        evil.close()
        page.tab("2 Cohort")
        page.fill("Scan folder", f"/no/such/{host}")
        page.fill("Cohort id", "C")
        page.click("Check studies")  # the kernel answers
        page.form.get_by_role("alert").filter(has_text=f"/no/such/{host}").wait_for()
