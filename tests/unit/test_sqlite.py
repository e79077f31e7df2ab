"""Opening, migrating and sharing one SQLite file."""

from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest

from roletrail.errors import SchemaMismatch, StoreUnavailable
from roletrail.resources import resource
from roletrail.sqlite import Database, Layout, Migration, migrations_in
from roletrail.stores.embedded.kept import Kept

ONE = Layout("notebook", 7, [Migration(1, "CREATE TABLE note (text TEXT);\n")])
TWO = ONE._replace(migrations=[*ONE.migrations, Migration(2, "ALTER TABLE note ADD COLUMN at INTEGER;\n")])


def test_the_file_and_its_wal_are_private(tmp_path: Path) -> None:
    database = Database(tmp_path / "deep" / "n.sqlite", ONE)
    with database.write() as connection:
        connection.execute("INSERT INTO note VALUES ('x')")
    files = sorted((tmp_path / "deep").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    database.close()


def test_migrations_run_once_each_and_keep_rows(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    first = Database(path, ONE)
    with first.write() as connection:
        connection.execute("INSERT INTO note VALUES ('x')")
    first.close()
    for _ in range(2):
        again = Database(path, TWO)
        assert again.read().execute("SELECT text, at FROM note").fetchall() == [("x", None)]
        again.close()


def test_a_newer_schema_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    Database(path, TWO).close()
    with pytest.raises(SchemaMismatch, match=r"has schema 2, but this Roletrail knows schemas up to 1\."):
        Database(path, ONE)


def test_a_failed_migration_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    Database(path, ONE).close()
    broken = ONE._replace(migrations=[*ONE.migrations, Migration(2, "CREATE TABLE other (x);\nCREATE TABLE note (x);\n")])
    with pytest.raises(StoreUnavailable):
        Database(path, broken)
    kept = Database(path, ONE)
    assert [row[0] for row in kept.read().execute("SELECT name FROM sqlite_schema")] == ["note"]
    kept.close()


@pytest.mark.parametrize("content", [b"this is no database, whatever its name says" * 50, b"\x00" * 4096])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "n.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=r"cannot be used|is not a Roletrail"):
        Database(path, ONE)


def test_a_foreign_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "n.sqlite"
    with closing(sqlite3.connect(path)) as foreign:
        foreign.execute("CREATE TABLE theirs (x)")
    with pytest.raises(StoreUnavailable, match="is not a Roletrail notebook"):
        Database(path, ONE)


def test_a_missing_store_is_not_made_by_a_reader(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="There is no notebook at"):
        Database(tmp_path / "n.sqlite", ONE, create=False)
    assert not list(tmp_path.iterdir())


def test_an_error_rolls_the_transaction_back(tmp_path: Path) -> None:
    database = Database(tmp_path / "n.sqlite", ONE)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute("INSERT INTO note VALUES ('x')")
        raise ZeroDivisionError
    assert database.read().execute("SELECT count(*) FROM note").fetchone() == (0,)
    database.close()


def test_each_thread_reads_on_its_own_connection_and_cannot_write(tmp_path: Path) -> None:
    database = Database(tmp_path / "n.sqlite", ONE)
    seen: list[sqlite3.Connection] = [database.read(), database.read()]
    thread = threading.Thread(target=lambda: seen.append(database.read()))
    thread.start()
    thread.join()
    assert seen[0] is seen[1] is not seen[2]
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        seen[0].execute("INSERT INTO note VALUES ('x')")
    database.close()


def _read_in_a_thread(database: Database, sql: str) -> sqlite3.Cursor:
    found: list[sqlite3.Cursor] = []
    thread = threading.Thread(target=lambda: found.append(database.read().execute(sql)))
    thread.start()
    thread.join()
    return found[0]


def test_threads_that_ended_leave_their_connections_to_the_next(tmp_path: Path) -> None:
    database = Database(tmp_path / "n.sqlite", ONE)
    mine = database.read()
    used = [_read_in_a_thread(database, "SELECT 1").connection for _ in range(3)]
    assert used[0] is used[1] is used[2] is not mine
    database.close()


def test_who_reads_on_after_its_thread_has_ended_keeps_its_connection(tmp_path: Path) -> None:
    """A download goes from one thread of the server to the next."""
    database = Database(tmp_path / "n.sqlite", ONE)
    download = _read_in_a_thread(database, "BEGIN").connection
    other = _read_in_a_thread(database, "SELECT 1").connection
    assert other is not download
    download.execute("ROLLBACK")
    assert _read_in_a_thread(database, "SELECT 1").connection is download
    database.close()


def test_a_snapshot_sees_one_state(tmp_path: Path) -> None:
    database = Database(tmp_path / "n.sqlite", ONE)
    with database.snapshot() as reader:
        before = reader.execute("SELECT count(*) FROM note").fetchone()
        with database.write() as writer:
            writer.execute("INSERT INTO note VALUES ('x')")
        assert reader.execute("SELECT count(*) FROM note").fetchone() == before == (0,)
    assert database.read().execute("SELECT count(*) FROM note").fetchone() == (1,)
    database.close()


def test_numbered_scripts_are_read_in_order(tmp_path: Path) -> None:
    for name in ("0002_b.sql", "0001_a.sql", "notes.txt"):
        (tmp_path / name).write_text(name)
    assert [migration.number for migration in migrations_in(tmp_path)] == [1, 2]


def test_resources_are_found_in_a_checkout() -> None:
    assert resource("graph_schema").is_dir()


def test_a_new_file_may_be_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite's own timeout does not cover the change to WAL: two loads that made one store at once failed now and then."""
    for n in range(10):
        gate, opened = threading.Barrier(8), []

        def enter(path: Path = tmp_path / f"{n}.sqlite", gate: threading.Barrier = gate, opened: list[Database] = opened) -> None:
            gate.wait()
            opened.append(Database(path, ONE))

        threads = [threading.Thread(target=enter) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(opened) == 8
        for database in opened:
            database.close()


def test_what_is_kept_ends_with_any_commit_and_is_not_seen_in_a_snapshot(tmp_path: Path) -> None:
    def notes(connection: sqlite3.Connection) -> list[str]:
        asked.append(1)
        return [text for (text,) in connection.execute("SELECT text FROM note")]

    asked: list[int] = []
    with closing(Database(tmp_path / "n.sqlite", ONE)) as mine, closing(Database(tmp_path / "n.sqlite", ONE)) as other:
        kept = Kept(mine)
        for writer, so_far in ((mine, ["a"]), (other, ["a", "b"])):
            with writer.write() as connection:
                connection.execute("INSERT INTO note VALUES (?)", (so_far[-1],))
            assert kept.rows("notes", notes) == kept.rows("notes", notes) == so_far
        assert len(asked) == 2
        kept.rows("notes", notes).clear()  # the caller's own list
        assert kept.rows("notes", notes) == ["a", "b"]
        with mine.snapshot() as before:
            assert notes(before) == ["a", "b"]
            with other.write() as connection:
                connection.execute("INSERT INTO note VALUES ('c')")
            assert kept.rows("notes", notes) == ["a", "b"]
        assert kept.rows("notes", notes) == ["a", "b", "c"]
