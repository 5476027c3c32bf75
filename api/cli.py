"""The command line: `atlas …`. It tells in Thai and English, and ends with 1 where something could not be done."""

from __future__ import annotations

import contextlib
import datetime as dt
import gc
import getpass
import json
import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.table import Table
from sqlalchemy import Engine

from api.cli_doctor import checked, doctor
from api.cli_duties import consent_app, duties, retention
from api.cli_editions import edition_app
from api.cli_layers import layer_app
from api.cli_people import grant_app, print_demo_accounts, token_app, user_app
from api.cli_tax import tax_app
from api.layers import layer_in, layers_in
from api.people.demo import close_demo_accounts, renew_demo_accounts
from api.settings import Settings
from geo.errors import AtlasError, RefusedImport, SetupMissing
from geo.layer import Audience
from geo.store.cluster import private_cluster
from geo.store.db import session_of, writing_engine
from geo.store.migrate import migrate
from geo.store.people import has_real_steward
from geo.store.tables import DEMO
from geo.store.tokens import has_token, make_token
from layers import LAYERS

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="ชุมชนแอตลาส · Chumchon Atlas",
)
console = Console(highlight=False)
worried = Console(stderr=True, highlight=False)


def main() -> None:
    """Run a command; a failure of ours is told in two languages and never as a stack trace."""
    try:
        app()
    except RefusedImport as error:
        _tell(error)
        for problem in (one for one in error.problems[:20] if one.told != error.told):
            where = f"[{problem.row}] " if problem.row else ""
            worried.print(f"  • {where}{problem.told.th}\n    {problem.told.en}", markup=False, soft_wrap=True)
        for choice in error.choices:
            worried.print(f"  → {choice.th}\n    {choice.en}", markup=False, soft_wrap=True)
        sys.exit(1)
    except AtlasError as error:
        _tell(error)
        sys.exit(1)


def _tell(error: AtlasError) -> None:
    worried.print(f"[bold red]✗[/] {escape(error.told.th)}\n  {escape(error.told.en)}", soft_wrap=True)


@contextlib.contextmanager
def town(settings: Settings) -> Iterator[str]:
    """The URL of the town's database, migrated: ATLAS_DATABASE_URL, or the private cluster of ATLAS_HOME."""
    if settings.database_url:
        migrate(settings.database_url, LAYERS)
        yield settings.database_url
        return
    with private_cluster(settings.home) as cluster:
        migrate(cluster.url, LAYERS)
        yield cluster.url


@contextlib.contextmanager
def writing(settings: Settings) -> Iterator[Engine]:
    """A writing engine on the town's database."""
    with town(settings) as url:
        engine = writing_engine(url)
        try:
            yield engine
        finally:
            engine.dispose()


@contextlib.contextmanager
def progress_bar(what: str) -> Iterator[Callable[[int, int | None], None]]:
    """A bar on the terminal; the function it gives takes (done, in all or None)."""
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        console=worried, transient=True, disable=not sys.stderr.isatty(),
    )  # fmt: skip
    with bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def who() -> str:
    """The person at the command line, as history names them."""
    return f"{getpass.getuser()}@cli"


def now() -> dt.datetime:
    """This moment; commands hand it down."""
    return dt.datetime.now(dt.UTC)


@app.command()
def up(
    demo: Annotated[
        bool | None, typer.Option("--demo/--no-demo", help="เมืองตัวอย่าง · the demo town (ATLAS_DEMO)")
    ] = None,
) -> None:
    """เตรียมฐานข้อมูลแล้วเปิดเซิร์ฟเวอร์ · Make everything ready, then serve."""
    if demo is not None:
        # The workers are processes of their own and read the environment too.
        os.environ["ATLAS_DEMO"] = "1" if demo else "0"
    settings = Settings.from_environment()
    _port_free(settings)
    with town(settings) as url:
        engine = writing_engine(url)
        if settings.demo:
            _demo_unless_real(engine)
            print_demo_accounts(renew_demo_accounts(engine, at=now()))
        else:
            close_demo_accounts(engine, at=now())
        with session_of(engine) as session:
            begun = has_token(session) or has_real_steward(session, at=now())
            token = None if begun else make_token(session, "bootstrap")
        engine.dispose()
        if token:
            console.print(
                f"โทเคนสำหรับเขียนผ่านเว็บ แสดงครั้งเดียว · write token, shown once: {token}", markup=False, soft_wrap=True
            )
        _serve(settings, url, settings.workers)


@app.command()
def serve(
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="จำนวนโปรเซส · processes")] = None,
) -> None:
    """เปิดเซิร์ฟเวอร์ · Serve."""
    settings = Settings.from_environment()
    _port_free(settings)
    with town(settings) as url:
        if not settings.demo:
            engine = writing_engine(url)
            close_demo_accounts(engine, at=now())
            engine.dispose()
        _serve(settings, url, workers or settings.workers)


def _serve(settings: Settings, url: str, workers: int) -> None:
    # The workers are processes of their own and read the environment; the URL reaches them there and nowhere else.
    os.environ["ATLAS_SERVING_URL"] = url
    from api.housekeeping import house_kept
    from api.mailing import mail_sent
    from api.serving import serve_until_told
    from geo.photos.keeping import Keeping

    with house_kept(url, Keeping(settings.home, settings.photos), home=settings.home), mail_sent(url, settings):
        serve_until_told(
            settings, workers, ready=lambda: console.print(f"ready {settings.address}", markup=False, soft_wrap=True)
        )


def _port_free(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SetupMissing(
                f"ใช้ {settings.host}:{settings.port} ไม่ได้ ({error.strerror}) ตั้ง ATLAS_PORT เป็นเลขอื่น",
                f"Cannot use {settings.host}:{settings.port} ({error.strerror}); set ATLAS_PORT to another number",
            ) from None


@app.command()
def load(
    layer: Annotated[str, typer.Argument(help="รหัสชั้นข้อมูล · layer id")],
    files: Annotated[list[Path], typer.Argument(help="ไฟล์ · files")],
    municipality: Annotated[str | None, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")] = None,
    crs: Annotated[str | None, typer.Option(help="ระบบพิกัด · e.g. EPSG:24047")] = None,
    encoding: Annotated[str | None, typer.Option(help="รหัสอักขระ · e.g. cp874")] = None,
    map: Annotated[list[str] | None, typer.Option("--map", help="FIELD=COLUMN")] = None,
    set: Annotated[list[str] | None, typer.Option("--set", help="FIELD=VALUE ให้ทุกแถว · for every row")] = None,
    sheet: Annotated[str | None, typer.Option(help="ชั้นในไฟล์ · the layer inside the file")] = None,
    anywhere: Annotated[
        bool, typer.Option("--anywhere", help="รับข้อมูลนอกประเทศไทย · accept places outside Thailand")
    ] = False,
    purpose: Annotated[
        str | None, typer.Option(help="วัตถุประสงค์ · why personal data is taken, where not as the layer says")
    ] = None,
    basis: Annotated[str | None, typer.Option(help="ฐานทางกฎหมาย ม.24 · lawful basis, e.g. public-task")] = None,
    sensitive_basis: Annotated[
        str | None, typer.Option(help="ฐานของข้อมูลอ่อนไหว ม.26 · basis for sensitive data")
    ] = None,
    consent: Annotated[str | None, typer.Option(help="หนังสือยินยอม/ฉบับ · consent text, e.g. household-survey/2")] = None,
    retain_until: Annotated[
        str | None, typer.Option(help="ลบค่าส่วนบุคคลเมื่อถึงวัน · the day on which personal values go")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="ไฟล์นี้ครบทั้งเมือง แปลงที่ไม่มีสิ้นสุด · the whole town: what is not in it has ended")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="ตรวจอย่างเดียว · check only, change nothing")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="ตรวจเต็มก่อน หยุดเมื่อมีข้อผิดพลาด · examine in full first, stop at errors")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="เขียนรายงาน JSON · write the report as JSON")] = None,
) -> None:
    """นำเข้าไฟล์ · Load files into a layer: all of a file or nothing of it."""
    from geo.intake.grounds import SaidGrounds
    from geo.intake.load import LoadOptions, load_file

    settings = Settings.from_environment()
    if report is not None and not (report.parent.is_dir() and os.access(report.parent, os.W_OK)):
        # Said before anything is loaded: afterwards it would look as if the load had failed.
        raise typer.BadParameter(f"เขียนที่ {report.parent} ไม่ได้ · cannot write in {report.parent}", param_hint="--report")
    options = LoadOptions(
        municipality=municipality, crs=crs, encoding=encoding, map=_pairs(map, "--map"), set=_pairs(set, "--set"),
        dry_run=dry_run, anywhere=anywhere, sheet=sheet, whole=whole,
        grounds=SaidGrounds(purpose=purpose, basis=basis, sensitive_basis=sensitive_basis, consent=consent,
                            retain_until=retain_until),
    )  # fmt: skip
    made, refusals = [], []
    # Looking for cycles among millions of short-lived rows is a tenth of a load, and finds none; and the thread that
    # hands rows to PostgreSQL should not wait five milliseconds for each of its many short turns.
    gc.disable()
    sys.setswitchinterval(0.0005)
    with writing(settings) as engine:
        chosen, every = layer_in(engine, layer)
        for path in files:
            if check and (found := checked(engine, chosen, path, options, every)).has_errors:
                refusals.append({"file": path.name, "refused": {"th": found.told.th, "en": found.told.en}})
                continue
            try:
                with progress_bar(path.name) as progress:
                    told = load_file(engine, chosen, path, options, layers=every, by=who(), origin="cli", at=now(),
                                     progress=progress)  # fmt: skip
            except RefusedImport as error:
                if len(files) == 1 and report is None:
                    raise
                refusals.append({"file": path.name, "refused": {"th": error.told.th, "en": error.told.en}})
                worried.print(f"[bold]{escape(path.name)}[/]")
                _tell(error)
                for choice in error.choices:
                    worried.print(f"  → {choice.th}\n    {choice.en}", markup=False, soft_wrap=True)
                continue
            made.append(told.to_json(map_url=f"{settings.address}/map"))
            console.print(told.to_text(), markup=False, soft_wrap=True)
    if report:
        every_one = [*made, *refusals]
        report.write_text(
            json.dumps(every_one[0] if len(files) == 1 else every_one, ensure_ascii=False, indent=1), "utf-8"
        )
    if refusals:
        raise typer.Exit(1)


def _pairs(texts: list[str] | None, option: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise typer.BadParameter(f"{option} {text!r}: FIELD=…", param_hint=option)
        found[name.strip()] = value.strip()
    return found


@app.command()
def demo(
    scale: Annotated[float, typer.Option(min=0.05, max=100, help="กี่เท่าของ 20,000 แปลง · times 20,000 parcels")] = 1.0,
    seed: Annotated[int | None, typer.Option(help="เลขตั้งต้นสุ่ม · random seed")] = None,
    out: Annotated[Path | None, typer.Option(help="เขียนเป็นไฟล์แทน · write files here instead")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="แม้มีข้อมูลจริงอยู่ · even beside real data")] = False,
) -> None:
    """สร้างเมืองตัวอย่าง (ข้อมูลสมมติ) · Make the demo town (made-up data)."""
    if out:
        from data.demo import write_files

        with progress_bar("demo") as progress:
            counts = write_files(out, LAYERS, scale=scale, seed=seed, progress=progress)
        console.print(", ".join(f"{name} {count:,}" for name, count in counts.items()))
        return
    with writing(Settings.from_environment()) as engine:
        _demo(engine, scale=scale, seed=seed, yes=yes)


def _demo_unless_real(engine: Engine) -> None:
    """The demo town for a town that has nothing yet; real data is never mixed with made-up data unasked."""
    from data.demo import RealDataHere

    try:
        _demo(engine, scale=1.0, seed=None)
    except RealDataHere as refusal:
        worried.print(f"{refusal.told.th}\n{refusal.told.en}", markup=False, soft_wrap=True)


def _demo(engine: Engine, *, scale: float, seed: int | None, yes: bool = False) -> None:
    from data.demo import write_town

    with progress_bar("เมืองตัวอย่าง · demo town") as progress:
        counts = write_town(engine, LAYERS, scale=scale, seed=seed, by=DEMO, at=now(), yes=yes, progress=progress)
    made = {name: count for name, count in counts.items() if count}
    if made:
        told = ", ".join(f"{LAYERS[name].title.th} {count:,}" for name, count in made.items())
        console.print(f"เมืองตัวอย่าง (ข้อมูลสมมติ) · demo town, made-up data: {told}")


audit_app = typer.Typer(no_args_is_help=True, help="บันทึกการอ่าน · the log of readings")
app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
def audit_verify() -> None:
    """ตรวจว่าบันทึกการอ่านครบและไม่ถูกแก้ · Check that no reading was altered or taken out."""
    from geo.store.audit import verified

    with writing(Settings.from_environment()) as engine, session_of(engine) as session:
        found = verified(session)
    if found.first_broken is not None:
        worried.print(
            f"[bold red]✗[/] รายการที่ {found.first_broken} ไม่ตรงกับที่บันทึกไว้ · reading {found.first_broken} is not as"
            " it was written",
        )
        raise typer.Exit(1)
    console.print(f"✓ {found.readings:,} รายการ ครบถ้วน · readings, all as they were written · {found.chain[:16]}")


@app.command()
def publish(
    layer: Annotated[str, typer.Argument(help="รหัสชั้นข้อมูล · layer id, e.g. household")],
    municipality: Annotated[str, typer.Option(help="รหัสเทศบาล · municipality code, e.g. 9098")],
    reason: Annotated[str | None, typer.Option(help="เหตุผล · why now")] = None,
    withdraw: Annotated[int | None, typer.Option(help="ถอนรุ่นที่ · take this edition back (with --reason)")] = None,
    verify: Annotated[int | None, typer.Option(help="คำนวณรุ่นนี้ซ้ำ · work this edition out again")] = None,
    list_: Annotated[bool, typer.Option("--list", help="รุ่นที่ผ่านมา · the editions so far")] = False,
) -> None:
    """เผยแพร่จำนวนรุ่นใหม่ · Make the next edition of what the public gets of a layer of squares, or look after them."""
    from api import cli_publish

    if sum((withdraw is not None, verify is not None, list_)) > 1:
        raise typer.BadParameter("--withdraw, --verify, --list: ครั้งละอย่าง · one at a time")
    if withdraw is not None and not (reason or "").strip():
        raise typer.BadParameter("--withdraw ต้องมี --reason · --withdraw needs --reason")
    with writing(Settings.from_environment()) as engine, session_of(engine) as session:
        chosen, _ = layer_in(engine, layer)
        if withdraw is not None:
            cli_publish.withdraw(session, chosen, municipality, withdraw, by=who(), at=now(), reason=str(reason))
        elif verify is not None:
            cli_publish.verify(session, chosen, municipality, verify)
        elif list_:
            cli_publish.tell_all(session, chosen, municipality)
        else:
            cli_publish.publish(session, chosen, municipality, by=who(), at=now(), reason=reason)


@app.command()
def layers() -> None:
    """ชั้นข้อมูลทั้งหมด · All layers."""
    table = Table("id", "ชนิด · kind", "ชื่อ", "name", "สาธารณะเห็น · the public gets", "แก้ไขโดย · editors")
    with writing(Settings.from_environment()) as engine:
        every = layers_in(engine)
    for layer in every.values():
        kind = f"ของเมือง · town {layer.town or ''}".strip() if layer.is_made else "ในตัว · built in"
        public = ", ".join(layer.fields_for(Audience.PUBLIC))
        nothing = layer.is_made and layer.public_rows is not None
        table.add_row(layer.id, kind, layer.title.th, layer.title.en, "–" if nothing else public, layer.editors.value)
    console.print(table)


app.command()(doctor)
app.command()(duties)
app.command()(retention)
app.add_typer(consent_app, name="consent")
app.add_typer(edition_app, name="edition")
app.add_typer(layer_app, name="layer")
app.add_typer(user_app, name="user")
app.add_typer(grant_app, name="grant")
app.add_typer(token_app, name="token")
app.add_typer(tax_app, name="tax")


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    main()
