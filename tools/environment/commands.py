"""Run a program of the machine, keep what it says, and explain it when it fails."""

import subprocess

from .failure import Failure, tail


def run_logged(command, log, problem, *advice, on_line=None, **options):
    """Run ``command`` with its output in the file ``log``, told line by line."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        status = _follow(command, output, on_line or (lambda line: None), options)
    if status:
        raise Failure(f"{problem}\n{tail(log)}", *advice, f"The whole log: {log}")


def _follow(command, output, on_line, options):
    with subprocess.Popen(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **{"stdin": subprocess.DEVNULL, **options},
    ) as process:
        try:
            for line in process.stdout:
                output.write(line)
                output.flush()
                on_line(line)
        except BaseException:
            process.terminate()
            raise
    return process.returncode


def read(command, **options):
    """What ``command`` prints, or an empty text if it is missing or fails."""
    try:
        done = subprocess.run(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            **options,
        )
    except OSError:
        return ""
    return done.stdout if done.returncode == 0 else ""
