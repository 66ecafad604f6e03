"""Files of a Secret as a kubelet mounts them, certificates for them, and a program that is told of them."""
import json
import os
import shutil
import subprocess
import tempfile
import threading

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)


class Authority:
    """One that signs certificates, each for a server and a client."""

    def __init__(self, folder, name):
        self.folder, self.name, self.cert, self.key = folder, name, os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
        openssl("req", "-x509", *KEY, "-days", "2", "-subj", f"/CN={name}", "-keyout", self.key, "-out", self.cert)

    def sign(self, name):
        """The paths of a certificate and its key."""
        cert, key, request, more = (os.path.join(self.folder, f"{self.name}-{name}.{kind}") for kind in ("crt", "key", "csr", "ext"))
        with open(more, "w", encoding="ascii") as file:
            file.write("subjectAltName=DNS:admin.example\n")
        openssl("req", *KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key, "-CAcreateserial", "-days", "2", "-extfile", more, "-out", cert)
        return cert, key


class MountedSecret:
    """All files change at once: they are links through a link to a folder, which is replaced."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)

    def put(self, files):
        """`files`: {name: path of what is in it}."""
        version = tempfile.mkdtemp(prefix="..", dir=self.folder)
        for name, path in files.items():
            shutil.copy(path, os.path.join(version, name))
            if not os.path.lexists(os.path.join(self.folder, name)):
                os.symlink(os.path.join("..data", name), os.path.join(self.folder, name))
        fresh = os.path.join(self.folder, "..data_tmp")
        os.symlink(os.path.basename(version), fresh)
        os.rename(fresh, os.path.join(self.folder, "..data"))


class Begun:
    """A program whose log is lines of JSON on its standard error; it is ended with the block."""

    def __init__(self, words):
        self.lines, self.more = [], threading.Condition()
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            with self.more:
                self.lines.append(line)
                self.more.notify_all()
        with self.more:
            self.lines.append("")
            self.more.notify_all()

    def said(self):
        with self.more:
            return "".join(self.lines)

    def until(self, part):
        """The line with it."""
        with self.more:
            self.more.wait_for(lambda: any(part in line or not line for line in self.lines), 60)
            found = next((line for line in self.lines if part in line), None)
        assert found, self.said()
        return json.loads(found)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.reader.join()
        self.process.stderr.close()
