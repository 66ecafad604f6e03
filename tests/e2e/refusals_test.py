"""What must be refused is refused in words that help, and nothing was started or left."""

import os
import socket
import subprocess
import tempfile
import unittest

from muster_under_test import PLANS, Case, Muster, plan


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

    def test_state_directory_cannot_be_made(self):
        self.run_refused(1, "state directory: .*/proc/nope", env={"MUSTER_STATE_DIR": "/proc/nope"})

    @unittest.skipIf(os.geteuid() != 0, "needs another user")
    def test_no_permission(self):
        with tempfile.TemporaryDirectory(prefix="muster-e2e.", dir="/tmp") as folder:
            os.chmod(folder, 0o700)
            state = os.path.join(folder, "state")
            program = ["runuser", "-u", "nobody", "--", *self.muster_argv(), "drill", "run",
                       plan("database-failover")]
            done = subprocess.run(program, env=dict(os.environ, MUSTER_STATE_DIR=state),
                                  capture_output=True, text=True, timeout=30, check=False)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("Permission denied", done.stderr)
            self.assertEqual(os.listdir(folder), [])

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

    def test_unknown_drills_and_commands(self):
        self.refused(1, "nothing", "drill", "show", "nothing")
        self.refused(1, "no drill", "drill", "abort", "last")
        self.refused(2, "'frob' is no command of 'drill'; allowed: run, ", "drill", "frob")


if __name__ == "__main__":
    unittest.main(verbosity=2)
