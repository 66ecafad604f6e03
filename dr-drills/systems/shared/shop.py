#!/usr/bin/env python3
"""The application of the systems that drill one: a shop over HTTP, on the data of schema.sql.

An instance is one process: it answers in threads, over HTTP/1.1 with keep-alive, from a pool of
database connections, and keeps no state of its own, so that any instance can carry on what another
began. Sessions lie in Redis, or in the table `sessions` where they have to follow the database.

  GET  /livez                 the process answers
  GET  /readyz                503 until the database takes writes and the sessions can be reached
  GET  /features              what this instance offers, as [{name, method, path}]
  GET  /api/orders?customer=N the newest orders of a customer
  GET  /lists?page=N          a page of all orders with their customers; or ?customer=N, all of one
  GET  /heavy                 sales by region, over all orders
  GET  /realtime?since=ID     what came after an order; without it the newest ones
  POST /orders                customer, item, quantity, priceCents: places an order
  POST /login                 user: makes a session, whose token is sent as a cookie
  GET  /session               whose session it is and how often it was carried on; 401 without one
  GET  /account               the user's own orders; 401 without a session

Forms are urlencoded, answers JSON. `X-Server` names the instance; `Server-Timing` (W3C) says how
many milliseconds of the answer were spent waiting for the database (`db`) and Redis (`sessions`).

What cannot be had now is answered 503 and not tried again: a client who measures must see it. Every
wait for the database has a deadline, also where a network swallows everything. SIGTERM ends the
process when the requests that it had begun are answered.
"""

import argparse
import contextlib
import hashlib
import json
import queue
import re
import secrets
import select
import signal
import socket
import socketserver
import sys
import threading
import time
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import psycopg2
import psycopg2.extensions
import redis

BODY_BYTES_MAX = 65536
PAGE_ROWS = 50
ID_MAX = 2**63 - 1
# Longer than a proxy keeps an idle connection: the side that sends must be the one that closes.
IDLE_SECONDS = 75
DRAIN_SECONDS = 5.0
COOKIE = "session"


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, status, why):
        super().__init__(why)
        self.status = status


class Unavailable(Refused):
    """What the answer needs cannot be had now."""

    def __init__(self, why):
        super().__init__(503, why)


def one_line(error):
    return " ".join(str(error).split()) or type(error).__name__


def say(name, text):
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    print(now, name, text, file=sys.stderr, flush=True)


class Timing:
    """How long one request waited for what; the metrics of its Server-Timing header."""

    def __init__(self):
        self.millis = {}

    @contextlib.contextmanager
    def of(self, metric):
        began = time.perf_counter()
        try:
            yield
        finally:
            spent = (time.perf_counter() - began) * 1000
            self.millis[metric] = self.millis.get(metric, 0.0) + spent

    def header(self):
        return ", ".join(f"{metric};dur={spent:.3f}" for metric, spent in self.millis.items())


class Database:
    """A pool of connections. One that failed is closed, with all idle ones: whatever ended it, a
    restart or a failover, most likely ended those too."""

    def __init__(self, conninfo, connections, seconds):
        self.conninfo = conninfo
        self.seconds = seconds
        self.idle = queue.LifoQueue()
        self.free = threading.BoundedSemaphore(connections)
        self.waits = threading.local()
        psycopg2.extensions.set_wait_callback(self.wait)

    def wait(self, connection):
        """What libpq waits with, in every thread. Its own waits would have no end where the network
        acknowledges what nobody reads."""
        waiter = select.poll()
        while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
            left = self.waits.deadline - time.monotonic()
            reads = state == psycopg2.extensions.POLL_READ
            waiter.register(connection.fileno(), select.POLLIN if reads else select.POLLOUT)
            if left <= 0 or not waiter.poll(left * 1000):
                raise Unavailable(f"the database did not answer within {self.seconds:g} s")
            waiter.unregister(connection.fileno())

    def open_connection(self):
        while True:
            try:
                connection = self.idle.get_nowait()
            except queue.Empty:
                connection = psycopg2.connect(self.conninfo)
                connection.autocommit = True
                return connection
            # Nobody speaks on an idle connection but a server that ends it.
            if not select.select([connection], [], [], 0)[0]:
                return connection
            connection.close()

    def close_idle(self):
        with contextlib.suppress(queue.Empty):
            while True:
                self.idle.get_nowait().close()

    def rows(self, timing, statement, values=()):
        self.waits.deadline = time.monotonic() + self.seconds
        if not self.free.acquire(timeout=self.seconds):
            raise Unavailable(f"no database connection was free within {self.seconds:g} s")
        connection = None
        try:
            connection = self.open_connection()
            with timing.of("db"), connection.cursor() as cursor:
                cursor.execute(statement, values)
                rows = cursor.fetchall()
            self.idle.put(connection)
            return rows
        except psycopg2.IntegrityError:
            self.idle.put(connection)
            raise
        except (psycopg2.OperationalError, psycopg2.InterfaceError,
                psycopg2.errors.ReadOnlySqlTransaction) as error:
            self.discard(connection)
            raise Unavailable(f"database: {one_line(error)}") from error
        except BaseException:
            self.discard(connection)
            raise
        finally:
            self.free.release()

    def discard(self, connection):
        if connection is not None:
            connection.close()
        self.close_idle()

    def check(self, timing):
        if self.rows(timing, "select pg_is_in_recovery()")[0][0]:
            raise Unavailable("the database is a standby: it takes no writes")


def key_of(token):
    """Sessions are known by this: whoever can read the store cannot use them."""
    return hashlib.sha256(token.encode()).hexdigest()


class RedisSessions:
    """Sessions in Redis, each a hash that expires."""

    CARRY_ON = """  -- one that has expired is not made again by counting
      if redis.call('EXISTS', KEYS[1]) == 0 then return false end
      redis.call('EXPIRE', KEYS[1], ARGV[1])
      return {redis.call('HGET', KEYS[1], 'user'), redis.call('HINCRBY', KEYS[1], 'carriedOn', 1)}
    """

    def __init__(self, url, idle_seconds, seconds):
        self.idle_seconds = idle_seconds
        pool = redis.BlockingConnectionPool.from_url(
            url, max_connections=32, timeout=seconds, socket_timeout=seconds,
            socket_connect_timeout=seconds, decode_responses=True)
        self.redis = redis.Redis(connection_pool=pool)
        self.script = self.redis.register_script(self.CARRY_ON)

    @contextlib.contextmanager
    def store(self, timing):
        try:
            with timing.of("sessions"):
                yield self.redis
        except redis.RedisError as error:
            raise Unavailable(f"session store: {one_line(error)}") from error

    def check(self, timing):
        with self.store(timing) as store:
            store.ping()

    def make(self, timing, token, user):
        key = "session:" + key_of(token)
        with self.store(timing) as store, store.pipeline(transaction=True) as both:
            both.hset(key, mapping={"user": user, "carriedOn": 0})
            both.expire(key, self.idle_seconds)
            both.execute()

    def carry_on(self, timing, token):
        with self.store(timing):
            found = self.script(keys=["session:" + key_of(token)], args=[self.idle_seconds])
        return (found[0], int(found[1])) if found else None


class DatabaseSessions:
    """Sessions in a table, where they are replicated with everything else."""

    def __init__(self, database, idle_seconds):
        self.database = database
        self.idle_seconds = idle_seconds

    def check(self, timing):
        self.database.rows(timing, "select from sessions limit 1")

    def make(self, timing, token, user):
        self.database.rows(
            timing,
            "with old as (delete from sessions where seen_at < now() - %s * interval '1 second')"
            " insert into sessions (token_hash, user_name) values (%s, %s) returning token_hash",
            (self.idle_seconds, key_of(token), user))

    def carry_on(self, timing, token):
        found = self.database.rows(
            timing,
            "update sessions set carried_on = carried_on + 1, seen_at = now() where token_hash = %s"
            " and seen_at >= now() - %s * interval '1 second' returning user_name, carried_on",
            (key_of(token), self.idle_seconds))
        return found[0] if found else None


ORDER = "o.id, o.customer_id, o.item, o.quantity, o.price_cents, o.placed_at"


def order_of(row):
    return {"id": row[0], "customer": row[1], "item": row[2], "quantity": row[3],
            "priceCents": row[4], "placedAt": row[5].isoformat()}


def number(fields, name, default=None):
    text = fields.get(name, "" if default is None else str(default))
    if not re.fullmatch("[0-9]{1,19}", text) or not 0 < int(text) <= ID_MAX:
        raise Refused(400, f"{name} is '{text}': a whole number from 1")
    return int(text)


class Request:
    """What an endpoint sees of a request, and what it adds to the answer."""

    def __init__(self, query, form, token, timing):
        self.query, self.form, self.token, self.timing = query, form, token, timing
        self.headers = []


class Shop:
    """The endpoints: each takes a Request and returns a status and what is sent as JSON."""

    ENDPOINTS = {  # name: (method, path)
        "orders": ("GET", "/api/orders"),
        "lists": ("GET", "/lists"),
        "heavy": ("GET", "/heavy"),
        "realtime": ("GET", "/realtime"),
        "place-order": ("POST", "/orders"),
        "login": ("POST", "/login"),
        "session": ("GET", "/session"),
        "account": ("GET", "/account"),
    }
    ALWAYS = {"livez": ("GET", "/livez"), "readyz": ("GET", "/readyz"),
              "features": ("GET", "/features")}

    def __init__(self, name, database, sessions, without=()):
        self.name, self.database, self.sessions = name, database, sessions
        self.offered = {feature: where for feature, where in self.ENDPOINTS.items()
                        if feature not in without}
        self.ending = threading.Event()
        self.routes = {}
        for endpoint, (method, path) in {**self.ALWAYS, **self.offered}.items():
            self.routes[path] = (method, getattr(self, endpoint.replace("-", "_")))

    def livez(self, _request):
        return 200, {"server": self.name}

    def readyz(self, request):
        if self.ending.is_set():
            raise Unavailable(f"{self.name} is ending")
        self.database.check(request.timing)
        self.sessions.check(request.timing)
        return 200, {"server": self.name, "ready": True}

    def features(self, _request):
        return 200, [{"name": name, "method": method, "path": path}
                     for name, (method, path) in self.offered.items()]

    def newest(self, timing, customer, limit):
        return [order_of(row) for row in self.database.rows(
            timing, f"select {ORDER} from orders o where o.customer_id = %s order by o.id desc"
            " limit %s", (customer, limit))]

    def orders(self, request):
        customer = number(request.query, "customer")
        return 200, {"customer": customer, "orders": self.newest(request.timing, customer, 20)}

    def lists(self, request):
        statement = (f"select {ORDER}, c.name, c.region from orders o"
                     " join customers c on c.id = o.customer_id")
        if "customer" in request.query:
            customer = number(request.query, "customer")
            rows = self.database.rows(
                request.timing, statement + " where c.id = %s order by o.id desc", (customer,))
        else:
            page = number(request.query, "page", 1)
            rows = self.database.rows(
                request.timing, statement + " where o.id > %s and o.id <= %s order by o.id",
                ((page - 1) * PAGE_ROWS, page * PAGE_ROWS))
        return 200, {"rows": [{**order_of(row), "name": row[6], "region": row[7]} for row in rows]}

    def heavy(self, request):
        rows = self.database.rows(
            request.timing,
            "select c.region, count(*), sum(o.quantity * o.price_cents)::int8 from orders o"
            " join customers c on c.id = o.customer_id group by c.region order by c.region")
        return 200, {"regions": [{"region": region, "orders": count, "cents": cents}
                                 for region, count, cents in rows]}

    def realtime(self, request):
        if "since" in request.query:
            since = number(request.query, "since")
            rows = self.database.rows(
                request.timing, f"select {ORDER} from orders o where o.id > %s order by o.id"
                " limit %s", (since, PAGE_ROWS))
        else:
            rows = self.database.rows(
                request.timing, f"select {ORDER} from orders o order by o.id desc limit 10")[::-1]
        return 200, {"updates": [order_of(row) for row in rows],
                     "next": rows[-1][0] if rows else request.query.get("since")}

    def place_order(self, request):
        form = request.form
        customer, item = number(form, "customer"), form.get("item", "").strip()
        quantity = number(form, "quantity", 1)
        price = number(form, "priceCents", 100)
        if not 0 < len(item) <= 200 or not item.isprintable():
            raise Refused(400, "item is missing, or has more than 200 characters")
        if quantity > 10_000 or price > 100_000_000:
            raise Refused(400, "quantity is at most 10000, priceCents at most 100000000")
        try:
            rows = self.database.rows(
                request.timing, "insert into orders as o (customer_id, item, quantity, price_cents)"
                f" values (%s, %s, %s, %s) returning {ORDER}", (customer, item, quantity, price))
        except psycopg2.errors.ForeignKeyViolation as error:
            raise Refused(422, f"there is no customer {customer}") from error
        return 201, order_of(rows[0])

    def login(self, request):
        user = request.form.get("user", "")
        if not re.fullmatch("[A-Za-z0-9._@-]{1,64}", user):
            raise Refused(400, "user is missing, or is not 1 to 64 letters, digits and . _ @ -")
        token = secrets.token_urlsafe(32)
        self.sessions.make(request.timing, token, user)
        request.headers.append(
            ("Set-Cookie", f"{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax"))
        return 200, {"user": user}

    def user_of(self, request):
        found = self.sessions.carry_on(request.timing, request.token) if request.token else None
        if found is None:
            raise Refused(401, "there is no such session")
        return found

    def session(self, request):
        user, carried_on = self.user_of(request)
        return 200, {"user": user, "carriedOn": carried_on}

    def account(self, request):
        user, _ = self.user_of(request)
        # Whoever logs in is one of the customers; which one follows from the name.
        customer = 1 + zlib.crc32(user.encode()) % 2000
        name, orders, cents = self.database.rows(
            request.timing,
            "select c.name, count(o.id), coalesce(sum(o.quantity * o.price_cents), 0)::int8"
            " from customers c left join orders o on o.customer_id = c.id where c.id = %s"
            " group by c.id, c.name", (customer,))[0]
        return 200, {"user": user, "customer": customer, "name": name, "orders": orders,
                     "cents": cents, "newest": self.newest(request.timing, customer, 5)}


class Handler(BaseHTTPRequestHandler):
    """One connection: requests are read, led to their endpoint and answered, one after another."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "shop", ""
    timeout = IDLE_SECONDS
    wbufsize = -1  # headers and body leave together
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.server.mark(self, busy=False)

    def finish(self):
        self.server.closed(self)
        with contextlib.suppress(OSError):
            super().finish()

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True
        self.server.mark(self, busy=False)
        if self.server.shop.ending.is_set():
            self.close_connection = True

    def parse_request(self):
        self.server.mark(self, busy=True)
        return super().parse_request()

    def log_request(self, code="-", size="-"):
        """Every request would be a line."""

    def log_message(self, format, *args):  # noqa: A002, the name is the base class's
        say(self.server.shop.name, format % args)

    def send_error(self, code, message=None, explain=None):  # the base class's own refusals
        self.close_connection = True
        self.answer(int(code), {"error": message or self.responses.get(code, ("error",))[0]})

    def body(self):
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise Refused(501, "a body needs a Content-Length")
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]{1,18}", length) or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            raise Refused(413, f"Content-Length is '{length}': at most {BODY_BYTES_MAX}")
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            raise Refused(400, "the body is shorter than its Content-Length")
        return body.decode("utf-8", "replace")

    def token(self):
        found = re.search(rf"(?:^|[; ]){COOKIE}=([\w-]+)", self.headers.get("Cookie", ""))
        return found and found[1]

    def act(self, timing):
        """Status, what to send, headers to add."""
        body = self.body()
        url = urlsplit(self.path)
        method, act = self.server.shop.routes.get(url.path, (None, None))
        if act is None:
            raise Refused(404, f"there is no {url.path}")
        if self.command != method and (self.command, method) != ("HEAD", "GET"):
            raise Refused(405, f"{url.path} is there for {method}")
        request = Request(dict(parse_qsl(url.query)), dict(parse_qsl(body)), self.token(), timing)
        return *act(request), request.headers

    def dispatch(self):
        timing, more = Timing(), []
        try:
            status, value, more = self.act(timing)
        except Refused as refusal:
            status, value = refusal.status, {"error": str(refusal)}
            if status == 503:
                self.log_message("%s %s: %s", self.command, self.path, refusal)
        except OSError:  # the connection to the client
            raise
        except Exception as error:  # pylint: disable=broad-except
            status, value = 500, {"error": type(error).__name__}
            self.log_error("%s %s: %s", self.command, self.path, one_line(error))
        self.answer(status, value, timing, more)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = dispatch  # noqa: N815

    def answer(self, status, value, timing=None, more=()):
        content = json.dumps(value).encode() + b"\n"
        if self.server.shop.ending.is_set():
            self.close_connection = True
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Server", self.server.shop.name)
        if timing and timing.millis:
            self.send_header("Server-Timing", timing.header())
        for name, text in more:
            self.send_header(name, text)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


class Server(ThreadingHTTPServer):
    """Accepts connections, and can end without breaking off an answer."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address, shop):
        self.shop = shop
        self.lock = threading.Condition()
        self.busy = {}  # by connection: whether it has a request
        host, port = address
        if not host and socket.has_dualstack_ipv6():
            host = "::"  # every address, of both families
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, port), Handler)

    def server_bind(self):
        """Not HTTPServer's: that asks the machine's name servers for the name of the address."""
        if self.address_family == socket.AF_INET6:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        socketserver.TCPServer.server_bind(self)

    def mark(self, handler, busy):
        with self.lock:
            self.busy[handler] = busy

    def closed(self, handler):
        with self.lock:
            del self.busy[handler]
            self.lock.notify_all()

    def handle_error(self, request, client_address):
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):  # clients that went away are no news
            say(self.shop.name, one_line(error))

    def drain(self):
        """To be called once, when `ending` is set: returns when nothing is answered any more."""
        self.shutdown()
        self.server_close()
        with self.lock:
            for handler, busy in self.busy.items():
                if not busy:
                    with contextlib.suppress(OSError):
                        handler.connection.shutdown(socket.SHUT_RD)
            self.lock.wait_for(lambda: not self.busy, DRAIN_SECONDS)


def arguments():
    parser = argparse.ArgumentParser(description="One instance of the shop.")
    parser.add_argument("--name", required=True, help="the instance, as X-Server says it")
    parser.add_argument("--listen", required=True, metavar="[HOST]:PORT",
                        help="no host: every address")
    parser.add_argument("--database", required=True, metavar="CONNINFO", help="as libpq reads it")
    parser.add_argument("--sessions", required=True, help="redis://HOST:PORT/N, or database")
    parser.add_argument("--connections", type=int, default=10, help="to the database, at most")
    parser.add_argument("--wait-millis", type=int, default=2000, help="for the database or Redis")
    parser.add_argument("--session-seconds", type=int, default=3600,
                        help="how long a session lasts that nobody carries on")
    parser.add_argument("--without", action="append", default=[], metavar="FEATURE",
                        choices=list(Shop.ENDPOINTS), help="is not offered; may be repeated")
    given = parser.parse_args()
    host, _, port = given.listen.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        parser.error(f"--listen is '{given.listen}': [HOST]:PORT")
    if given.sessions != "database" and not given.sessions.startswith("redis://"):
        parser.error(f"--sessions is '{given.sessions}': redis://HOST:PORT/N or database")
    if min(given.connections, given.wait_millis, given.session_seconds) < 1:
        parser.error("--connections, --wait-millis and --session-seconds are at least 1")
    return given, (host.strip("[]"), int(port))


def main():
    given, address = arguments()
    seconds = given.wait_millis / 1000
    database = Database(given.database, given.connections, seconds)
    sessions = (DatabaseSessions(database, given.session_seconds) if given.sessions == "database"
                else RedisSessions(given.sessions, given.session_seconds, seconds))
    shop = Shop(given.name, database, sessions, given.without)
    try:
        server = Server(address, shop)
    except OSError as error:
        sys.exit(f"{given.name} cannot listen on {given.listen}: {error}")
    end = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: end.set())
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    say(given.name, f"listens on {given.listen}")
    end.wait()
    shop.ending.set()
    server.drain()
    database.close_idle()


if __name__ == "__main__":
    main()
