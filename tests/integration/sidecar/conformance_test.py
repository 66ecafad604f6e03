"""The corpus of raw requests (tests/http1/requests.txt) through the program itself, and through HAProxy and
nginx as Debian ships them: what each makes of a request that could be read in two ways.

docs/http1-conformance.md has the cases in which they differ from the sidecar, and why. It is written by
`conformance_test.py --write`; here it is compared, where the versions are those that it was written with.
"""
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from peers import PATIENCE, SOURCE, Application, Case, Peer, Sidecar, free_port

CORPUS = os.path.join(SOURCE, "tests", "http1", "requests.txt")
TABLE = os.path.join(SOURCE, "docs", "http1-conformance.md")
WAITS = 5.0  # seconds without an answer: the server waits for more of the request
NEXT = b"GET /next HTTP/1.1\r\nHost: shop.example\r\n\r\n"


def unescape(text):
    text = re.sub(r"\{(.+?)\*(\d+)\}", lambda found: found.group(1) * int(found.group(2)), text)
    plain = {"r": b"\r", "n": b"\n", "t": b"\t", "\\": b"\\"}
    out = b""
    for part in re.findall(r"\\x[0-9A-Fa-f]{2}|\\.|[^\\]+", text, re.S):
        if part.startswith("\\x"):
            out += bytes([int(part[2:], 16)])
        else:
            out += plain[part[1]] if part.startswith("\\") else part.encode("latin-1")
    return out


def corpus():
    """(name, section, wanted, bytes) of each case."""
    with open(CORPUS, encoding="utf-8") as file:
        blocks = re.split(r"\n\n+", re.sub(r"(?m)^#.*\n", "", file.read()).strip())
    for block in blocks:
        case = dict(line.split(":", 1) for line in block.split("\n"))
        yield case["case"].strip(), case["rfc"].strip(), case["want"].strip(), unescape(case["send"][1:])


def record(peer, application):
    """Takes whole requests, says how many bytes their bodies had, and answers."""
    while True:
        head = peer.head()
        size = 0
        if "chunked" in head.get("transfer-encoding", "").lower():
            while True:
                part = int(peer.until(b"\r\n").split(b";")[0], 16)
                if part == 0:
                    break
                peer.exactly(part + 2)
                size += part
            while peer.until(b"\r\n") != b"\r\n":
                pass
        else:
            size = int(head.get("content-length", "0"))
            peer.exactly(size)
        head.size = size
        application.requests.append(head)
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


class Outside:
    """A proxy that somebody else wrote, before `port`, from a configuration of its own."""

    def __init__(self, command, configuration, version, upstream):
        self.folder = tempfile.TemporaryDirectory(prefix="muster-")
        self.port = free_port()
        path = os.path.join(self.folder.name, "configuration")
        with open(path, "w", encoding="utf-8") as file:
            file.write(configuration.format(port=self.port, upstream=upstream, folder=self.folder.name))
        said = subprocess.run(version, capture_output=True, text=True, check=True)
        self.version = re.search(r"\d+\.\d+\.\d+", said.stdout + said.stderr).group(0)
        self.process = subprocess.Popen([word.format(path=path, folder=self.folder.name) for word in command],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(PATIENCE * 20):
            try:
                self.connect().close()
                return
            except OSError:
                threading.Event().wait(0.05)
        self.close()
        raise AssertionError(f"{command[0]} did not start")

    def connect(self):
        return Peer(socket.create_connection(("127.0.0.1", self.port), PATIENCE))

    def close(self):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.folder.cleanup()


def haproxy(upstream):
    return Outside(["haproxy", "-f", "{path}"], """
defaults
  mode http
  timeout client 20s
  timeout server 20s
  timeout connect 5s
frontend clients
  bind 127.0.0.1:{port}
  default_backend application
backend application
  server one 127.0.0.1:{upstream}
""", ["haproxy", "-v"], upstream)


def nginx(upstream):
    return Outside(["nginx", "-c", "{path}", "-p", "{folder}", "-e", "stderr"], """
daemon off;
master_process off;
pid {folder}/pid;
events {{ }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_pass http://127.0.0.1:{upstream};
    }}
  }}
}}
""", ["nginx", "-v"], upstream)


def answer_of(peer):
    """The status of the answer itself; interim ones are passed over."""
    while True:
        head = peer.head()
        peer.exactly(int(head.get("content-length", "0")) if head.status >= 200 else 0)
        if head.status >= 200:
            return head.status


def outcome(server, application, message):
    """"refused 400", "passed 5", "passed 5 close", "answered" (by the proxy itself), "waits", "closed" (without a word)."""
    before = len(application.requests)
    peer = server.connect()
    peer.sock.settimeout(WAITS)
    try:
        peer.send(message)
        status = answer_of(peer)
        if status != 200:
            return f"refused {status}"
        if len(application.requests) == before:
            return "answered"
        passed = f"passed {application.requests[before].size}"
        try:
            peer.send(NEXT)
            return passed if answer_of(peer) == 200 else passed + " close"
        except (EOFError, OSError):
            return passed + " close"
    except TimeoutError:
        return "waits"
    except (EOFError, OSError):
        return "closed"
    except ValueError:
        return "answered without a head"  # as to an HTTP/0.9 client
    finally:
        peer.close()


def wanted_outcome(name, want):
    if name in BY_THE_PROGRAM:
        return BY_THE_PROGRAM[name]
    words = want.split()
    if "refused" in words:
        return "refused " + words[words.index("refused") + 1]
    size = words[1] if words[0] in ("length", "chunked") else "0"
    return f"passed {size}" + (" close" if "close" in words else "")


# What the parser reads and the program has no use for.
BY_THE_PROGRAM = {"HTTP/1.0 that asks to live on": "passed 0 close", "CONNECT": "refused 501",
                  "OPTIONS with no forwards left": "answered", "TRACE with no forwards left": "answered",
                  "OPTIONS whose forwards left are no number": "refused 400"}

# Each case in which they differ belongs to the first of these that its name matches.
GROUPS = (
    ("Forwards", r"forwards left",
     "Who sends OPTIONS or TRACE may say over how many hops (RFC 9110, 7.6.2); each has to count, and the last one "
     "answers. The answer to TRACE shows of the request what tells its way, and no cookies. Other methods may be let be."),
    ("Bodies", r"chunk|coding|length|end of the body|trailer",
     "Where a body ends is where the next request begins: whoever reads it in another way is made to take a body "
     "for a request, which is smuggling (RFC 9112, 11.2). So what is not exactly as the grammar says is refused: both "
     "framings at once, which the RFC lets a proxy mend; lines of chunks that end in a bare LF; blanks, and "
     "extensions without end; framing that is named as an option of the connection, since a proxy would drop it; "
     "lengths and folded lines in trailers. HAProxy and nginx take chunks apart and write them anew, by which "
     "what follows reads them as they did; the sidecar hands the bytes on, and refuses what could be read twice."),
    ("Versions and methods", r"HTTP|a version|a method",
     "The version says how the rest is read, so only 1.0 and 1.1 are let through. Connections of HTTP/1.0 clients are "
     "closed after the answer, whatever they ask for."),
    ("Ends of lines, and blanks of the request line", r"LF|CR|empty lines|blank|tab on",
     "RFC 9112, 2.2 and 3 let a recipient be lenient here. Two recipients of which one is and one is not read two "
     "messages, so nothing is let through that the grammar does not have, but one empty line before a request."),
    ("Hosts and targets", r"[Tt]arget|Hosts?\b|CONNECT|asterisk|OPTIONS|fragment",
     "RFC 9112, 3.2 demands 400 for a request without exactly one valid Host. Routing, caches and applications "
     "decide by it. Of an absolute target its authority counts, and Host is written anew from it. CONNECT makes a "
     "tunnel, for which nobody asks a sidecar."),
    ("Fields", r"field|line|value|name|option|expectation",
     "Folded lines are gone since RFC 7230; controls in values have split headers before. An option of the connection "
     "that names a field on which the next one depends would take it away (RFC 9110, 7.6.1). What is expected and not "
     "understood is 417 (RFC 9110, 10.1.1)."),
)
ALL_REFUSE = ("Refused by all, by another status", "No is no: only the status differs.")


def all_outcomes(make):
    application = Application(record)
    server = make(application.port)
    try:
        return server, [outcome(server, application, message) for _, _, _, message in corpus()]
    finally:
        server.close()
        application.close()


def refuses(said):
    return said.split()[0] in ("refused", "closed")


def group_of(name, said):
    if all(map(refuses, said)):
        return ALL_REFUSE
    return next((title, why) for title, pattern, why in GROUPS if re.search(pattern, name))


def table():
    """The document, from three programs."""
    ours = all_outcomes(Sidecar)[1]
    theirs = [all_outcomes(haproxy), all_outcomes(nginx)]
    named = [f"{title} {server.version}" for title, (server, _) in zip(("HAProxy", "nginx"), theirs)]
    rows = {}
    cases = list(corpus())
    for (name, rfc, _, _), *said in zip(cases, ours, theirs[0][1], theirs[1][1]):
        if len(set(said)) > 1:
            rows.setdefault(group_of(name, said), []).append(f"| {name} | {rfc} | {' | '.join(said)} |")
    count = sum(map(len, rows.values()))
    out = ["# The same requests, read by three proxies", "",
           f"{len(cases)} raw requests ([the corpus](../tests/http1/requests.txt)) were sent to muster-sidecar, to {named[0]} and to "
           f"{named[1]}, the last two as they are without settings of their own. {len(cases) - count} have the same outcome. Below "
           f"are the {count} others, and why the sidecar does as it does. \"passed 5 close\" is: the application got it with a body of 5 "
           "bytes, and the connection ended after it.", "",
           "Written by `python3 tests/integration/sidecar/conformance_test.py --write`, which a test compares it with.", ""]
    for title, why in [ALL_REFUSE, *((title, why) for title, _, why in GROUPS)]:
        if (title, why) in rows:
            out += [f"## {title}", "", why, "", f"| request | RFC | sidecar | {named[0]} | {named[1]} |",
                    "| --- | --- | --- | --- | --- |", *rows[title, why], ""]
    return "\n".join(out[:-1]) + "\n"


class Corpus(Case):
    def test_the_sidecar_does_as_the_corpus_says(self):
        application, sidecar = self.both(record)
        for name, rfc, want, message in corpus():
            with self.subTest(name, rfc=rfc):
                self.assertEqual(outcome(sidecar, application, message), wanted_outcome(name, want))

    def test_the_document_says_how_others_differ(self):
        for program in ("haproxy", "nginx"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed")
        with open(TABLE, encoding="utf-8") as file:
            written = file.read()
        found = table()
        if re.findall(r"(?:HAProxy|nginx) [\d.]+", found)[:2] != re.findall(r"(?:HAProxy|nginx) [\d.]+", written)[:2]:
            self.skipTest("other versions than those of the document")
        self.assertEqual(found, written)


class Document(Case):
    def test_every_reason_of_an_own_answer_is_in_the_document(self):
        folder = os.path.join(SOURCE, "sidecar")
        said = set()
        for name in os.listdir(folder):
            if name.startswith(("session", "filter_")) and name.endswith(".cpp"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    said |= set(re.findall(r"\b(?:[45]\d\d|kBad|[\w.]*status),\s*\"([a-z_]+)\"", file.read()))
        # Only an answer that has begun ends so, by a reset.
        said.remove("upstream_truncated")
        with open(os.path.join(SOURCE, "docs", "sidecar.md"), encoding="utf-8") as file:
            rows = re.findall(r"(?m)^\| [45][^|]*\| ([^|]*) \|", file.read().split("| status | reason |")[1].split("\n\n")[0])
        self.assertEqual(sorted(re.findall("`([a-z_]+)`", " ".join(rows))), sorted(said))


if __name__ == "__main__":
    if "--write" in sys.argv:
        text = table()
        with open(TABLE, "w", encoding="utf-8") as document:
            document.write(text)
        sys.exit()
    unittest.main(verbosity=2)
