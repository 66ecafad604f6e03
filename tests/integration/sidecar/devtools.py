"""A real browser without a window, told what to do over Chrome's DevTools protocol, on pipes: nothing listens, and nothing but
Python is needed. Source: chromedevtools.github.io/devtools-protocol, domains Page, Input and Runtime."""
import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

from peers import PATIENCE

PROGRAM = shutil.which("chromium-headless-shell")
# In a test as root there is no other user whom a page could become; the pages are the test's own.
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
         "--disable-extensions", "--window-size=1000,800", "--remote-debugging-pipe")


class Browser:
    """One page of one browser."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="muster-browser.")
        told, self._tell = os.pipe()
        self._heard, says = os.pipe()

        def place():
            """It reads from descriptor 3 and writes to 4. Copied out of the way first: one may be the other's place."""
            read, write = os.dup(told), os.dup(says)
            os.dup2(read, 3)
            os.dup2(write, 4)
            for each in {told, says, read, write} - {3, 4}:
                os.close(each)
        self.process = subprocess.Popen(
            [PROGRAM, *FLAGS, f"--user-data-dir={self.folder}", "about:blank"], pass_fds=(3, 4, told, says), preexec_fn=place,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(told)
        os.close(says)
        self._number, self._session = 0, None
        self._answers, self.events = {}, queue.Queue()
        self._arrived = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.ask("Page.enable")

    def _read(self):
        left = b""
        while part := os.read(self._heard, 65536):
            *whole, left = (left + part).split(b"\0")
            for text in whole:
                said = json.loads(text)
                if "id" not in said:
                    self.events.put(said)
                    continue
                with self._arrived:
                    self._answers[said["id"]] = said
                    self._arrived.notify_all()

    def ask(self, method, **parameters):
        """A command, and its result."""
        with self._arrived:
            self._number += 1
            number = self._number
        command = {"id": number, "method": method, "params": parameters}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._tell, json.dumps(command).encode() + b"\0")
        with self._arrived:
            if not self._arrived.wait_for(lambda: number in self._answers, PATIENCE * 3):
                raise AssertionError(f"the browser does not answer {method}")
            said = self._answers.pop(number)
        if "error" in said:
            raise AssertionError(f"{method}: {said['error']}")
        return said["result"]

    def until(self, event):
        while self.events.get(timeout=PATIENCE * 3)["method"] != event:
            pass

    def go(self, url):
        """Returns when the page has loaded."""
        while not self.events.empty():
            self.events.get()
        said = self.ask("Page.navigate", url=url)
        if "errorText" in said:
            raise AssertionError(f"{url}: {said['errorText']}")
        self.until("Page.loadEventFired")

    def value(self, expression):
        """Of JavaScript in the page, as soon as it is one; what is a promise is waited for."""
        return self.ask("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)["result"].get("value")

    def until_true(self, expression):
        for _ in range(PATIENCE * 50):
            if self.value(expression):
                return
            threading.Event().wait(0.02)
        raise AssertionError(f"never true: {expression}")

    def click(self, x, y):
        """As a user does it: the page cannot tell it from a mouse."""
        for kind in ("mousePressed", "mouseReleased"):
            self.ask("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def close(self):
        self._session = None
        self.ask("Browser.close")
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(PATIENCE)
        for each in (self._tell, self._heard):
            os.close(each)
        shutil.rmtree(self.folder, ignore_errors=True)
