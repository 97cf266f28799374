"""The command ``./run``."""

import argparse
import os
import sys

from .commands import read
from .demonstration import Demonstration
from .failure import Failure
from .house import House
from .layout import IGNORE_SYSTEM
from .serving import require_free_port, serve

HELP = """\
Start Odoo 19 with this add-on and demonstration data.

  ./run                        start, and say where and how to log in
  ./run --port 8070            ... at another port
  ./run --no-demo              ... with an empty company instead
  ./run --db NAME              ... in a database of your own naming
  ./run --stop-after-init      prepare everything, start nothing
  ./run shell [ARGS]           Odoo's Python shell on the demonstration
  ./run -- ARGS                hand ARGS to Odoo (./run -- -u sale, ./run -- i18n ...)
  ./run bench NAME [ARGS]      run benchmarks/NAME.py
  ./run wheel                  build the wheel of the add-on into dist/
  ./run reset                  forget the demonstration's database
  ./run stop                   stop the private PostgreSQL

The first start downloads what it needs into the folder .odoo and takes some
minutes; it installs nothing on the machine and needs no root. The next ones take
seconds, and update the database if the add-on has changed. PostgreSQL goes on
running after Odoo has stopped, so that the next start is quick: ./run stop ends
it. To be rid of everything: ./run stop, then remove .odoo.
"""
EPILOG = f"""\
environment:
  ODOO_PATH                    use this Odoo 19 (checkout or installation)
  PGHOST, PGPORT, PGUSER       use this PostgreSQL server (PGPASSWORD too)
  PYTHON                       use this Python (3.10 to 3.13)
  CRM_PLAYBOOK_DEBIAN_MIRROR   download Debian's packages from this address
  {IGNORE_SYSTEM}   pass over the machine's own PostgreSQL, Chromium and
                               fonts, to try the downloads (set it to 1)
"""
BUILD_WHEEL = "import sys, wheel_backend; print(wheel_backend.build_wheel(sys.argv[1]))"


def main(words, checkout):
    """Do what the words after ``./run`` say; return the exit status."""
    own, handed_on = _split(words)
    options = _parser().parse_args(own)
    house = House(checkout)
    if handed_on is not None:
        return hand_on(house, options, handed_on)
    return COMMANDS[options.command](house, options)


def start(house, options):
    """Serve the demonstration."""
    if not options.stop_after_init:
        require_free_port(options.port)
    database = _ready_database(house, options)
    if options.stop_after_init:
        house.console.say(f"Ready: the database {database} is up to date.")
        return 0
    log = house.layout.server_log
    command = house.odoo.server_command(
        *(database, "--http-port", options.port, "--logfile", log),
        *("--db-filter", f"^{database}$"),
    )
    return serve(command, house.odoo.environment, options.port, log, house.console)


def shell(house, options):
    """Open Odoo's Python shell."""
    database = _ready_database(house, options)
    arguments = ["-d", database, "--no-http", *options.arguments]
    return _become(house, house.odoo.command("shell", *arguments))


def hand_on(house, options, words):
    """Hand words on to Odoo; options of its server get the database and port."""
    database = _ready_database(house, options)
    if words and not words[0].startswith("-"):
        return _become(house, house.odoo.command(*words))
    named = {"-d", "--database"} & set(words)
    place = [] if named else ["-d", database]
    port = ["--http-port", options.port]
    return _become(house, house.odoo.command(*place, *port, *words))


def bench(house, options):
    """Run a benchmark with the way to Odoo and PostgreSQL in its environment."""
    folder = house.layout.checkout / "benchmarks"
    names = sorted(path.stem for path in folder.glob("[!_]*.py"))
    name, *arguments = options.arguments or [""]
    if name not in names:
        raise Failure(
            f"There is no benchmark {name or 'without a name'}.",
            f"Choose one: {', '.join(names) or 'there is none yet'}.",
        )
    with house.exclusive():
        house.prepare()
        template = house.templates.installed().ready()
    return _become(
        house,
        [house.python.interpreter, folder / f"{name}.py", *arguments],
        CRM_PLAYBOOK_TEMPLATE_DB=template,
    )


def wheel(house, _options):
    """Build the wheel of the add-on."""
    with house.exclusive():
        house.prepare_python()
    target = house.layout.checkout / "dist"
    environment = {**os.environ, "PYTHONPATH": str(house.layout.checkout / "tools")}
    name = read(
        [house.python.interpreter, "-c", BUILD_WHEEL, target], env=environment
    ).strip()
    if not name:
        raise Failure("The wheel could not be built: is the manifest right?")
    house.console.say(f"Built: {target / name.splitlines()[-1]}")
    return 0


def reset(house, options):
    """Drop the database of the demonstration."""
    with house.exclusive():
        house.prepare()
        Demonstration(house, options.db, options.demo).remove()
    house.console.say("The next ./run makes a new database.")
    return 0


def stop(house, _options):
    """Stop the private PostgreSQL."""
    house.postgres.stop()
    return 0


def _ready_database(house, options):
    with house.exclusive():
        house.prepare()
        return Demonstration(house, options.db, options.demo).ready()


def _become(house, command, **environment):
    """Replace this program by ``command``, which so keeps the terminal."""
    words = [str(word) for word in command]
    sys.stdout.flush()
    os.execve(words[0], words, {**house.odoo.environment, **environment})


COMMANDS = {
    "start": start,
    "shell": shell,
    "bench": bench,
    "wheel": wheel,
    "reset": reset,
    "stop": stop,
}


def _split(words):
    """The words for ``./run`` and, after ``--``, those for Odoo (else None)."""
    if "--" not in words:
        return words, None
    place = words.index("--")
    if set(words[:place]) & set(COMMANDS):
        return words, None
    return words[:place], words[place + 1 :]


def _parser():
    parser = argparse.ArgumentParser(
        prog="./run",
        description=HELP,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="./run [options] [command [arguments]]",
    )
    parser.add_argument("--db", metavar="NAME", help="the database to use")
    parser.add_argument(
        "--port", type=int, default=8069, help="the port of the pages (8069)"
    )
    parser.add_argument(
        "--no-demo", dest="demo", action="store_false", help="no demonstration data"
    )
    parser.add_argument(
        "--stop-after-init", action="store_true", help="prepare, but serve nothing"
    )
    parser.add_argument(
        "command", nargs="?", choices=COMMANDS, default="start", metavar="command"
    )
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser
