"""Two Anki clients of one account, told what to do line by line: {"do": "up", "n": 50} -> {"ms": ...}."""

import json
import sys
import time
from pathlib import Path

from anki.collection import Collection
from anki.sync import SyncAuth  # noqa: F401 (a clear failure when the library is another one)

folder, endpoint = Path(sys.argv[1]), sys.argv[2]
up = Collection(str(folder / "up.anki2"))
down = Collection(str(folder / "down.anki2"))
auth = up.sync_login("bench", "bench", endpoint)
made = 0


def full(collection, upload):
    out = collection.sync_collection(auth, False)
    if out.required in (out.NO_CHANGES, out.NORMAL_SYNC):
        return
    collection.close_for_full_sync()
    collection.full_upload_or_download(auth=auth, server_usn=None, upload=upload)
    collection.reopen(after_full_sync=True)


def make(n):
    global made
    kind = up.models.by_name("Basic")
    deck = up.decks.id("Default")
    for _ in range(n):
        note = up.new_note(kind)
        note["Front"] = f"01930000-0000-7000-8000-{made:012x}"
        note["Back"] = "x" * 350
        up.add_note(note, deck)
        made += 1


def timed(work):
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) * 1000


def download():
    fresh = Collection(str(folder / f"fresh{made}-{time.monotonic_ns()}.anki2"))
    ms = timed(lambda: full(fresh, False))
    fresh.close()
    return ms


make(1)
full(up, True)
full(down, False)
for line in sys.stdin:
    asked = json.loads(line)
    what, n = asked["do"], asked["n"]
    if what == "up":
        make(n)
        ms = timed(lambda: up.sync_collection(auth, False))
    elif what == "down":
        ms = timed(lambda: down.sync_collection(auth, False))
    elif what == "empty":
        ms = timed(lambda: up.sync_collection(auth, False))
    elif what == "fill":
        make(n)
        ms = timed(lambda: up.sync_collection(auth, False))
    else:
        ms = download()
    print(json.dumps({"ms": ms}), flush=True)
