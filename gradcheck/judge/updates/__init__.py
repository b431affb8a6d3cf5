"""Update rules: what each one trains, from which name it starts, which gradient it uses.

They give findings, not verdicts. Rules for a general index (``w_i``, ``W^{[l]}``) are fine.
"""

from __future__ import annotations

from gradcheck.judge.updates.judging import update_findings
from gradcheck.judge.updates.substituted import with_substituted
from gradcheck.judge.updates.written import Update, rules_of

__all__ = ["Update", "rules_of", "update_findings", "with_substituted"]
