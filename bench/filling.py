"""How fast the sandbox is filled: a plan of 1,000 to 10,000 cases, and a cycle of them."""

from __future__ import annotations

import json
from pathlib import Path

from bench.servers import FOLDER, Database, beside, run_beside
from bench.table import Figures, Row

GROWTH_BOUND = 2.0
FILLED_BOUND_S = 60.0
THOUSAND = 1_000
CASES = 10_000
CLIENT = str(Path(__file__).with_name("filling_client.py"))


def measure(version: str, *, quick: bool) -> Figures:
    """Time each POST of a case; with `quick` of 2,000."""
    count = 2 * THOUSAND if quick else CASES
    database, ids = Database("empty", count, is_built=False), FOLDER / "case_ids.json"
    ids.write_text(json.dumps(database.case_ids), encoding="ascii")
    command = beside(version, database.fresh(), "python", CLIENT)
    printed = run_beside(command, mark="filled:", environ={"CASE_IDS": str(ids)})
    each_s, created_s, read_s = json.loads(printed)
    first, last = sum(each_s[:THOUSAND]), sum(each_s[-THOUSAND:])
    title, how = f"a plan of {count:,} cases", "filled"
    bound_s = FILLED_BOUND_S if count == CASES else None
    return Figures(
        [
            Row(f"{title}, filled", sum(each_s), "{:.1f} s", how, bound_s),
            Row("a POST of the first thousand", first, "{:.2f} ms", how),
            Row("a POST of the last thousand", last, "{:.2f} ms", how),
            Row("the last thousand beside the first", last / first, "{:.2f} x", how, GROWTH_BOUND),
            Row(f"a cycle of {count:,} runs, created", created_s, "{:.1f} s", how),
            Row("its runs, read page by page", read_s, "{:.1f} s", how),
        ],
        {how: command},
    )
