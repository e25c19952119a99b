"""The command: starts, says where, stops cleanly on a signal."""

import os
import re
import signal
import subprocess
import sys
from http.client import HTTPConnection

import pytest
from patience import PATIENCE

from temoin_sandbox.main import Ready, announce, main, run


def test_the_command_serves_until_it_is_told_to_stop():
    command = [sys.executable, "-m", "temoin_sandbox", "--port", "0", "--smtp-port", "0", "--mllp-port", "0"]
    command += ["--drop-answer", "0.05"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        line = process.stdout.readline()
        port = int(re.search(r"http://127\.0\.0\.1:([0-9]+)/", line)[1])
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("GET", "/faults")
        told = connection.getresponse().read()
        process.send_signal(signal.SIGTERM)
        code = process.wait(10)
        complaint = process.stderr.read()
        connection.close()

    assert b'"drop_answer":0.05' in told
    assert re.search(r" mllp 127\.0\.0\.1:[0-9]+$", line.rstrip())
    assert (code, complaint) == (0, "")


def test_running_ends_at_a_signal():
    addresses = []

    def stop(ready: Ready) -> None:
        addresses.append(ready)
        os.kill(os.getpid(), signal.SIGTERM)

    run(Ready("127.0.0.1", 0, 0), on_ready=stop)

    assert addresses[0].host == "127.0.0.1"
    assert addresses[0].http_port != addresses[0].smtp_port


@pytest.mark.parametrize(
    "arguments", [["--drop-answer", "5"], ["--down", "maybe"], ["--port", "x"], ["--sftp-port", "0"]]
)
def test_a_wrong_argument_stops_with_a_sentence(arguments, capsys):
    with pytest.raises(SystemExit):
        main(arguments)

    assert arguments[0] in capsys.readouterr().err


def test_addresses_of_the_sixth_version_are_written_in_brackets(capsys):
    announce(Ready("::1", 8090, 8025))

    assert capsys.readouterr().out == "sandbox http://[::1]:8090/ smtp [::1]:8025\n"


def test_the_ports_for_hl7_and_for_files_are_told_when_there_are_some(capsys):
    announce(Ready("127.0.0.1", 8090, 8025, 2575, sftp_port=2222))

    told = "sandbox http://127.0.0.1:8090/ smtp 127.0.0.1:8025 mllp 127.0.0.1:2575 sftp 127.0.0.1:2222\n"
    assert capsys.readouterr().out == told
