"""One run, one table: ingest against the floor and against DuckDB SQL, on the same files with the same processes.

(a) floor   ingest's own gunzip and typed decode of every object, results thrown away
(b) ingest  `roletrail ingest` end to end into a fresh store and archive
(c) duckdb  DuckDB SQL doing the same extraction and aggregation in its fastest form; it does no linking and skips no doubles

Whole commands are timed, from start to end, interleaved, files warm. Ratios are of the same round.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import generate, truth
from tests.bench.measure import Measured, run
from tests.bench.stages import FLOOR, JUDGING

AIM_FLOOR, HOPE_FLOOR = 0.33, 0.5
AIM_DUCKDB, HOPE_DUCKDB = 1.1, 1.5
AIM_JUDGING = 0.10
MOST_MIB = 600
GROWN = 10
"""Times as many files, of the same size, for the look at memory."""


class Setting(NamedTuple):
    folder: Path
    asked: generate.Asked
    processes: int
    rounds: int

    @property
    def logs(self) -> Path:
        return self.folder / "logs" / "logs"


class Round(NamedTuple):
    floor: Measured
    ingest: Measured
    duckdb: Measured


# --- commands -----------------------------------------------------------------------------------------------------------


def floor(logs: Path, processes: int) -> Measured:
    return run([sys.executable, "-m", "tests.bench.floor", str(logs), str(processes)])


def ingest(logs: Sequence[Path], store: Path, processes: int) -> Measured:
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir(parents=True)
    command = [sys.executable, "-m", "roletrail", "ingest", "--json", "--workers", str(processes), "--store", _url(store)]
    return run([*command, *map(str, logs)])


def duckdb(logs: Path, target: Path, processes: int) -> Measured:
    shutil.rmtree(target, ignore_errors=True)
    return run([sys.executable, "-m", "tests.bench.duckdb_sql", str(logs), str(processes), str(target)])


def _url(store: Path) -> str:
    return f"sqlite:///{store.resolve() / 'roletrail.sqlite'}"


# --- what is measured -----------------------------------------------------------------------------------------------------


def compare(setting: Setting, records: int) -> dict[str, Any]:
    """The three side by side, round by round, each round in another order."""
    logs, work, processes = setting.logs, setting.folder, setting.processes
    commands: dict[str, Callable[[], Measured]] = {
        "floor": lambda: floor(logs, processes),
        "ingest": lambda: ingest([logs], work / "store", processes),
        "duckdb": lambda: duckdb(logs, work / "duckdb", processes),
    }
    floor(logs, processes)  # warms the files
    rounds = []
    for number in range(setting.rounds):
        names = list(commands)
        order = names[number % 3 :] + names[: number % 3]
        taken = {name: commands[name]() for name in order}
        rounds.append(Round(**taken))
    _print_comparison(rounds, records)
    to_floor = [one.floor.wall / one.ingest.wall for one in rounds]
    to_duckdb = [one.duckdb.wall / one.ingest.wall for one in rounds]
    _print_ratio("a/b  floor / ingest", to_floor, AIM_FLOOR, HOPE_FLOOR)
    _print_ratio("c/b  duckdb / ingest", to_duckdb, AIM_DUCKDB, HOPE_DUCKDB)
    by_cpu = statistics.median(one.floor.cpu / one.ingest.cpu for one in rounds)
    print(f"by CPU time: a/b {by_cpu:.2f}, c/b {statistics.median(one.duckdb.cpu / one.ingest.cpu for one in rounds):.2f}")
    peaks = max(rounds, key=lambda one: one.ingest.peaks[:1]).ingest.peaks
    _print_peaks(peaks)
    return {
        "wall": {name: [getattr(one, name).wall for one in rounds] for name in Round._fields},
        "cpu": {name: [getattr(one, name).cpu for one in rounds] for name in Round._fields},
        "floor_to_ingest": statistics.median(to_floor),
        "duckdb_to_ingest": statistics.median(to_duckdb),
        "peaks_mib": peaks,
    }


def check_truth(setting: Setting, store: Path, label: str) -> dict[str, int]:
    verdict = truth.check(_url(store), setting.folder / "logs" / "truth.jsonl")
    print(
        f"truth ({label}): {verdict.sessions:,} sessions; {verdict.missing} missing, wrong: {verdict.wrong_parent} parent, "
        f"{verdict.wrong_root} root, {verdict.wrong_depth} depth, {verdict.wrong_sessions} sessions"
    )
    return truth.as_dict(verdict)


def twice(setting: Setting, once: float, records: int) -> dict[str, Any]:
    """Every event delivered by a second trail as well."""
    again = setting.folder / "again"
    shutil.rmtree(again, ignore_errors=True)
    shutil.copytree(setting.logs, again, copy_function=os.link)
    both = ingest([setting.logs, again], setting.folder / "store-twice", setting.processes)
    summary = json.loads(both.out)
    print(
        f"every event twice: {both.wall:.2f} s, {both.wall / once:.2f} of once; {2 * records / both.wall:,.0f} records/s; "
        f"{summary['taken']:,} taken, {summary['doubles']:,} doubles; largest process {both.peaks[0]} MiB"
    )
    verdict = check_truth(setting, setting.folder / "store-twice", "twice")
    shutil.rmtree(again)
    shutil.rmtree(setting.folder / "store-twice")
    return {
        "wall": both.wall,
        "to_once": both.wall / once,
        "taken": summary["taken"],
        "doubles": summary["doubles"],
        "truth": verdict,
    }


def stages(setting: Setting) -> dict[str, float]:
    store = setting.folder / "store-stages"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir()
    spent: dict[str, float] = json.loads(run([sys.executable, "-m", "tests.bench.stages", str(setting.logs), _url(store)]).out)
    total = sum(spent.values())
    print(f"where the time goes (one process, {total:.1f} s of CPU)")
    for stage, seconds in spent.items():
        print(f"  {stage:<16} {seconds:8.2f} s {seconds / total:6.1%}")
    reached = "aim reached" if spent[JUDGING] / total <= AIM_JUDGING else "ABOVE THE AIM"
    print(f"judging: {spent[JUDGING]:.2f} s, {spent[JUDGING] / total:.1%} of the ingest (aim {AIM_JUDGING:.0%}: {reached})")
    least = sum(spent[stage] for stage in FLOOR)
    print(f"a/b of this process: {least / total:.2f}, and {least / (total - spent[JUDGING]):.2f} without judging")
    shutil.rmtree(store)
    return spent


def flat(setting: Setting, before: Sequence[int]) -> dict[str, Any]:
    """The same files ten times over: no process may grow with their number."""
    asked = setting.asked._replace(events=setting.asked.events * GROWN, files=setting.asked.files * GROWN)
    folder = setting.folder / "grown"
    manifest = generate.generate(folder, asked)
    taken = ingest([folder / "logs"], setting.folder / "store-grown", setting.processes)
    rate = manifest["records"] / taken.wall
    print(f"{manifest['files']:,} files, {manifest['records']:,} events: {taken.wall:.1f} s, {rate:,.0f} events/s")
    _print_peaks(taken.peaks)
    print(f"  largest process: {taken.peaks[0] / before[0]:.2f} of what it was with a tenth of the files")
    shutil.rmtree(setting.folder / "store-grown")
    return {"files": manifest["files"], "wall": taken.wall, "peaks_mib": taken.peaks, "to_tenth": taken.peaks[0] / before[0]}


def other(module: str, *arguments: str) -> str:
    """Another benchmark's own words."""
    print(f"\n$ python -m tests.bench.{module} {' '.join(arguments)}", flush=True)
    told = run([sys.executable, "-m", f"tests.bench.{module}", *arguments], check=False)
    print(told.out.rstrip())
    if told.code:
        print(f"{module} ended with {told.code}: it missed an aim, or failed")
    return told.out


# --- printing ---------------------------------------------------------------------------------------------------------------


def _print_comparison(rounds: Sequence[Round], records: int) -> None:
    print(f"{'':<10}{'wall s':>9}{'min':>8}{'max':>8}{'CPU s':>9}{'events/s':>12}{'largest process':>18}")
    for name in Round._fields:
        taken: list[Measured] = [getattr(one, name) for one in rounds]
        wall = statistics.median(one.wall for one in taken)
        cpu = statistics.median(one.cpu for one in taken)
        peak = max(one.peaks[0] for one in taken)
        low, high = min(one.wall for one in taken), max(one.wall for one in taken)
        print(f"{name:<10}{wall:>9.2f}{low:>8.2f}{high:>8.2f}{cpu:>9.2f}{records / wall:>12,.0f}{peak:>14} MiB")


def _print_ratio(name: str, ratios: Sequence[float], aim: float, hope: float) -> None:
    found = statistics.median(ratios)
    reached = "hope reached" if found >= hope else "aim reached" if found >= aim else "BELOW THE AIM"
    print(f"{name:<22}{found:6.2f}  ({min(ratios):.2f}-{max(ratios):.2f}; aim {aim}, hope {hope}: {reached})")


def _print_peaks(peaks: Sequence[int]) -> None:
    verdict = "" if max(peaks) < MOST_MIB else f"  ABOVE {MOST_MIB}"
    print(f"  ingest's processes at their peak: {', '.join(map(str, peaks))} MiB{verdict}")


# --- the run ------------------------------------------------------------------------------------------------------------------


def main() -> int:
    given = _arguments()
    asked = generate.Asked(given.events, given.files, given.issuance, generate.SEED)
    setting = Setting(given.dir.resolve() / f"{given.events}", asked, given.processes, given.rounds)
    setting.folder.mkdir(parents=True, exist_ok=True)
    manifest = generate.generate(setting.folder / "logs", asked)
    records = manifest["records"] + manifest["doubles"]
    print(
        f"{manifest['records']:,} events and {manifest['doubles']:,} doubles in {manifest['files']:,} files, "
        f"{manifest['raw'] / 1e6:,.0f} MB raw, {manifest['gz'] / 1e6:,.0f} MB gzip; {manifest['sessions']:,} sessions; "
        f"{given.processes} processes\n"
    )
    results: dict[str, Any] = {"manifest": manifest, "compare": compare(setting, records)}
    results["truth"] = check_truth(setting, setting.folder / "store", "once")
    once = statistics.median(results["compare"]["wall"]["ingest"])
    results["twice"] = twice(setting, once, records)
    results["stages"] = stages(setting)
    if given.flat:
        results["flat"] = flat(setting, results["compare"]["peaks_mib"])
    if given.stores:
        results["store"] = other("store_scale", "--sessions", *map(str, given.stores))
    if given.neo4j:
        sizes = map(str, given.stores or ())
        asked_for = ("--dir", str(given.dir), "--events", str(given.events), "--files", str(given.files), "--sessions", *sizes)
        results["neo4j"] = other("neo4j_scale", *asked_for)
    if given.rows:
        results["archive"] = other("archive_page", "--rows", str(given.rows))
    (setting.folder / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    wrong = any(
        count
        for verdict in (results["truth"], results["twice"]["truth"])
        for name, count in verdict.items()
        if name != "sessions"
    )
    return int(wrong)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--dir", type=Path, default=Path(".cache/bench"), help="where logs and stores lie; logs are kept and used again"
    )
    parser.add_argument("--quick", action="store_true", help="100,000 events, smaller stores, no look at ten times the files")
    parser.add_argument("--events", type=int)
    parser.add_argument("--files", type=int)
    parser.add_argument("--issuance", type=float, default=generate.ISSUANCE)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--flat", action=argparse.BooleanOptionalAction, help="ten times the files")
    parser.add_argument("--stores", type=int, nargs="*", help="sessions of the two stores to ask; none: leave out")
    parser.add_argument(
        "--neo4j", action=argparse.BooleanOptionalAction, default=True, help="a Neo4j server beside the embedded store"
    )
    parser.add_argument("--rows", type=int, help="rows of the archive to page through; 0: leave out")
    given = parser.parse_args()
    full: dict[str, Any] = {
        "events": generate.EVENTS,
        "files": generate.FILES,
        "flat": True,
        "stores": [100_000, 1_000_000],
        "rows": 10_000_000,
    }
    quick: dict[str, Any] = {"events": 100_000, "files": 70, "flat": False, "stores": [10_000, 100_000], "rows": 500_000}
    for name, value in (quick if given.quick else full).items():
        if getattr(given, name) is None:
            setattr(given, name, value)
    return given


if __name__ == "__main__":
    sys.exit(main())
