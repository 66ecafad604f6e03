"""What bash, zsh and fish offer at a TAB, asked of the real shells with the script of the program.

bash and zsh are driven through a terminal of their own, as a person would: the line is typed, TAB
is pressed, and what stands on the line then is what counts. fish tells its candidates itself.
"""

import fcntl
import json
import os
import pty
import re
import select
import shutil
import subprocess
import time
import unittest

from muster_under_test import PROGRAM, SOURCE, Case, Muster

PLAN = "dr-drills/database-failover.yaml"
DRILL = "shop-20261121-044224-1a2b"


class Terminal:
    """A shell on a pseudo terminal, with Ctrl-X p bound to show the line as it stands."""

    def __init__(self, argv, env, ready):
        self.pid, self.file = pty.fork()
        if self.pid == 0:
            os.chdir(SOURCE)
            os.execvpe(argv[0], argv, env)
        self.seen = ""
        for line in ready:
            self.type(line + "\n")
        self.type("echo READY''NOW\n")
        self.until("READYNOW")

    def type(self, text):
        os.write(self.file, text.encode())

    def until(self, mark, seconds=20):
        limit = time.monotonic() + seconds
        while mark not in self.seen:
            left = limit - time.monotonic()
            if left <= 0 or not select.select([self.file], [], [], left)[0]:
                raise AssertionError(f"no {mark!r} in {self.seen!r}")
            self.seen += os.read(self.file, 4096).decode(errors="replace")
        before, _, self.seen = self.seen.partition(mark)
        return before

    def ask(self, line):
        """What the line is after a TAB."""
        self.type(line + "\t\x18p")
        return self.until("]END").rpartition("BEGIN[")[2]

    def close(self):
        os.close(self.file)  # hangs up
        os.waitpid(self.pid, 0)


class Completion(Case):
    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)
        # What these shells complete is the program under its own name.
        programs = os.path.join(cls.muster.top, "bin")
        os.makedirs(programs)
        os.symlink(PROGRAM, os.path.join(programs, "muster"))
        cls.muster.env.update(PATH=programs + ":" + os.environ["PATH"], TERM="dumb", PS1="$ ",
                              HOME=cls.muster.top, HISTFILE="/dev/null")
        cls.folder = os.path.join(cls.muster.state, "drills", DRILL)
        os.makedirs(cls.folder)
        with open(os.path.join(cls.folder, "status.json"), "w", encoding="utf-8") as file:
            json.dump({"version": 1, "id": DRILL, "plan": "shop", "phase": "Baseline",
                       "elapsedSeconds": 3}, file)
        # It runs as long as this lock is held.
        cls.lock = open(os.path.join(cls.folder, "lock"), "w", encoding="utf-8")
        cls.addClassCleanup(cls.lock.close)
        fcntl.flock(cls.lock, fcntl.LOCK_EX)

    def offered(self, *words):
        ended = self.muster.run("__complete", *words)
        self.assert_exit(ended, 0)
        return [line.split("\t")[0] for line in ended.out.splitlines()]

    def test_the_program_offers_ids_by_state(self):
        self.assertEqual(self.offered("drill", "show", "sh"), [":none", DRILL])
        self.assertEqual(self.offered("drill", "watch", ""), [":none", DRILL])
        self.assertEqual(self.offered("drill", "abort", ""), [":none", DRILL])
        self.assertEqual(self.offered("drill", "recover", ""), [":none"])

    def test_the_program_offers_the_profiles_of_the_plan(self):
        plan = os.path.join(SOURCE, PLAN)
        self.assertEqual(self.offered("drill", "run", plan, "--profile", ""),
                         [":none", "quick", "full"])
        self.assertEqual(self.offered("drill", "run", "/nowhere", "--profile", ""), [":none"])

    def test_nothing_is_made_by_looking(self):
        nowhere = os.path.join(self.muster.top, "nowhere")
        self.assertEqual(self.offered("--state-dir", nowhere, "drill", "show", ""), [":none"])
        self.assertFalse(os.path.exists(nowhere))

    # What every shell must make of a line: unique candidates are put in.
    LINES = (
        ("muster dri", "muster drill "),
        ("muster drill lis", "muster drill list "),
        ("muster drill list -o js", "muster drill list -o json "),
        ("muster drill list --output=ya", "muster drill list --output=yaml "),
        ("muster drill run --dry", "muster drill run --dry-run "),
        ("muster drill show sho", f"muster drill show {DRILL} "),
        ("muster drill abort ", f"muster drill abort {DRILL} "),
        ("muster drill run dr-drills/database-failover-pat",
         "muster drill run dr-drills/database-failover-patroni.yaml "),
        ("muster drill run dr-drills/sys", "muster drill run dr-drills/systems/"),
        (f"muster drill run {PLAN} --profile qu", f"muster drill run {PLAN} --profile quick "),
        ("muster completion zs", "muster completion zsh "),
        ("muster help drill rec", "muster help drill recover "),
        ("muster validate REA", "muster validate REA"),  # README.md is no plan
    )

    def check(self, ask):
        for line, wanted in self.LINES:
            with self.subTest(line=line):
                self.assertEqual(ask(line), wanted)

    def check_on_terminal(self, argv, ready):
        terminal = Terminal(argv, self.muster.env, ready)
        self.addCleanup(terminal.close)
        self.check(terminal.ask)

    def test_bash(self):
        self.check_on_terminal(["bash", "--norc", "--noprofile", "-i"], [
            "bind 'set bell-style none'; bind 'set completion-query-items 0'",
            "tell() { printf 'BEGIN[%s]END\\n' \"$READLINE_LINE\"; READLINE_LINE=; }",
            "bind -x '\"\\C-xp\": tell'", "source <(muster completion bash)"])

    @unittest.skipUnless(shutil.which("zsh"), "needs zsh")
    def test_zsh(self):
        self.check_on_terminal(["zsh", "-f", "-i"], [
            "autoload -Uz compinit; compinit -u -D", "source <(muster completion zsh)",
            "unsetopt list_beep; LISTMAX=0",
            "tell() { zle -I; print -r -- \"BEGIN[$BUFFER]END\"; BUFFER= }",
            "zle -N tell; bindkey -e; bindkey '^Xp' tell"])

    @unittest.skipUnless(shutil.which("fish"), "needs fish")
    def test_fish(self):
        def ask(line):
            done = subprocess.run(
                ["fish", "--no-config", "-c",
                 "muster completion fish | source; complete -C $argv[1]", line],
                env=self.muster.env, cwd=SOURCE, capture_output=True, text=True, timeout=30,
                check=True)
            words = [word.split("\t")[0] for word in done.stdout.splitlines()]
            self.assertLessEqual(len(words), 1, done.stdout)
            if not words:
                return line
            ending = "" if words[0].endswith("/") else " "
            return re.sub(r"[^ ]*$", "", line) + words[0] + ending

        self.check(ask)


if __name__ == "__main__":
    unittest.main(verbosity=2)
