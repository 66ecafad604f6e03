#!/usr/bin/env python3
"""The floor under "event to handler": reads the stream of watch_server.py and does nothing with it but finding the stamps.

    bench/bare_reader.py PORT FOLDER_OF_KEYS
"""
import re
import socket
import ssl
import sys
import time

REQUEST = b"GET /api/v1/configmaps?watch=true&sendInitialEvents=true HTTP/1.1\r\nHost: localhost\r\n\r\n"
STAMP = re.compile(rb'"phase":"(\d+)"')


def main():
    port, keys = int(sys.argv[1]), sys.argv[2]
    context = ssl.create_default_context(cafile=f"{keys}/ca.crt")
    context.load_cert_chain(f"{keys}/admin.crt", f"{keys}/admin.key")
    late = []
    with context.wrap_socket(socket.create_connection(("127.0.0.1", port)), server_hostname="127.0.0.1") as connection:
        connection.sendall(REQUEST)
        data = b""
        while b'"last"' not in data:
            data = connection.recv(1 << 20)
            now = time.time_ns()
            late += [(now - int(stamp)) / 1e3 for stamp in STAMP.findall(data)]
    late.sort()
    print(f"events {len(late)} p50 {late[len(late) // 2]:.1f} p99 {late[int(len(late) * 0.99)]:.1f}")


if __name__ == "__main__":
    main()
