"""A server of one collection of ConfigMaps over TLS, which plays a part to whoever follows it.

It answers LIST, WATCH and WATCH with `sendInitialEvents`, as an API server does: HTTP/1.1, a certificate that is asked of the client,
objects of 2.5 kB with the managedFields that nobody reads. Each watch gets what the part says: `play(watch, times)`, where `times` is
how often the whole collection was given. Each connection has a thread; what is stamped is stamped right before it is written.
"""
import json
import os
import socketserver
import ssl
import sys
import threading
import time
import urllib.parse

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(SOURCE, "ci", "kubernetes"))

from api_server import Keys  # noqa: E402 (the path is set above)

PAYLOAD = 1900
FIRST_VERSION = 1_000_000
AT_ONCE = 40  # events that are written together where only their number matters
MANAGED = {"manager": "bench", "operation": "Update", "apiVersion": "v1", "time": "2026-11-26T00:00:00Z", "fieldsType": "FieldsV1",
           "fieldsV1": {"f:data": {".": {}, "f:payload": {}, "f:phase": {}}, "f:metadata": {"f:labels": {".": {}, "f:app": {}, "f:owner": {}}}}}
EXPIRED = {"type": "ERROR", "object": {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "reason": "Expired",
                                       "message": "too old resource version", "code": 410}}


def compact(tree):
    return json.dumps(tree, separators=(",", ":"))


class Collection:
    """The objects, as texts around what changes in them."""

    def __init__(self, count):
        self.version = FIRST_VERSION
        self.objects = [self.text_around(number) for number in range(count)]
        self.now = [(str(FIRST_VERSION - count + number), "Running") for number in range(count)]

    @staticmethod
    def text_around(number):
        meta = {"name": f"object-{number:06}", "namespace": "default", "uid": f"00000000-0000-0000-0000-{number:012}",
                "resourceVersion": "VERSION", "creationTimestamp": "2026-11-26T00:00:00Z",
                "labels": {"app": "bench", "owner": f"team-{number % 17}"}, "managedFields": [MANAGED]}
        whole = compact({"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta, "data": {"payload": "x" * PAYLOAD, "phase": "PHASE"}})
        before, rest = whole.split("VERSION")
        between, after = rest.split("PHASE")
        return before, between, after

    def text(self, number):
        before, between, after = self.objects[number]
        version, phase = self.now[number]
        return before + version + between + phase + after

    def event(self, kind, number):
        return f'{{"type":"{kind}","object":{self.text(number)}}}\n'

    def update(self, number, phase):
        self.version += 1
        self.now[number] = (str(self.version), phase)
        return self.event("MODIFIED", number)

    def end_of_initial(self):
        meta = {"resourceVersion": str(self.version), "annotations": {"k8s.io/initial-events-end": "true"}}
        return compact({"type": "BOOKMARK", "object": {"kind": "ConfigMap", "apiVersion": "v1", "metadata": meta}}) + "\n"

    def list(self):
        items = ",".join(self.text(number) for number in range(len(self.objects)))
        return f'{{"kind":"ConfigMapList","apiVersion":"v1","metadata":{{"resourceVersion":"{self.version}"}},"items":[{items}]}}'


class Watch:
    """What a part says on one connection."""

    def __init__(self, socket, collection):
        self.socket = socket
        self.collection = collection

    def say(self, text):
        data = text.encode()
        self.socket.sendall(b"%x\r\n%b\r\n" % (len(data), data))

    def update(self, number, phase):
        self.say(self.collection.update(number, phase))


class Connection(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            with self.server.tls.wrap_socket(self.request, server_side=True) as socket:
                while self.answer(socket, socket.makefile("rb")):
                    pass
        except (OSError, ValueError):
            return  # the client has what it wanted

    def answer(self, socket, lines):
        request = lines.readline().split()
        if len(request) < 2:
            return False
        while lines.readline() not in (b"\r\n", b""):
            pass
        query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(request[1].decode()).query))
        if query.get("watch") in ("true", "1"):
            socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
            self.watch(Watch(socket, self.server.collection), query.get("sendInitialEvents") == "true")
            socket.sendall(b"0\r\n\r\n")
        else:
            body = self.server.collection.list().encode()
            self.server.given += 1
            socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
        return True

    def watch(self, watch, initial):
        if initial:
            collection = self.server.collection
            for begin in range(0, len(collection.objects), AT_ONCE):
                numbers = range(begin, min(begin + AT_ONCE, len(collection.objects)))
                watch.say("".join(collection.event("ADDED", number) for number in numbers))
            watch.say(collection.end_of_initial())
            self.server.given += 1
        self.server.play(watch, self.server.given)


class WatchServer(socketserver.ThreadingTCPServer):
    """Serves from `with` on; `kubeconfig` is how it is reached."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 16
    disable_nagle_algorithm = True

    def __init__(self, folder, keys, count, play):
        super().__init__(("127.0.0.1", 0), Connection)
        self.collection, self.play, self.given = Collection(count), play, 0
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(keys.path("server.crt"), keys.path("server.key"))
        self.tls.load_verify_locations(keys.path("ca.crt"))
        self.tls.verify_mode = ssl.CERT_REQUIRED
        self.kubeconfig = os.path.join(folder, f"watch-{self.server_address[1]}.kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "test", "cluster": {"server": f"https://127.0.0.1:{self.server_address[1]}",
                                                                 "certificate-authority-data": keys.data("ca.crt")}}],
                       "users": [{"name": "admin", "user": {"client-certificate-data": keys.data("admin.crt"),
                                                            "client-key-data": keys.data("admin.key")}}],
                       "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}]}, file)
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def get_request(self):
        socket, address = super().get_request()
        socket.setsockopt(6, 1, 1)  # TCP_NODELAY
        return socket, address

    def __exit__(self, *arguments):
        self.shutdown()
        super().__exit__(*arguments)


def make_keys(folder):
    keys = Keys(os.path.join(folder, "keys"))
    keys.certificate("server", "/CN=kube-apiserver", "serverAuth", "DNS:localhost,IP:127.0.0.1")
    keys.certificate("admin", "/O=system:masters/CN=admin", "clientAuth")
    return keys


def stay(_watch, _times):
    """Says nothing until the client has what it wants."""
    time.sleep(30)


def stamped(count, pause):
    """`count` events, one every `pause` seconds, whose phase is the wall clock in nanoseconds right before they are written."""
    def play(watch, times):
        if times > 1:
            return stay(watch, times)
        time.sleep(0.5)
        size = len(watch.collection.objects)
        for number in range(count):
            time.sleep(pause)
            watch.update(number % size, str(time.time_ns()))
        watch.update(0, "last")
        return stay(watch, times)
    return play


def churning(updates):
    """Says `updates` events as fast as they are read, then a version that is gone; after the next list, the last event."""
    def play(watch, times):
        time.sleep(3)  # until the client has measured
        if times > 1:
            watch.update(0, "last")
            return stay(watch, times)
        size = len(watch.collection.objects)
        for begin in range(0, updates, AT_ONCE):
            numbers = range(begin, min(begin + AT_ONCE, updates))
            watch.say("".join(watch.collection.update(number % size, f"step-{number}") for number in numbers))
        watch.update(0, "updated")
        time.sleep(3)
        return watch.say(compact(EXPIRED) + "\n")
    return play
