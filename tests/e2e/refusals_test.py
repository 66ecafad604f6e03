"""What must be refused is refused in words that help, and nothing was started or left."""

import contextlib
import os
import socket
import subprocess
import tempfile
import unittest

from muster_under_test import PLANS, Case, Muster, copy_for_anybody, plan


SYSTEM = os.path.join(PLANS, "systems", "postgres-pair", "system.yaml")


class Refusals(Case):
    @classmethod
    def setUpClass(cls):
        cls.muster = Muster()
        cls.addClassCleanup(cls.muster.close)

    def refused(self, code, pattern, *arguments, **options):
        ended = self.muster.run(*arguments, seconds=30, **options)
        self.assert_exit(ended, code)
        self.assertRegex(ended.err, pattern)
        self.assertEqual(ended.out, "")
        self.assertEqual(self.muster.drills(), [], "a drill that never was")
        self.assert_nothing_runs()

    def run_refused(self, code, pattern, *more, **options):
        self.refused(code, pattern, "drill", "run", plan("database-failover"), *more, **options)

    def test_unknown_profile(self):
        self.run_refused(2, r'no profile "slow".*quick, full', "--profile", "slow")

    def test_set_of_an_unknown_field(self):
        self.run_refused(2, r'spec\.timing\.baselineSecond: .*Did you mean "baselineSeconds"',
                         "--set", "spec.timing.baselineSecond=3")

    def test_set_of_a_wrong_unit(self):
        self.run_refused(2, r'"3s" is a string: an integer from 1 to 86400',
                         "--set", "spec.timing.baselineSeconds=3s")

    def test_set_of_a_profile_that_would_not_be_applied(self):
        self.run_refused(2, "use --profile", "--profile", "quick", "--set", "spec.profile=full")

    def test_set_without_a_value(self):
        self.run_refused(2, "there is no '='", "--set", "rubbish")

    def test_postgresql_missing(self):
        self.run_refused(1, "/nowhere/postgres is missing: apt-get install postgresql-15",
                         "--set", "spec.target.local.parameters.pgBin=/nowhere")

    def test_metrics_port_taken(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}"
            self.run_refused(1, f"--metrics-listen.*{address}.*(in use|taken)",
                             "--metrics-listen", address)

    def test_metrics_file_that_cannot_be_written(self):
        self.run_refused(1, "--metrics-file: .*/nowhere/m.prom", "--metrics-file", "/nowhere/m.prom")
        self.run_refused(2, "--metrics-file: /tmp is a folder", "--metrics-file", "/tmp")

    def test_a_dry_run_names_whom_it_would_break(self):
        ended = self.muster.run("drill", "run", plan("database-failover"), "--dry-run")
        self.assert_exit(ended, 0)
        for text in ("roles\n  primary a, ", "6 users on orders", "target postgres-pair, profile none"):
            self.assertIn(text, ended.out)
        self.assertNotIn("{primary}", ended.out)
        self.assertEqual(self.muster.drills(), [])

    def test_what_is_no_plan(self):
        self.refused(2, "dr-drills: is a folder; give one file of YAML", "drill", "run", PLANS)
        self.refused(2, "kind: LocalSystem: this describes a system", "drill", "run", SYSTEM)
        self.refused(2, "kind: DrillSchedule: .*muster schedule run", "drill", "run",
                     os.path.join(PLANS, "schedules", "weekly-database-failover.yaml"))
        for content, pattern in ((b"", "is empty"), (b"\x7fELF\0", "control character"),
                                 (b"kind: LocalSystm\n", "kind: 'LocalSystm'.*Did you mean \"LocalSystem\"")):
            path = os.path.join(self.muster.top, "no-plan.yaml")
            with open(path, "wb") as file:
                file.write(content)
            self.refused(2, f"{path}.*{pattern}", "drill", "run", path)

    def test_set_of_an_item_that_is_not_there(self):
        self.run_refused(2, r'--set spec\.recovery\.7\.timeoutSeconds: there is no item "7"\. '
                            r"There are: assess, .*, or \[0\] to \[4\]",
                         "--set", "spec.recovery.7.timeoutSeconds=1")

    def test_state_directory_cannot_be_made(self):
        self.run_refused(1, "state directory: .*/proc/nope", env={"MUSTER_STATE_DIR": "/proc/nope"})

    @unittest.skipIf(os.geteuid() != 0, "needs another user")
    def test_no_permission(self):
        with self.for_anybody() as here:
            folder = os.path.join(here, "locked")
            os.mkdir(folder, mode=0o700)
            state = os.path.join(folder, "state")
            program = ["runuser", "-u", "nobody", "--", os.path.join(here, "muster"), "drill", "run",
                       os.path.join(here, "dr-drills", "database-failover.yaml")]
            done = subprocess.run(program, env=dict(os.environ, MUSTER_STATE_DIR=state),
                                  capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertRegex(done.stderr, "state directory: .*Permission denied")
            self.assertEqual(os.listdir(folder), [])

    @staticmethod
    @contextlib.contextmanager
    def for_anybody():
        """A folder that everybody may enter, with the program and the plans."""
        with tempfile.TemporaryDirectory(prefix="muster-e2e.", dir="/tmp") as here:
            os.chmod(here, 0o755)
            copy_for_anybody(here)
            yield here

    @staticmethod
    def muster_argv():
        from muster_under_test import PROGRAM
        return [PROGRAM]

    def test_validate_names_file_line_field_value_and_what_is_allowed(self):
        with open(plan("database-failover"), encoding="utf-8") as file:
            text = file.read()
        text = text.replace("rtoSeconds: 300", "rtoSeconds: 0")
        text = text.replace('name: "{primary}", signal: KILL', 'name: nobody, signal: KIL')
        broken = os.path.join(PLANS, f"e2e-broken-{os.getpid()}.yaml")
        self.addCleanup(lambda: os.path.exists(broken) and os.remove(broken))
        with open(broken, "w", encoding="utf-8") as file:
            file.write(text)
        ended = self.muster.run("validate", broken)
        self.assert_exit(ended, 2)
        self.assertRegex(ended.err, r"e2e-broken.*:\d+:\d+: spec\.objectives\.rtoSeconds: 0.*1 to")
        self.assertRegex(ended.err, r":\d+:\d+: spec\.fault.*signal: .*KIL.*KILL, STOP")

    def test_a_system_of_its_own_has_a_status(self):
        ended = self.muster.run("system", "status", SYSTEM)
        self.assert_exit(ended, 0)
        self.assertRegex(ended.out, "^postgres-pair: not started in ")
        self.assertFalse(os.path.exists(os.path.join(self.muster.state, "systems")))

    def written_to(self, *arguments, stdout):
        return subprocess.run([*self.muster_argv(), *arguments], env=self.muster.env, stdout=stdout,
                              stderr=subprocess.PIPE, text=True, timeout=30, check=False)

    def test_data_that_cannot_be_written_is_an_error(self):
        for line in (("version",), ("--version",), ("--help",), ("drill", "list"),
                     ("completion", "bash"), ("schema", "Report"), ("stop",),
                     ("drill", "run", plan("database-failover"), "--dry-run")):
            with self.subTest(line=line), open("/dev/full", "wb") as full:
                done = self.written_to(*line, stdout=full)
                self.assertEqual(done.returncode, 1)
                self.assertIn("cannot write to standard output: No space left", done.stderr)

    def test_a_reader_that_goes_away_is_no_error(self):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as nobody:
            done = self.written_to("schema", "Report", stdout=nobody)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_closed_stdout_is_an_error_and_nobody_elses_file(self):
        done = subprocess.run(["sh", "-c", '"$0" version >&-', *self.muster_argv()],
                              capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("cannot write to standard output: Bad file descriptor", done.stderr)

    @unittest.skipIf(os.geteuid() != 0, "needs another user")
    def test_drills_of_another_user_are_listed_as_such(self):
        with self.for_anybody() as here:
            state = os.path.join(here, "state")
            os.makedirs(os.path.join(state, "drills", "shop-20261121-044224-1a2b"), mode=0o755)
            os.chmod(os.path.join(state, "drills", "shop-20261121-044224-1a2b"), 0o700)
            for line, code, pattern in ((("list",), 0, "no report .*Permission denied"),
                                        (("show", "last"), 1, "Permission denied"),
                                        (("recover",), 1, "Permission denied")):
                done = subprocess.run(
                    ["runuser", "-u", "nobody", "--", os.path.join(here, "muster"), "--state-dir",
                     state, "drill", *line], capture_output=True, text=True, timeout=30, check=False)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertRegex(done.stdout + done.stderr, pattern)

    def test_unknown_drills_and_commands(self):
        self.refused(1, "nothing", "drill", "show", "nothing")
        self.refused(1, "no drill", "drill", "abort", "last")
        self.refused(2, "'frob' is no command of 'muster drill'. Allowed: run, ", "drill", "frob")


if __name__ == "__main__":
    unittest.main(verbosity=2)
