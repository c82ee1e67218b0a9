# SPDX-License-Identifier: Apache-2.0
"""A pytest plugin: one line per test as it ends, for test/check.py."""


class Progress:
    def __init__(self, config):
        self.config = config
        self.seconds = {}

    def pytest_runtest_logreport(self, report):
        name = report.nodeid
        self.seconds[name] = self.seconds.get(name, 0) + report.duration
        if report.when == "call" or report.outcome != "passed":
            terminal = self.config.pluginmanager.getplugin("terminalreporter")
            shown = name.split("/", 1)[-1].encode("unicode_escape").decode()
            terminal.ensure_newline()
            terminal.write_line(f"@ {report.outcome} {shown} {self.seconds[name]:.2f}")


def pytest_report_teststatus(report):
    """No dots and letters between the lines."""
    counted = report.when == "call" or report.outcome != "passed"
    return report.outcome if counted else "", "", ""


def pytest_configure(config):
    config.pluginmanager.register(Progress(config), "partita-progress")
