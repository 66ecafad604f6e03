#!/usr/bin/env python3
"""Recomputes RTO and RPO from a bundle of evidence, knowing docs/evidence-format.md and nothing else.

    verify_bundle.py BUNDLE [PUBLIC-KEY-IN-HEXADECIMAL]

Standard library only; the signature is checked by the openssl program. The rules are those of
docs/measurement.md, for drills whose service went away at most once and whose time counts from the
onset. A drill that ended before its fault has nothing to recompute: the report must say so too.

Exit: 0 chain and signature hold and the report says what the records say; 1 they do not hold, or it
does not; 2 wrong usage, or a file (or openssl) that cannot be opened.
"""
import hashlib
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
import zlib

OK, CONNECT_TIMEOUT, TIMEOUT, BLOCKED, NOT_SENT, STOPPED = 0, 3, 5, 11, 12, 14
NEVER = 2**63
UNBOUNDED = float("inf")


class Doubt(Exception):
    """The bundle does not hold."""


def require(condition, message):
    if not condition:
        raise Doubt(message)


def records_of(data):
    """Walks the chain: every record's content by its name, and the digest before the seal."""
    head = data[:8] == b"\x89MUSTER\n" and hashlib.sha256(data[:16]).digest() == data[16:48]
    require(head and data[8:10] == b"\x01\x00", "no bundle, or one of another version")
    found, chain, at, index = {}, data[16:48], 48, 0
    while "seal" not in found:
        index += 1
        require(at + 24 <= len(data), f"it was cut short before record {index}")
        number, name_size, encoding, stored, size = struct.unpack_from("<IHHQQ", data, at)
        begin, end = at + 24 + name_size, at + 24 + name_size + stored
        name = data[at + 24:begin].decode(errors="replace")
        before, chain = chain, hashlib.sha256(chain + data[at:end]).digest()
        require(end + 32 <= len(data), f"it was cut short in record {index} ({name})")
        require(chain == data[end:end + 32] and number == index, f"record {index} ({name}) was changed")
        require(name not in found, f"record {index} has the name of another one, {name}")
        found[name] = zlib.decompress(data[begin:end]) if encoding else data[begin:end]
        require(len(found[name]) == size, f"record {index} ({name}) has a wrong length")
        at = end + 32
    require(at == len(data), "something stands behind the seal")
    return found, before


def check_signature(seal, digest, trusted):
    require(trusted is None or trusted.lower() == seal["publicKey"].lower(), "signed by another key")
    files = {"key": bytes.fromhex("302a300506032b6570032100" + seal["publicKey"]),
             "signed": b"muster-evidence-1\n" + digest, "signature": bytes.fromhex(seal["signature"])}
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key",
                               "-rawin", "-in", "signed", "-sigfile", "signature"], cwd=folder,
                              capture_output=True, check=False)
    require(done.returncode == 0, "the signature does not hold")


def columns_of(content, count):
    numbers, value, shift = [], 0, 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    rows = numbers[0]
    require(len(numbers) == 1 + rows * count, "a table that is none")
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


def outage_of(ops, stream, hold, fault):
    """Places in ops: the first bad one that the fault can have hit, the last bad one, the first that held."""
    def hit(op):
        under_way = (op["comp"] is None or op["comp"] >= fault) and fault - op["inv"] <= stream["deadline"]
        return not op["good"] and (op["inv"] >= fault or under_way)
    first = last = next((i for i, op in enumerate(ops) if hit(op)), None)
    back = None
    for i in range(len(ops) if first is None else first + 1, len(ops)):
        if back is not None and ops[i]["inv"] - ops[back]["inv"] > hold:
            return first, last, back
        if not ops[i]["good"]:
            last, back = i, None
        elif back is None:
            back = i
    # The watch ended: it held if the next operation would have been due after the hold.
    held = back is not None and ops[-1]["inv"] + stream["interval"] - ops[back]["inv"] >= hold
    return first, last, back if held else None


def rto_of(ops, stream, hold, fault, until):
    """Bounds of the service's and the users' outage; the earliest and latest moment of its beginning."""
    watched = [op for op in ops if op["inv"] < until]
    first, last, back = outage_of(watched, stream, hold, fault)
    end = next((i for i, op in enumerate(ops) if op["inv"] >= fault), len(ops))
    end = end if first is None else min(first, end)
    steady = end - next((k for k, op in enumerate(reversed(ops[:end])) if not op["good"]), end)
    if first is None:
        begun = [op["inv"] for op in ops[steady:]]
        gap = max((b - a for a, b in zip(begun, begun[1:]) if a <= until), default=0)
        return (0, gap + stream["deadline"]), (0, gap), (fault, fault)
    delta = max((op["comp"] - op["due"] for op in ops[steady:end]), default=0)
    second = [op["inv"] + delta for op in ops[first + 1:last + 1] if not op["good"]][:1]
    away_by = min([op["comp"] for op in ops[first:first + 1] if op["comp"] is not None] + second,
                  default=ops[last]["inv"])
    before = first - 1 if first and ops[first - 1]["good"] else None
    early = ops[first if before is None else before]["inv"]
    closed = before is not None and back is not None
    users = (ops[last]["inv"] - ops[first]["inv"], ops[back]["inv"] - early if closed else UNBOUNDED)
    # Of a last operation that was only blocked the lower bound is lower still; no verdict uses it.
    lower = None if ops[last]["cause"] == BLOCKED else max(0, ops[last]["inv"] - away_by)
    return (lower, ops[back]["comp"] - early if closed else UNBOUNDED), users, (early, away_by)


def lost_of(found, ledgers, reads, operations):
    """The acknowledged writes that no whole read of the survivors has; None: there was no such read."""
    whole = {read["which"]: number for number, read in enumerate(reads) if read["complete"]}
    whole.pop("OldPrimary", None)
    present = set()
    for number in whole.values():
        ids, seqs, intact = columns_of(found[f"rows/{number}"], 3)
        present |= {(id, seq) for id, seq, good in zip(running(ids), running(seqs), intact) if good}
    lost = [op for id in ledgers for op in operations.get(id, []) if op["ok"] and (id, op["seq"]) not in present]
    return lost if whole else None


def agrees(name, bounds, says):
    """Prints both; a bound that is not computed here is held against nothing."""
    both = zip(bounds or (), ("lowerSeconds", "upperSeconds"))
    same = (bounds is None) == (says is None) and all(
        mine is None or (says[key] is None if mine == UNBOUNDED else
                         says[key] is not None and abs(mine / 1e9 - says[key]) < 1e-9) for mine, key in both)
    text = " to ".join("(not computed)" if bound is None else f"{bound / 1e9:.6f} s" for bound in bounds or ())
    print(f"{name}: {text or 'not measured'}; the report {'agrees' if same else f'does NOT agree: {says}'}")
    return same


def verify(path, trusted=None):
    with open(path, "rb") as file:
        found, digest = records_of(file.read())
    seal = json.loads(found["seal"])
    check_signature(seal, digest, trusted)
    print(f"signed by key {seal['keyId']}, {'as asked for' if trusted else 'whoever that is: no key was given'}")
    told = {name[:-5]: json.loads(found[name]) for name in found if name.endswith(".json")}
    spec, report, moments = told["plan"]["document"]["spec"], told["report"], told["timeline"]["moments"]
    streams, fault = told["streams"]["streams"], moments["faultBegun"]
    operations = {s["id"]: list(operations_of(found[f"operations/{s['id']}"])) for s in streams
                  if f"operations/{s['id']}" in found}
    service = users = rpo = None
    onset = (fault, fault)
    stream = next((s for s in streams if s["name"] == report["rto"]["decidedBy"]), None)
    if fault is not None and stream is not None:
        silences, writes = silences_of(streams, operations), operations.get(stream["id"], [])
        for op in writes:
            op["good"] = judge(op, stream, silences)
            op["inv"] = op["due"] if op["inv"] is None else op["inv"]
        ops = sorted((op for op in writes if op["good"] is not None), key=lambda op: op["inv"])
        hold = spec.get("timing", {}).get("holdSeconds", 10) * 10**9
        if ops:
            until = told["timeline"]["phases"].get("Failback", NEVER)
            service, users, onset = rto_of(ops, stream, hold, fault, until)

    # What may be lost are the writes of the ledger, whichever stream the RTO is judged by.
    lost = lost_of(found, [s["id"] for s in streams if s["kind"] == "Ledger"], told["reads"], operations)
    if lost is not None and fault is not None:
        begun = [op["due"] if op["inv"] is None else op["inv"] for op in lost]
        ended = [op["comp"] for op in lost]
        rpo = (max(0, max([onset[0]] + begun) - min(ended)), max([onset[1]] + ended) - min(begun)) if lost else (0, 0)

    count = None if lost is None else len(lost)
    same = [count == report.get("rpoRecords")]
    print("lost writes: {}, the report says {}".format(*("not known" if n is None else n
                                                        for n in (count, report.get("rpoRecords")))))
    for name, bounds, says in (("RTO, service", service, report["rto"].get("service")),
                               ("RTO, users", users, report["rto"].get("userVisible")),
                               ("RPO", rpo, report["rpo"].get("service"))):
        same.append(agrees(name, bounds, says))
    if all(same) and service is users is rpo is None:
        print("chain and signature hold; the report says that nothing was measured")
    return 0 if all(same) else 1


def main(arguments):
    if not 1 <= len(arguments) <= 2 or not re.fullmatch("[0-9A-Fa-f]{64}", (arguments + ["0" * 64])[1]):
        print("usage: verify_bundle.py BUNDLE [PUBLIC-KEY-IN-HEXADECIMAL]", file=sys.stderr)
        return 2
    try:
        return verify(*arguments)
    except OSError as error:
        print(f"usage: verify_bundle.py BUNDLE [PUBLIC-KEY-IN-HEXADECIMAL]\n{error}", file=sys.stderr)
        return 2
    except Doubt as doubt:
        print(f"{arguments[0]}: {doubt}", file=sys.stderr)
    except (ArithmeticError, LookupError, TypeError, ValueError, struct.error, zlib.error) as error:
        print(f"{arguments[0]}: a record is not as the format says: {error!r}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
