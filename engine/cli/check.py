"""``main.py check``: every gradient against central differences."""

from __future__ import annotations

import argparse

from engine.analysis.check import check as comparisons
from engine.cli import arguments
from engine.support.cancellation import INTERRUPTED
from engine.support.figures import figure, whole
from engine.support.streams import say
from engine.support.text import tr


def check(options: argparse.Namespace) -> int:
    """Compare every gradient and say how far it is off; return the exit status."""
    system = arguments.system_of(options)
    compared = failed = small = 0
    worst = 0.0
    try:
        for comparison in comparisons(system):
            compared += 1
            failed += not comparison.passed
            small += not comparison.resolved
            worst = max(worst, comparison.error)
            if options.all or not comparison.passed:
                seen = tr("ok") if comparison.resolved else tr("small")
                verdict = seen if comparison.passed else tr("OFF")
                say(
                    f"{verdict}  order {comparison.order}  {comparison.name}: "
                    f"{figure(comparison.analytic, 9)} against "
                    f"{figure(comparison.numeric, 9)}, "
                    f"relative error {figure(comparison.error, 2)}"
                )
    except KeyboardInterrupt:
        return INTERRUPTED
    text = tr(
        "{system}: {passed} of {all} gradients agree, "
        "largest relative error beyond rounding {worst}"
    )
    if small:
        text += tr("; {small} too small beside rounding to say much (--all shows which)")
    passed = compared - failed
    counts = {"passed": whole(passed), "all": whole(compared), "small": whole(small)}
    say(text.format(system=system.name, worst=figure(worst, 2), **counts))
    return 1 if failed else 0
