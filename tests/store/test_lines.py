"""Lines give what the driver gives, as of one moment, and outlive what befalls connections."""

from __future__ import annotations

import asyncio
import datetime as dt
import struct
from collections.abc import Awaitable, Callable
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Double, Engine, Integer, String, text

from geo.encode import Records
from geo.errors import StoreAway
from geo.store import db
from geo.store.lines import Lines, Slowly
from geo.store.prepared import Prepared, left_open
from geo.store.wire import MOST_PREPARED, Line
from tests.people.loops import in_a_loop_of_its_own

One = TypeVar("One")


@pytest.fixture(params=["as it comes", "by the driver"])
def asked(request: pytest.FixtureRequest, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that runs something over lines of the plain kind, and of the kind for encrypted connections."""
    if request.param == "by the driver":

        async def slowly(connection: Any) -> Slowly:
            return Slowly(connection)

        monkeypatch.setattr(Line, "over", slowly)

    def run(what: Callable[[Lines], Awaitable[One]], *, size: int = 2) -> One:
        async def within() -> One:
            lines = Lines(database_url, size=size)
            try:
                return await what(lines)
            finally:
                await lines.close()

        return in_a_loop_of_its_own(within)

    return run


def values(records: Records) -> list[list[bytes | None]]:
    """The values of rows as they were sent."""
    found, at, held = [], 0, records.buffer
    while at < len(held):
        assert held[at : at + 1] == b"D"
        end = at + 1 + int.from_bytes(held[at + 1 : at + 5], "big")
        at, row = at + 7, list[bytes | None]()
        while at < end:
            length = int.from_bytes(held[at : at + 4], "big", signed=True)
            row.append(None if length < 0 else held[at + 4 : at + 4 + length])
            at += 4 + max(length, 0)
        found.append(row)
    return found


def plain(sql: str, *parameters: Any) -> Prepared:
    return Prepared(sql=sql, parameters=parameters)


def test_values_of_every_kind_come_as_the_driver_would_have_them(asked: Any, database_url: str) -> None:
    sql = (
        "SELECT 1::int8, 2::int4, 3::int2, 1.5::float8, 1.25::float4, true, 'ชุมชน'::text, 12.50::numeric, "
        "'2026-11-21'::date, '2026-11-21 10:00+07'::timestamptz, NULL::text, '\\x00ff5a'::bytea, '{a,b}'::text[], "
        "ST_MakePoint(1, 2, 3), 'x'::varchar, '{\"a\": 1}'::jsonb"
    )
    (found,) = asked(lambda lines: lines.ask([(plain(sql), {})]))
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        cursor = connection.cursor(binary=True).execute(sql)
        told = cursor.pgresult
        assert told is not None
        width = range(told.nfields)
        assert values(found) == [[told.get_value(0, column) for column in width]]
        assert [number % 2**32 for number in found.types.tolist()] == [told.ftype(column) for column in width]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(-(2**63), 2**63 - 1), small=st.integers(-(2**31), 2**31 - 1),
    real=st.floats(allow_nan=False), word=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
)  # fmt: skip
def test_parameters_arrive_as_they_are(number: int, small: int, real: float, word: str, asked: Any) -> None:
    fixed = [word, number, None, [word, "ก"], dt.date(2026, 1, 2), Decimal("1.50"), b"\x00\xff", True]
    sql = (
        "SELECT $1::int8 = $5::int8, $2::int4, $3::float8, $4::text = $6::text, $7::text IS NULL, $8::text[], "
        "$9::date, $10::numeric::text, $11::bytea, $12::bool"
    )
    left = (
        left_open("number", BigInteger()), left_open("small", Integer()), left_open("real", Double()),
        left_open("word", String()),
    )  # fmt: skip
    statement = plain(sql, *left, fixed[1], fixed[0], *fixed[2:])
    given_now = {"number": number, "small": small, "real": real, "word": word}
    (found,) = asked(lambda lines: lines.ask([(statement, given_now)]))
    (row,) = values(found)
    same, four, eight, is_same, is_null, words, day, price, raw, yes = (one or b"" for one in row)
    assert (same, is_same, is_null, yes) == (b"\1", b"\1", b"\1", b"\1")
    assert int.from_bytes(four, "big", signed=True) == small
    assert eight == struct.pack("!d", real)
    assert word.encode() in words
    assert (int.from_bytes(day, "big"), price, raw) == (9498, b"1.50", b"\x00\xff")


def test_a_crowd_gets_each_its_own_answer(asked: Any) -> None:
    statement = plain("SELECT $1::int8, repeat('x', ($1 % 300)::int * 997)", left_open("n", BigInteger()))

    async def crowd(lines: Lines) -> list[list[Records]]:
        return await asyncio.gather(*(lines.ask([(statement, {"n": n})]) for n in range(200)))

    for n, (found,) in enumerate(asked(crowd)):
        ((number, word),) = values(found)
        assert int.from_bytes(number or b"", "big") == n
        assert word == b"x" * (n % 300 * 997)


def test_many_rows_and_none(asked: Any) -> None:
    many = plain("SELECT n, repeat('Z', n % 7) || 'I' FROM generate_series(1, 20000) AS n")
    none, one = plain("SELECT 1 WHERE false"), plain("SELECT 'Z'::text")
    found = asked(lambda lines: lines.ask([(none, {}), (many, {}), (one, {})]))
    assert values(found[0]) == []
    rows = values(found[1])
    assert len(rows) == 20_000
    assert rows[13] == [(14).to_bytes(4, "big"), b"I"]
    assert values(found[2]) == [[b"Z"]]


def test_what_is_asked_together_is_of_one_moment(asked: Any, engine: Engine) -> None:
    count = plain("SELECT count(*) FROM town_layer_moment")
    wait = plain("SELECT pg_sleep(0.4)::text")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE town_layer_moment (id int)"))

    async def meanwhile(lines: Lines) -> list[Records]:
        asking = asyncio.create_task(lines.ask([(count, {}), (wait, {}), (count, {})]))
        await asyncio.sleep(0.15)

        def insert() -> None:
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO town_layer_moment VALUES (1)"))

        await asyncio.to_thread(insert)
        return [*(await asking), *(await lines.ask([(count, {})]))]

    before, _, after, later = asked(meanwhile)
    assert values(before) == values(after)
    assert values(later) == [[(1).to_bytes(8, "big")]]


def test_nothing_can_be_written(asked: Any) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        asked(lambda lines: lines.ask([(plain("INSERT INTO parcel (change_id) VALUES (1)"), {})]))


def test_an_error_has_postgresqls_code_and_the_line_goes_on(asked: Any) -> None:
    wrong, divided = plain("SELECT nothing FROM nowhere"), plain("SELECT 1 / $1::int4", left_open("by", Integer()))

    async def one_after_the_other(lines: Lines) -> list[Any]:
        found: list[Any] = []
        for statement, given_now in ((wrong, {}), (divided, {"by": 0}), (divided, {"by": 1}), (divided, {"by": 0})):
            try:
                found.append(values((await lines.ask([(statement, given_now)]))[0]))
            except psycopg.Error as error:
                found.append(error.sqlstate)
        return found

    assert asked(one_after_the_other, size=1) == ["42P01", "22012", [[(1).to_bytes(4, "big")]], "22012"]


def test_a_connection_that_was_ended_costs_nobody_an_answer(asked: Any, engine: Engine) -> None:
    ours = plain("SELECT pg_backend_pid()")

    async def across(lines: Lines) -> list[int]:
        found = []
        for _ in range(3):
            ((number,),) = values((await lines.ask([(ours, {})]))[0])
            found.append(int.from_bytes(number or b"", "big"))

            def end(process: int = found[-1]) -> None:
                with engine.connect() as connection:
                    connection.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})

            await asyncio.to_thread(end)
        return found

    assert len(set(asked(across))) == 3


def test_a_statement_that_takes_too_long_is_ended_by_the_server(asked: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shortly = db.READ_ONLY.replace(f"statement_timeout={db.READ_SECONDS * 1000}", "statement_timeout=200")
    assert shortly != db.READ_ONLY
    monkeypatch.setattr(db, "READ_ONLY", shortly)
    with pytest.raises(StoreAway):
        asked(lambda lines: lines.ask([(plain("SELECT pg_sleep(10)::text"), {})]))


def test_a_table_that_changed_under_a_prepared_statement_is_asked_anew(asked: Any, engine: Engine) -> None:
    whole = plain("SELECT * FROM town_layer_changing")
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE town_layer_changing AS SELECT 1::int8 AS id"))

    async def before_and_after(lines: Lines) -> list[int]:
        found = [len(values((await lines.ask([(whole, {})]))[0])[0])]

        def change() -> None:
            with engine.begin() as connection:
                connection.execute(text("ALTER TABLE town_layer_changing ADD COLUMN name text DEFAULT 'ก'"))

        await asyncio.to_thread(change)
        return [*found, len(values((await lines.ask([(whole, {})]))[0])[0])]

    assert asked(before_and_after) == [1, 2]


def test_more_statements_than_a_connection_keeps(asked: Any) -> None:
    several = [plain(f"SELECT {n}::int8") for n in range(MOST_PREPARED + 20)]

    async def all_of_them(lines: Lines) -> list[Any]:
        return [values((await lines.ask([(one, {})]))[0]) for one in (*several, *several[:30])]

    expected = [[[n.to_bytes(8, "big")]] for n in (*range(len(several)), *range(30))]
    assert asked(all_of_them, size=1) == expected


def test_whoever_gives_up_leaves_nothing_of_their_answer_to_the_next(asked: Any) -> None:
    slow = plain("SELECT 'slow'::text FROM pg_sleep(0.3)")
    quick = plain("SELECT 'quick'::text")

    async def given_up(lines: Lines) -> Any:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await lines.ask([(slow, {})])
        return [values((await lines.ask([(quick, {})]))[0]) for _ in range(3)]

    assert asked(given_up, size=1) == [[[b"quick"]]] * 3


def test_a_notice_between_rows_is_no_row(asked: Any, engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "CREATE FUNCTION town_layer_tells(n int) RETURNS int LANGUAGE plpgsql AS "
                "$$ BEGIN IF n % 100 = 0 THEN RAISE WARNING 'ครบร้อย %', n; END IF; RETURN n; END $$"
            )
        )
    told = plain("SELECT town_layer_tells(n) FROM generate_series(1, 1000) AS n")
    (found,) = asked(lambda lines: lines.ask([(told, {})]))
    assert [int.from_bytes(number or b"", "big") for (number,) in values(found)] == [*range(1, 1001)]


def test_no_database_is_said_as_such() -> None:
    async def away() -> None:
        await Lines("postgresql+psycopg://atlas@127.0.0.1:9/atlas").ask([(plain("SELECT 1"), {})])

    with pytest.raises(StoreAway):
        in_a_loop_of_its_own(away)


def test_what_breaks_off_in_the_middle_is_an_end_and_no_answer() -> None:
    """A server that ends, or says what no server says, while it answers."""

    async def against(said: bytes) -> str:
        loop = asyncio.get_running_loop()

        class Connection:
            class pgconn:  # as the driver calls it
                @staticmethod
                def finish() -> None:
                    """Nothing is there to be closed."""

        class Transport(asyncio.Transport):
            def write(self, data: Any) -> None:
                loop.call_soon(line.data_received, said)
                loop.call_soon(line.connection_lost, None)

            def abort(self) -> None:
                """As above."""

        line = Line(Connection())  # type: ignore[arg-type]
        line._transport = Transport()
        try:
            await line.ask([(plain("SELECT 1"), {})])
        except psycopg.Error as error:
            return type(error).__name__
        return "an answer"

    done, ready = b"C\0\0\0\x0bSELECT\0", b"Z\0\0\0\5I"
    row = b"D\0\0\0\x0a\0\1\xff\xff\xff\xff"
    for told in (b"", row, row[:5], row + done, row + done + ready[:3], b"D\0\0\0\1", done + done + ready):
        assert in_a_loop_of_its_own(partial(against, told)) == "LineLost", told


def test_what_comes_besides_an_answer_may_come_in_pieces_and_while_nobody_asks() -> None:
    async def told() -> list[Any]:
        loop, held = asyncio.get_running_loop(), []

        class Transport(asyncio.Transport):
            def write(self, data: Any) -> None:
                held.append(data)

        line = Line(None)  # type: ignore[arg-type]  # it is not ended here
        line._transport = Transport()
        setting = b"S\0\0\0\x0cZ\0DDDDD\0"
        answer = b"T\0\0\0\6\0\0D\0\0\0\x0a\0\1\xff\xff\xff\xffC\0\0\0\x0dSELECT 1\0Z\0\0\0\5I"
        found = []
        statement = plain("SELECT 1")
        for cut in range(len(setting) + 1):
            loop.call_soon(line.data_received, answer + setting[:cut])
            found.append(values((await line.ask([(statement, {})]))[0]))
            line.data_received(setting[cut:])
        return found

    assert in_a_loop_of_its_own(told) == [[[None]]] * 14


def test_a_value_that_cannot_be_written_spoils_nothing_for_the_next(asked: Any) -> None:
    statement = plain("SELECT $1::int4", left_open("n", Integer()))

    async def both(lines: Lines) -> Any:
        with pytest.raises((struct.error, psycopg.Error)):
            await lines.ask([(statement, {"n": 2**40})])
        return values((await lines.ask([(statement, {"n": 7})]))[0])

    assert asked(both, size=1) == [[(7).to_bytes(4, "big")]]
