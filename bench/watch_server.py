"""Starts ci/kubernetes/watch_server: a server of one collection of ConfigMaps over TLS, which plays a part to whoever follows it."""
import json
import os
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(SOURCE, "ci", "kubernetes"))

from api_server import Keys  # noqa: E402 (the path is set above)


def make_keys(folder):
    keys = Keys(os.path.join(folder, "keys"))
    keys.certificate("server", "/CN=kube-apiserver", "serverAuth", "DNS:localhost,IP:127.0.0.1")
    keys.certificate("admin", "/O=system:masters/CN=admin", "clientAuth")
    return keys


class WatchServer:
    """Serves in `with`, under `port`; `kubeconfig` is how it is reached. `part`: its name and numbers, as watch_server has them."""

    def __init__(self, program, folder, keys, objects, *part):
        self.program, self.keys = program, keys
        self.process = subprocess.Popen([program, "serve", keys.folder, str(objects), *map(str, part)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline().split()[1])
        self.kubeconfig = os.path.join(folder, f"watch-{self.port}.kubeconfig")
        with open(self.kubeconfig, "w", encoding="utf-8") as file:
            json.dump({"apiVersion": "v1", "kind": "Config", "current-context": "test",
                       "clusters": [{"name": "test", "cluster": {"server": f"https://127.0.0.1:{self.port}",
                                                                 "certificate-authority-data": keys.data("ca.crt")}}],
                       "users": [{"name": "admin", "user": {"client-certificate-data": keys.data("admin.crt"),
                                                            "client-key-data": keys.data("admin.key")}}],
                       "contexts": [{"name": "test", "context": {"cluster": "test", "user": "admin"}}]}, file)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
