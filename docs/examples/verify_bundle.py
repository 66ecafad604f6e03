#!/usr/bin/env python3
"""Recomputes RTO, RPO and their verdicts from a bundle, knowing docs/evidence-format.md and docs/measurement.md only.

    verify_bundle.py BUNDLE [PUBLIC-KEY-IN-HEXADECIMAL]

Standard library, and the openssl program for the signature. For drills whose service went away at most once and whose time
counts from the onset. Exit: 0 chain and signature hold and the report says what the records say; 1 not; 2 wrong usage.
"""
import hashlib
import itertools
import json
import os
import struct
import subprocess
import sys
import tempfile
import types
import zlib

INFINITE, TIMEOUTS, BLOCKED, NOT_SENT, STOPPED = float("inf"), (3, 5), 11, 12, 14


def require(condition, message):
    if not condition:
        sys.exit(f"{sys.argv[1]}: {message}")


def records_of(data):  # evidence-format.md §1
    """Every record's content by its name, and the digest that the seal signs."""
    found, at, chain = {}, 48, hashlib.sha256(data[:16]).digest()
    require(data[:10] == b"\x89MUSTER\n\x01\x00" and data[16:48] == chain, "no bundle, or one of another version")
    while "seal" not in found:
        require(at + 24 <= len(data), f"it was cut short behind record {len(found)}")
        index, name_size, encoding, stored, _ = struct.unpack_from("<IHHQQ", data, at)
        begin, end = at + 24 + name_size, at + 24 + name_size + stored
        name, signed = data[at + 24:begin].decode(errors="replace"), chain
        chain = hashlib.sha256(chain + data[at:end]).digest()
        require(chain == data[end:end + 32] and index == len(found) + 1 and name not in found,
                f"record {len(found) + 1} ({name}) was changed")
        found[name] = zlib.decompress(data[begin:end]) if encoding else data[begin:end]
        at = end + 32
    require(at == len(data), "something stands behind the seal")
    return found, signed


def check_signature(seal, digest, trusted):
    require(trusted in (None, seal["publicKey"]), "it was signed by another key")
    with tempfile.TemporaryDirectory() as folder:
        for name, content in (("key", bytes.fromhex("302a300506032b6570032100" + seal["publicKey"])),
                              ("text", b"muster-evidence-1\n" + digest), ("signature", bytes.fromhex(seal["signature"]))):
            with open(os.path.join(folder, name), "wb") as file:
                file.write(content)
        command = "openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature"
        done = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
    require(done.returncode == 0, "the signature does not hold")


def columns_of(content, count):  # evidence-format.md §4
    numbers, value, shift = [], 0, 0
    for byte in content:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append(value)
            value = shift = 0
    require(len(numbers) == 1 + numbers[0] * count, "a table that is none")
    return [numbers[1 + i * numbers[0]:1 + (i + 1) * numbers[0]] for i in range(count)]


def signed_of(value):
    return (value >> 1) ^ -(value & 1)


def running(column, total=0):
    return [total := total + signed_of(value) for value in column]


def operations_of(stream, content):
    seq, state, cause, due, invoked, completed = columns_of(content, 10)[:6]
    for n, s, why, at, begun, ended in zip(running(seq), state, cause, running(due), invoked, completed):
        begun = at if s & 8 else at + signed_of(begun)
        yield types.SimpleNamespace(stream=stream, seq=n, ok=s & 3 == 0, cause=why, due=at, inv=begun, sent=not s & 8,
                                    comp=INFINITE if s & 16 else begun + signed_of(ended))


def silences_of(streams):  # measurement.md §7
    life = sorted(at for s in streams for op in s.ops if op.cause != NOT_SENT
                  for at in ((op.inv, op.comp) if op.sent else (op.comp,)) if at != INFINITE)
    tables = [(min(op.due for op in s.ops), max(op.due for op in s.ops), s.interval) for s in streams if s.ops and s.interval]
    return [(a, b) for a, b in zip(life, life[1:])
            if any(first <= a and b <= last and b - a > 2 * every for first, last, every in tables)]


def is_good(op, stream, silences):  # measurement.md §1; None: it says nothing
    blocked = op.cause == BLOCKED
    if op.comp == INFINITE or op.cause == NOT_SENT or not (op.sent or blocked):
        return False if blocked else None
    if op.ok and op.comp - op.due <= stream.deadline:
        return True
    if not op.ok and op.cause not in (*TIMEOUTS, STOPPED, BLOCKED):
        return False
    since = op.due - (-(-stream.deadline // stream.interval) + 1) * stream.interval * blocked
    silent = sum(max(0, min(op.comp, b) - max(since, a)) for a, b in silences)
    late = op.comp - since - silent >= stream.deadline + op.ok
    return False if late or not (silent or op.cause == STOPPED) else None


def rto_of(ops, stream, hold, fault, until):  # measurement.md §2
    """Bounds of the service's outage, of the users', and of the moment at which it began."""
    def was_hit(op):
        return not op.good and (op.inv >= fault or (op.comp >= fault and fault - op.inv <= stream.deadline))

    def held(good):
        bad = next((op for op in watched[good:] if not op.good), None)
        return bad.inv - watched[good].inv > hold if bad else watched[-1].inv + stream.interval - watched[good].inv >= hold

    watched = [op for op in ops if op.inv < until]
    first = next((i for i, op in enumerate(watched) if was_hit(op)), None)
    before_fault = reversed([op for op in ops[:first] if op.inv < fault])
    steady = list(itertools.takewhile(lambda op: op.good, before_fault))
    if first is None:
        begun = [op.inv for op in ops if op.inv >= steady[-1].inv] if steady else []
        gap = max((b - a for a, b in zip(begun, begun[1:]) if a <= until), default=0)
        return (0, gap + stream.deadline), (0, gap), (fault, fault)
    back = next((i for i in range(first + 1, len(watched))
                 if watched[i].good and not watched[i - 1].good and held(i)), None)
    require(back is None or all(op.good for op in watched[back:]),
            "the service went away again, which this program does not judge")
    bad = [op for op in watched[first:back] if not op.good]
    before = watched[first - 1] if first and watched[first - 1].good else None
    early = (before or bad[0]).inv
    delta = slowest = max((op.comp - op.due for op in steady), default=0)
    users = service = INFINITE
    if back is not None:
        end = watched[back].inv + hold
        slowest = max([slowest] + [op.comp - op.due for op in watched[back:] if op.good and op.inv <= end])
        if before:
            users, service = watched[back].inv - early, watched[back].comp - early
    away_by = min([bad[0].comp] + [op.inv + delta for op in bad[1:2]])
    away_by = bad[-1].inv if away_by == INFINITE else away_by
    away_until = bad[-1].inv
    if bad[-1].cause == BLOCKED:
        away_until = max([bad[max(0, len(bad) - 2)].inv - slowest] + [op.inv for op in bad[:-1] if op.cause != BLOCKED])
    return (max(0, away_until - away_by), service), (bad[-1].inv - bad[0].inv, users), (early, away_by)


def lost_of(found, writes, reads):  # measurement.md §4
    """The acknowledged writes that no whole read of the survivors has, and whether the reads prove it; None: no such read."""
    whole = {read["which"]: number for number, read in enumerate(reads) if read["complete"] and read["which"] != "OldPrimary"}
    tables = [columns_of(found[f"rows/{number}"], 3) for number in whole.values()]
    kept = {row[:2] for ids, seqs, intact in tables for row in zip(running(ids), running(seqs), intact) if row[2]}
    last = max((op.comp for op in writes if op.ok), default=0)
    proven = writes and len(whole) == 2 and all(reads[number]["began"] >= last for number in whole.values())
    return [op for op in writes if op.ok and (op.stream, op.seq) not in kept] if whole else None, proven


def agrees(name, service, users, told, objective, proven=True):
    """Prints what the records say and whether the report says the same."""
    verdict = "no objective" if objective is None else "Inconclusive"
    if service and proven and objective is not None:
        zero = name == "RPO" and objective == 0
        verdict = ("Met" if service[1] <= objective * 10**9 else
                   "Missed" if users[0] > objective * 10**9 or zero else verdict)
    # Invalid: the drill, or its instrument; the bounds stand all the same. Without an objective a report before version 4 has
    # the verdict of one that was not measured.
    same = told["verdict"] in ((None, "Inconclusive", "Invalid") if objective is None else (verdict, "Invalid"))
    for key, bounds in (("service", service), ("userVisible", users)):
        said = told.get(key) and [told[key][end] for end in ("lowerSeconds", "upperSeconds")]
        same = same and (bounds is None) == (said is None) and all(
            mine == INFINITE if other is None else abs(mine / 1e9 - other) < 1e-9
            for mine, other in zip(bounds or (), said or ()))
    text = " to ".join(f"{bound / 1e9:.6f} s" for bound in service or ()) or "not measured"
    print(f"{name}: {text}, {verdict}; the report {'agrees' if same else f'does NOT agree: {told}'}")
    return same


def main(path, trusted=None):
    with open(path, "rb") as file:
        found, digest = records_of(file.read())
    about = {name[:-5]: json.loads(found[name]) for name in found if name.endswith(".json")}
    check_signature(seal := json.loads(found["seal"]), digest, trusted)
    print(f"signed by key {seal['keyId']}, {'as asked for' if trusted else 'whoever that is: no key was given'}")
    spec, report, fault = about["plan"]["document"]["spec"], about["report"], about["timeline"]["moments"]["faultBegun"]
    streams = [types.SimpleNamespace(**stream) for stream in about["streams"]["streams"]]
    for stream in streams:
        stream.ops = list(operations_of(stream.id, found.get(f"operations/{stream.id}", b"\0")))
    service = users = rpo = None
    decides = next((s for s in streams if s.name == report["rto"]["decidedBy"] and s.ops), None)
    require(report["rto"]["zeroPoint"] == "Onset", "its time counts from another moment, which this program does not judge")
    onset = (fault, fault)
    lost, proven = lost_of(found, [op for s in streams if s.kind == "Ledger" for op in s.ops], about["reads"])
    if fault is not None and decides:
        silences, hold = silences_of(streams), spec.get("timing", {}).get("holdSeconds", 10) * 10**9
        for op in decides.ops:
            op.good = is_good(op, decides, silences)
        ops = sorted((op for op in decides.ops if op.good is not None), key=lambda op: (op.inv, op.comp))
        until = about["timeline"]["phases"].get("Failback", INFINITE)
        service, users, onset = rto_of(ops, decides, hold, fault, until)
    if fault is not None and lost is not None:
        rpo = (max(0, max([onset[0]] + [op.inv for op in lost]) - min(op.comp for op in lost)),
               max([onset[1]] + [op.comp for op in lost]) - min(op.inv for op in lost)) if lost else (0, 0)
    has_ledger = any("postgres" in probe for probe in spec["probes"])
    same = [agrees("RTO", service, users, report["rto"], spec["objectives"].get("rtoSeconds")),
            agrees("RPO", rpo, rpo, report["rpo"], spec["objectives"].get("rpoSeconds") if has_ledger else None, proven)]
    count = None if lost is None else len(lost)
    print(f"lost writes: {count}, the report says {report.get('rpoRecords')}")
    return 0 if all(same) and count == report.get("rpoRecords") else 1


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(*sys.argv[1:]))
