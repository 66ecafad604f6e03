"""/health/database before a real PostgreSQL: how it is told that it is well, gone, hangs, refuses, is full, takes no writes or is behind."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

from peers import PATIENCE, PROGRAM, Case, echo, free_port
from postgres import Postgres

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
QUICK = ("--database-check-seconds", "1", "--database-connect-seconds", "1", "--database-query-seconds", "3", "--database-attempts", "2",
         "--database-attempt-gap-seconds", "1", "--database-held-seconds", "1")


class WithDatabase(Case):
    def postgres(self, *settings, **options):
        out = Postgres(*settings, **options)
        self.addCleanup(out.remove)
        return out

    def beside(self, port, *flags, user="postgres"):
        """A sidecar that looks after the database at this port."""
        return self.sidecar(self.application(echo), "--database", f"postgresql://{user}@127.0.0.1:{port}/postgres", *QUICK, *flags)

    def until(self, sidecar, what, field="status"):
        """The page, as soon as its issues are these and it has this field."""
        said = None
        for _ in range(PATIENCE * 10):
            code, text = sidecar.admin("/health/database")
            said = json.loads(text)
            issues = {issue["name"] for issue in said["issues"]}
            if issues == set(what) and said["status"] != "unknown" and field in said:
                self.assertEqual(code, 503 if what else 200)
                return said
            threading.Event().wait(0.1)
        raise AssertionError(f"not {what}: {said}")


class Database(WithDatabase):
    def test_one_that_is_well(self):
        server = self.postgres()
        sidecar = self.beside(server.port)
        said = self.until(sidecar, [])
        self.assertEqual((said["status"], said["server"]["inRecovery"], said["server"]["readOnly"]), ("healthy", False, False))
        self.assertTrue(said["server"]["version"].startswith("15"))
        self.assertEqual((said["server"]["connections"], said["server"]["connectionsMax"]), (1, 97))
        self.assertEqual((said["pool"]["size"], said["pool"]["created"]), (10, 1))
        sidecar.until_metric('muster_db_health{verdict="healthy"}', 1)
        self.assertEqual(sidecar.metric("muster_db_up"), 1)
        for _ in range(PATIENCE * 10):  # the connection is kept
            if sidecar.metric("muster_db_pool_queries_total") >= 3:
                break
            threading.Event().wait(0.1)
        self.assertGreaterEqual(sidecar.metric("muster_db_pool_queries_total"), 3)
        self.assertEqual(sidecar.metric("muster_db_pool_created_total"), 1)
        self.assertEqual(server.ask("select count(*) from pg_stat_activity where application_name = 'muster-sidecar'"), "1")
        promtool = shutil.which("promtool")
        if promtool:
            judged = subprocess.run([promtool, "check", "metrics"], input=sidecar.admin("/metrics")[1], text=True, check=False,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual((judged.returncode, judged.stdout), (0, ""))

    def test_one_that_ends_and_comes_back(self):
        server = self.postgres()
        sidecar = self.beside(server.port)
        self.until(sidecar, [])
        server.stop()
        gone = self.until(sidecar, ["unreachable"], "error")
        self.assertNotIn("server", gone)
        self.assertEqual(sidecar.metric("muster_db_up"), 0)
        self.assertEqual(sidecar.ask(GET).status, 200)
        server.start()
        self.until(sidecar, [])
        sidecar.until_said("the database answers again")
        self.assertEqual(len(sidecar.until_said("the database does not answer")), 1)

    def test_one_that_hangs(self):
        server = self.postgres()
        sidecar = self.beside(server.port, "--database-query-seconds", "60")
        self.until(sidecar, [])
        server.freeze()
        hanging = self.until(sidecar, ["unreachable"])
        self.assertGreater(hanging["pendingMs"], 1000)
        self.assertEqual(hanging["pool"]["busy"], 1)  # one look, however long it takes
        self.assertEqual(sidecar.metric("muster_db_up"), 0)
        for _ in range(50):  # nothing waits for it
            self.assertEqual(sidecar.ask(GET).status, 200)
            self.assertEqual(sidecar.admin("/livez")[0], 200)
        sidecar.until_said("a connection of the database is held for long")
        server.thaw()
        self.until(sidecar, [])
        sidecar.until_said("a query of the database was slow")
        self.assertEqual(sidecar.metric("muster_db_pool_created_total"), 1)

    def test_one_that_hangs_for_longer_than_a_query_may_take(self):
        server = self.postgres()
        sidecar = self.beside(server.port)
        self.until(sidecar, [])
        server.freeze()
        for _ in range(PATIENCE * 10):
            if sidecar.metric("muster_db_pool_timeouts_total") >= 2:  # the query, then a connection
                break
            threading.Event().wait(0.1)
        self.assertGreaterEqual(sidecar.metric("muster_db_pool_timeouts_total"), 2)
        self.until(sidecar, ["unreachable"])
        server.thaw()
        self.until(sidecar, [])

    def test_a_password_that_is_wrong_and_then_right(self):
        server = self.postgres()
        server.ask("create role shop login password 'right'")
        server.rules("host all postgres 127.0.0.1/32 trust", "host all all 127.0.0.1/32 scram-sha-256")
        for _ in range(PATIENCE * 10):  # the rules are read when the server gets to it
            if not server.lets_in("shop"):
                break
            threading.Event().wait(0.1)
        self.assertFalse(server.lets_in("shop"))
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        secret = os.path.join(folder, "password")
        with open(secret, "w", encoding="ascii") as file:
            file.write("wrong\n")
        sidecar = self.beside(server.port, "--database-password-file", secret, user="shop")
        said = self.until(sidecar, ["unreachable"], "sqlstate")
        self.assertEqual(said["sqlstate"], "28P01")
        self.assertNotIn("wrong", "".join(sidecar.lines))
        with open(secret, "w", encoding="ascii") as file:
            file.write("right\n")
        said = self.until(sidecar, [])
        self.assertEqual(said["server"]["connectionsMax"], 97)  # also who is nobody special may ask

    def test_one_that_is_full(self):
        server = self.postgres("max_connections=5", "superuser_reserved_connections=1", "max_wal_senders=0")
        server.ask("create role shop login")
        holders = [server.hold() for _ in range(4)]
        for holder in holders:
            self.addCleanup(holder.wait, PATIENCE)
            self.addCleanup(holder.stdin.close)
        for _ in range(PATIENCE * 10):
            if server.ask("select count(*) from pg_stat_activity where application_name = 'psql'") == "5":
                break
            threading.Event().wait(0.1)
        sidecar = self.beside(server.port, user="shop")
        said = self.until(sidecar, ["unreachable", "connections"], "sqlstate")
        self.assertEqual((said["status"], said["sqlstate"]), ("unhealthy", "53300"))
        holders[0].stdin.close()
        said = self.until(sidecar, ["connections"])  # ours is the last one
        self.assertEqual(said["issues"][0]["value"], 100)
        for _ in range(PATIENCE * 10):
            issues = json.loads(sidecar.admin("/health")[1])["issues"]
            if any(issue["name"] == "database_connections" for issue in issues):
                break
            threading.Event().wait(0.1)
        self.assertIn("database_connections", [issue["name"] for issue in issues])  # of the pod's thresholds, too
        for holder in holders[1:]:
            holder.stdin.close()
        self.until(sidecar, [])

    def test_one_that_takes_no_writes(self):
        server = self.postgres("default_transaction_read_only=on")
        said = self.until(self.beside(server.port), ["read_only"])
        self.assertTrue(said["server"]["readOnly"])
        self.until(self.beside(server.port, "--database-may-be-read-only"), [])

    def test_a_standby_and_how_far_it_is_behind(self):
        primary = self.postgres()
        primary.ask("create table rows (id int)")
        standby = self.postgres(primary=primary)
        sidecar = self.beside(standby.port, "--database-may-be-read-only", "--database-lag-seconds-max", "2")
        strict = self.beside(standby.port)
        said = self.until(strict, ["read_only"])
        self.assertTrue(said["server"]["inRecovery"])
        primary.ask("insert into rows values (1)")
        self.until(sidecar, [])
        primary.stop()
        said = self.until(sidecar, ["replication_lag"])
        self.assertGreater(said["server"]["replicationLagSeconds"], 2)
        self.assertGreater(sidecar.metric("muster_db_replication_lag_seconds"), 2)
        primary.start()
        self.until(sidecar, [])


class Settings(WithDatabase):
    def test_nobody_is_there_at_the_start(self):
        sidecar = self.beside(free_port())
        self.until(sidecar, ["unreachable"])
        self.assertEqual(sidecar.ask(GET).status, 200)

    def test_no_database_is_named(self):
        _, sidecar = self.both(echo)
        code, text = sidecar.admin("/health/database")
        self.assertEqual((code, "--database" in json.loads(text)["error"]), (404, True))
        self.assertIsNone(sidecar.metric("muster_db_up"))
        with open(f"/proc/{sidecar.process.pid}/maps", encoding="utf-8") as file:
            self.assertNotIn("libpq", file.read())  # and none of what it needs

    def test_what_cannot_be_used_is_told_at_the_start(self):
        for flags, said in ((["--database", "postgresql://shop:secret@db/orders"], "no password here"),
                            (["--database", "mysql://db"], "postgresql://USER@HOST"),
                            (["--database", "postgresql://shop@db", "--database-pool-size", "0"], "--database-pool-size"),
                            (["--database", "postgresql://shop@db", "--database-password-file", "/nothing"], "/nothing")):
            done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", *flags, "--check-config"], capture_output=True, text=True,
                                  timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 2, flags)
            self.assertIn(said, done.stderr)
            self.assertNotIn("secret", done.stderr)
        done = subprocess.run([PROGRAM, "--upstream", "127.0.0.1:1", "--database", "postgresql://shop@db", "--check-config"], timeout=PATIENCE,
                              capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))


if __name__ == "__main__":
    unittest.main(verbosity=2)
