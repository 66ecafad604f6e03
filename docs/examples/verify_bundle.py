#!/usr/bin/env python3
"""Recomputes RTO and RPO from a bundle of evidence, knowing docs/evidence-format.md and nothing else.

    verify_bundle.py BUNDLE [PUBLIC-KEY-IN-HEXADECIMAL]

Standard library only; the signature is checked by the openssl program. The rules are those of
docs/measurement.md, for drills whose service went away once. Exit: 0 the chain holds and the report
says what the records say, 1 it does not.
"""
import hashlib
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

OK, CONNECT_TIMEOUT, TIMEOUT, BLOCKED, NOT_SENT, STOPPED = 0, 3, 5, 11, 12, 14


def records_of(data):
    """Walks the chain: every record's content by its name, and the digest before the seal."""
    head = data[:8] == b"\x89MUSTER\n" and hashlib.sha256(data[:16]).digest() == data[16:48]
    assert head and data[8:10] == b"\x01\x00", "no bundle, or one of another version"
    found, chain, at, index = {}, data[16:48], 48, 0
    while "seal" not in found:
        index += 1
        number, name_size, encoding, stored, size = struct.unpack_from("<IHHQQ", data, at)
        begin, end = at + 24 + name_size, at + 24 + name_size + stored
        name = data[at + 24:begin].decode()
        before, chain = chain, hashlib.sha256(chain + data[at:end]).digest()
        assert chain == data[end:end + 32] and number == index, f"record {index} ({name}) was changed"
        found[name] = zlib.decompress(data[begin:end]) if encoding else data[begin:end]
        assert len(found[name]) == size, f"record {index} ({name}) has a wrong length"
        at = end + 32
    assert at == len(data), "something stands behind the seal"
    return found, before


def check_signature(seal, digest, trusted):
    assert trusted in (None, seal["publicKey"]), "signed by another key"
    files = {"key": bytes.fromhex("302a300506032b6570032100" + seal["publicKey"]),
             "signed": b"muster-evidence-1\n" + digest, "signature": bytes.fromhex(seal["signature"])}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key",
                               "-rawin", "-in", "signed", "-sigfile", "signature"], cwd=folder,
                              capture_output=True, check=False)
    assert done.returncode == 0, "the signature does not hold"


def columns_of(content, count):
    numbers, value, shift = [], 0, 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    rows = numbers[0]
    assert len(numbers) == 1 + rows * count, "a table that is none"
    return [numbers[1 + i * rows:1 + (i + 1) * rows] for i in range(count)]


def signed(value):
    return (value >> 1) ^ -(value & 1)


def running(column):
    """Differences to the row before, summed up."""
    total, out = 0, []
    for value in column:
        total += signed(value)
        out.append(total)
    return out


def operations_of(content):
    seq, state, cause, due, invoked, completed = columns_of(content, 10)[:6]
    for n, s, why, at, i, c in zip(running(seq), state, cause, running(due), invoked, completed):
        begun = None if s & 8 else at + signed(i)
        ended = None if s & 16 else (at if begun is None else begun) + signed(c)
        yield {"seq": n, "ok": s & 3 == OK, "cause": why, "due": at, "inv": begun, "comp": ended}


def silences_of(streams, operations):
    """When no operation of any stream began or ended, although one was due."""
    life = sorted(at for ops in operations.values() for op in ops if op["cause"] != NOT_SENT
                  for at in (op["inv"], op["comp"]) if at is not None)
    tables = [(min(op["due"] for op in operations[s["id"]]), max(op["due"] for op in operations[s["id"]]),
               s["interval"]) for s in streams if operations.get(s["id"]) and s["interval"]]
    return [(a, b) for a, b in zip(life, life[1:])
            if any(first <= a and b <= last and b - a > 2 * every for first, last, every in tables)]


def judge(op, stream, silences):
    """True: good, False: bad, None: it says nothing."""
    blocked, deadline = op["cause"] == BLOCKED, stream["deadline"]
    if op["cause"] == NOT_SENT or op["comp"] is None or (op["inv"] is None and not blocked):
        return False if blocked and op["comp"] is None else None
    if op["ok"] and op["comp"] - op["due"] <= deadline:
        return True
    if not op["ok"] and op["cause"] not in (TIMEOUT, CONNECT_TIMEOUT, STOPPED, BLOCKED):
        return False
    since = op["due"] - (-(-deadline // stream["interval"]) + 1) * stream["interval"] * blocked
    silent = sum(max(0, min(op["comp"], b) - max(since, a)) for a, b in silences)
    waited = op["comp"] - since - silent
    late = waited > deadline or (waited == deadline and not op["ok"])
    return False if late or (not silent and op["cause"] != STOPPED) else None


def outage_of(ops, hold, fault, until):
    """The operations around the outage: last good before, first bad, last bad, first that held."""
    def hit(op):
        return not op["good"] and (op["inv"] >= fault or op["comp"] is None or op["comp"] >= fault)
    first = next(i for i, op in enumerate(ops) if hit(op))
    last = first
    for i in range(first + 1, len(ops)):
        if ops[i]["inv"] >= until or ops[i]["inv"] > ops[last + 1]["inv"] + hold and ops[last + 1]["good"]:
            break
        last = last if ops[i]["good"] else i
    return first - 1, first, last, last + 1


def main(path, trusted=None):
    with open(path, "rb") as file:
        found, digest = records_of(file.read())
    check_signature(json.loads(found["seal"]), digest, trusted)
    told = {name[:-5]: json.loads(found[name]) for name in found if name.endswith(".json")}
    spec, report, moments = told["plan"]["document"]["spec"], told["report"], told["timeline"]["moments"]
    streams = told["streams"]["streams"]
    operations = {s["id"]: list(operations_of(found[f"operations/{s['id']}"])) for s in streams
                  if f"operations/{s['id']}" in found}
    stream = next(s for s in streams if s["name"] == report["rto"]["decidedBy"])
    silences, writes = silences_of(streams, operations), operations[stream["id"]]
    for op in writes:
        op["good"] = judge(op, stream, silences)
        op["inv"] = op["due"] if op["inv"] is None else op["inv"]
    ops = sorted((op for op in writes if op["good"] is not None), key=lambda op: op["inv"])
    hold = spec.get("timing", {}).get("holdSeconds", 10) * 10**9
    before, first, last, back = outage_of(ops, hold, moments["faultBegun"],
                                          told["timeline"]["phases"].get("Failback", 2**63))
    steady = first - next((k for k, op in enumerate(reversed(ops[:first])) if not op["good"]), first)
    delta = max(op["comp"] - op["due"] for op in ops[steady:first])
    second = [op["inv"] + delta for op in ops[first + 1:last + 1] if not op["good"]][:1]
    away_by = min([ops[first]["comp"]] + second)
    users = (ops[last]["inv"] - ops[first]["inv"], ops[back]["inv"] - ops[before]["inv"])
    # Of a last operation that was only blocked the lower bound is lower still; no verdict uses it.
    lower = None if ops[last]["cause"] == BLOCKED else max(0, ops[last]["inv"] - away_by)
    service = (lower, ops[back]["comp"] - ops[before]["inv"])

    # What may be lost are the writes of the ledger, whichever stream the RTO is judged by.
    ledgers = [s["id"] for s in streams if s["kind"] == "Ledger"]
    present = set()
    for number, read in enumerate(told["reads"]):
        if read["complete"] and read["which"] != "OldPrimary":
            ids, seqs, intact = columns_of(found[f"rows/{number}"], 3)
            rows = zip(running(ids), running(seqs), intact)
            present |= {(id, seq) for id, seq, good in rows if good and id in ledgers}
    lost = [op for id in ledgers for op in operations[id] if op["ok"] and (id, op["seq"]) not in present]
    for op in lost:
        op["inv"] = op["due"] if op["inv"] is None else op["inv"]
    rpo = (0, 0)
    if lost:
        early = max([ops[before]["inv"]] + [op["inv"] for op in lost])
        late = max([away_by] + [op["comp"] for op in lost])
        rpo = (max(0, early - min(op["comp"] for op in lost)), late - min(op["inv"] for op in lost))

    agree = len(lost) == report["rpoRecords"]
    print(f"lost writes: {len(lost)}, the report says {report['rpoRecords']}")
    for name, bounds, says in (("RTO, service", service, report["rto"]["service"]),
                               ("RTO, users", users, report["rto"]["userVisible"]),
                               ("RPO", rpo, report["rpo"]["service"])):
        keys = zip(bounds, ("lowerSeconds", "upperSeconds"))
        same = all(mine is None or abs(mine / 1e9 - says[key]) < 1e-9 for mine, key in keys)
        agree &= same
        text = " to ".join("?" if bound is None else f"{bound / 1e9:.6f} s" for bound in bounds)
        print(f"{name}: {text}; the report {'agrees' if same else f'does NOT agree: {says}'}")
    return 0 if agree else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except AssertionError as error:
        sys.exit(f"{sys.argv[1]}: {error}")
