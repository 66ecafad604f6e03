"""Headers that make browsers careful: which, what they say, and a nonce that is the sidecar's alone and each response's own."""
import base64
import re
import subprocess
import unittest

from peers import PROGRAM, PATIENCE, Case, echo, ok
from protect_test import get
from reload_test import Configured

POLICY = "script-src 'nonce-{nonce}' 'strict-dynamic'; style-src 'nonce-{nonce}'; base-uri 'none'"
CSP = "Content-Security-Policy"


def site(peer, application):
    """Pages with the nonce in them, and a script without; all may be stored."""
    while True:
        head = peer.head()
        application.requests.append(head)
        path = head.start.split()[1]
        if head.get("if-none-match"):
            peer.send(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
            continue
        kind = b"text/javascript" if path.endswith(".js") else b"Text/HTML; charset=utf-8"
        body = b"run()" if path.endswith(".js") else b'<script nonce="' + head.get("x-csp-nonce", "none").encode() + b'">'
        if path == "/unsaid":
            peer.send(ok(body, b"Cache-Control: max-age=60"))
        else:
            peer.send(ok(body, b"Cache-Control: max-age=60", b'ETag: "1"', b"Content-Type: " + kind))


def own(peer, _):
    while True:
        peer.head()
        peer.send(ok(b"x", b"X-Frame-Options: DENY", b"Content-Security-Policy: default-src 'none'", b"content-security-policy: img-src *"))


def nonces(head):
    return re.findall(r"'nonce-([^']*)'", head.get(CSP, ""))


class Values(Case):
    def test_each_can_be_chosen_and_switched_off(self):
        application = self.application(echo)
        sidecar = self.sidecar(application, "--frame-options", "DENY", "--referrer-policy", "no-referrer", "--permissions-policy", "off",
                               "--content-security-policy", "default-src 'self'", "--cross-origin-opener-policy", "same-origin",
                               "--cross-origin-embedder-policy", "require-corp", "--cross-origin-resource-policy", "same-site")
        answer = sidecar.ask(get("/", "X-CSP-Nonce: mine"))
        self.assertEqual(answer.all("X-Content-Type-Options"), ["nosniff"])
        self.assertEqual(answer.all("X-Frame-Options"), ["DENY"])
        self.assertEqual(answer.all("Referrer-Policy"), ["no-referrer"])
        self.assertEqual(answer.all("Permissions-Policy"), [])
        self.assertEqual(answer.all(CSP), ["default-src 'self'"])
        self.assertEqual(answer.all("Cross-Origin-Opener-Policy"), ["same-origin"])
        self.assertEqual(answer.all("Cross-Origin-Embedder-Policy"), ["require-corp"])
        self.assertEqual(answer.all("Cross-Origin-Resource-Policy"), ["same-site"])
        self.assertEqual(application.requests[0].all("X-CSP-Nonce"), ["mine"], "without a nonce there is nothing to protect")

    def test_what_breaks_pages_is_not_there_unless_somebody_asks_for_it(self):
        _, sidecar = self.both(echo)
        answer = sidecar.ask(get("/"))
        self.assertEqual(answer.all("X-Frame-Options"), ["SAMEORIGIN"])
        self.assertEqual(answer.all("Permissions-Policy"), ["browsing-topics=(), serial=(), usb=()"])
        for name in (CSP, "Cross-Origin-Opener-Policy", "Cross-Origin-Embedder-Policy", "Cross-Origin-Resource-Policy"):
            self.assertEqual(answer.all(name), [])

    def test_those_of_the_application_are_kept_or_replaced(self):
        application = self.application(own)
        kept = self.sidecar(application, "--content-security-policy", POLICY).ask(get("/"))
        self.assertEqual((kept.all("X-Frame-Options"), kept.all(CSP)), (["DENY"], ["default-src 'none'", "img-src *"]))
        other = self.sidecar(application, "--content-security-policy", POLICY, "--own-security-headers", "replace").ask(get("/"))
        self.assertEqual(other.all("X-Frame-Options"), ["SAMEORIGIN"])
        self.assertEqual(len(other.all(CSP)), 1)
        self.assertEqual(len(nonces(other)), 2)

    def test_what_cannot_be_said_is_refused_with_its_flag(self):
        for flag, value in (("--frame-options", "ALLOWALL"), ("--referrer-policy", "never"), ("--cross-origin-opener-policy", "other"),
                            ("--permissions-policy", "usb=()\r\nX: y"), ("--content-security-policy", "script-src {nonce}"),
                            ("--content-security-policy", "script-src 'nonce-{once}'"), ("--nonce-header", "Host"),
                            ("--nonce-header", "X-Forwarded-For"), ("--nonce-header", "X-Nonce:"), ("--own-security-headers", "drop")):
            done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--check-config", flag, value], capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2, (flag, value, done.stderr))
            self.assertIn(flag, done.stderr)


class Nonce(Case):
    def test_each_response_has_its_own_and_the_application_knows_it(self):
        application, sidecar = self.both(site, "--content-security-policy", POLICY)
        peer = self.connect(sidecar)
        seen = set()
        for _ in range(20):
            answer = peer.send(get("/")).response()
            first, second = nonces(answer)
            self.assertEqual(first, second)
            self.assertEqual(application.requests[-1].all("X-CSP-Nonce"), [first])
            self.assertEqual(answer.body, f'<script nonce="{first}">'.encode())
            self.assertEqual(len(base64.b64decode(first, validate=True)), 16)
            seen.add(first)
        self.assertEqual(len(seen), 20)
        self.assertIn("'strict-dynamic'; style-src 'nonce-", answer.get(CSP))
        self.assertTrue(answer.get(CSP).endswith("; base-uri 'none'"))

    def test_a_client_cannot_choose_it(self):
        application, sidecar = self.both(site, "--content-security-policy", POLICY, "--nonce-header", "X-Page-Nonce")
        answer = sidecar.ask(get("/", "x-page-nonce: mine", "X_Page-Nonce: mine", "X-Page_Nonce: mine", "X_PAGE_NONCE: mine", "X-CSP-Nonce: other",
                                 "Connection: X-Page-Nonce"))
        head = application.requests[0]
        self.assertEqual(head.all("X-Page-Nonce"), nonces(answer)[:1])
        self.assertNotIn(b"mine", head.raw)
        self.assertEqual(head.all("X-CSP-Nonce"), ["other"], "that header is nobody's here")

    def test_no_trailer_can_say_it_in_either_direction(self):
        trailer = b"2\r\nab\r\n0\r\n%s: mine\r\n\r\n"
        request = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

        def chunky(peer, application):
            while True:
                head = peer.head()
                application.requests.append(head)
                if head.start.startswith("POST"):
                    peer.exactly(len(trailer % (b"X-Other" if head.get("x-long") is None else b"X-CSP-Nonce")))
                peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", trailer % (b"X_Csp_Nonce" if "/nonce" in head.start else b"X-Other"))

        application, sidecar = self.both(chunky, "--content-security-policy", POLICY)
        for name in (b"X-CSP-Nonce", b"x_csp_NONCE"):
            refused = sidecar.ask(request + trailer % name)
            self.assertEqual((refused.status, refused.error()["reason"]), (400, "bad_body"))
        self.assertEqual(application.requests, [])
        self.assertEqual(sidecar.ask(request + trailer % b"X-Other").status, 200)
        answer = sidecar.ask(get("/nonce"))
        self.assertEqual((answer.status, answer.error()["reason"]), (502, "upstream_malformed"))
        self.assertEqual(sidecar.ask(get("/")).status, 200)
        _, sidecar = self.both(chunky)
        self.assertEqual(sidecar.ask(request.replace(b"Host", b"X-Long: y\r\nHost") + trailer % b"X-CSP-Nonce").status, 200, "without a nonce there is nothing to protect")

    def test_what_the_sidecar_answers_itself_has_a_policy_too(self):
        sidecar = self.sidecar(self.application(echo), "--content-security-policy", POLICY, "--deny", "127.0.0.1", limits="on")
        first, second = (sidecar.ask(get("/")) for _ in range(2))
        self.assertEqual(first.status, 403)
        self.assertEqual(len(set(nonces(first) + nonces(second))), 2)
        refused = sidecar.ask(b"GET / HTTP/1.1\r\nHost: a\r\nBad Header: x\r\n\r\n")
        self.assertEqual((refused.status, len(nonces(refused))), (400, 2))


class Stored(Configured):
    FLAGS = ("--cache-bytes-max", "1000000")

    def test_a_page_is_told_to_nobody_else_and_a_script_is(self):
        application, sidecar = self.both(site, *self.FLAGS, "--content-security-policy", POLICY)
        for path in ("/", "/unsaid"):
            pages = [sidecar.ask(get(path)) for _ in range(3)]
            self.assertEqual(len({page.body for page in pages}), 3)
            for page in pages:
                self.assertIn(nonces(page)[0].encode(), page.body, "header and page are of one response")
                self.assertEqual(page.all("Age"), [])
        before = len(application.requests)
        scripts = [sidecar.ask(get("/a.js")) for _ in range(3)]
        self.assertEqual(len(application.requests), before + 1)
        self.assertEqual(len({nonces(script)[0] for script in scripts}), 3, "what is stored has no policy: each is told its own")

    def test_a_page_that_the_browser_has_keeps_the_policy_that_it_came_with(self):
        for own_headers in ("keep", "replace"):
            _, sidecar = self.both(site, "--content-security-policy", POLICY, "--own-security-headers", own_headers)
            answer = sidecar.ask(get("/", 'If-None-Match: "1"'))
            self.assertEqual((answer.status, answer.all(CSP)), (304, []))
            self.assertEqual(answer.all("X-Frame-Options"), ["SAMEORIGIN"])

    def test_what_was_stored_before_there_were_nonces_is_not_told_from_then_on(self):
        application, sidecar = self.configured("cacheBytesMax: 1000000\n", site)
        for _ in range(2):
            self.assertEqual(sidecar.ask(get("/")).body, b'<script nonce="none">')
            sidecar.ask(get("/a.js"))
        self.assertEqual(len(application.requests), 2)
        self.write(f'cacheBytesMax: 1000000\ncontentSecurityPolicy: "{POLICY}"\n')
        self.reloaded(sidecar, 1)
        for _ in range(2):
            page = sidecar.ask(get("/"))
            self.assertIn(nonces(page)[0].encode(), page.body)
        sidecar.ask(get("/a.js"))
        self.assertEqual(len(application.requests), 4)


if __name__ == "__main__":
    unittest.main()
