"""An admission webhook that refuses every Pod of the drills, each time with other words, and counts."""
import http.server
import json
import os
import ssl
import subprocess
import threading

EXTENSIONS = "basicConstraints=CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1\n"


class RefusingWebhook:
    def __init__(self, keys):
        self.asked = 0
        webhook = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def do_POST(self):  # pylint: disable=invalid-name
                review = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                webhook.asked += 1
                review["response"] = {"uid": review["request"]["uid"], "allowed": False,
                                      "status": {"code": 403, "message": f"no drills today, for the {webhook.asked}. time"}}
                body = json.dumps({name: review[name] for name in ("apiVersion", "kind", "response")}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*make_certificate(keys))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    def configuration(self, name, namespace, authority):
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration", "metadata": {"name": name},
                "webhooks": [{"name": "refuses.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
                              "clientConfig": {"url": f"https://127.0.0.1:{self.server.server_address[1]}/", "caBundle": authority},
                              "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}},
                              "objectSelector": {"matchExpressions": [{"key": "muster.dev/drill", "operator": "Exists"}]},
                              "rules": [{"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}]}]}

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def make_certificate(keys):
    """Of the API server's own authority. The files of certificate and key."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=keys, check=True, capture_output=True)

    with open(os.path.join(keys, "webhook.ext"), "w", encoding="utf-8") as file:
        file.write(EXTENSIONS)
    openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "webhook.key")
    openssl("req", "-new", "-key", "webhook.key", "-subj", "/CN=webhook", "-out", "webhook.csr")
    openssl("x509", "-req", "-in", "webhook.csr", "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "30",
            "-extfile", "webhook.ext", "-out", "webhook.crt")
    return os.path.join(keys, "webhook.crt"), os.path.join(keys, "webhook.key")
