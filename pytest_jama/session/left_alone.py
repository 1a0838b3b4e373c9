"""What an upload leaves alone: what earlier uploads brought there, and what came after. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_jama.core.prior_state import PriorState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_jama.core.plan import Plan, Update


def leave_out_known(plan: Plan, prior: Callable[[Update], PriorState]) -> Plan:
    """Leave out of a plan what is there already, and what would undo a later change."""
    states = [(update, prior(update)) for update in plan.updates]
    new = [update for update, state in states if state is PriorState.NEW]
    keys = {update.key for update in new}
    left_alone = [_LEFT_ALONE[state](update) for update, state in states if state in _LEFT_ALONE]
    return plan._replace(
        updates=tuple(new),
        replaced=tuple(each for each in plan.replaced if each.key in keys),
        earlier=tuple(update for update, state in states if state in _THERE),
        warnings=(*plan.warnings, *left_alone),
    )


_THERE = frozenset({PriorState.ARRIVED, PriorState.CHANGED, PriorState.AS_BEFORE})


def _shown(update: Update) -> str:
    steps = " with other steps" if update.was == update.will_be else ""
    return f"{update.title} shows {update.was}, though {update.will_be}{steps} had arrived there"


def _changed_warning(update: Update) -> str:
    return f"{_shown(update)}: another user changed it since, so it is left alone"


def _as_before_warning(update: Update) -> str:
    return (
        f"{_shown(update)}; it showed {update.was} before, so either a list is behind or another "
        "user changed it since; it is left alone"
    )


def _outdated_warning(update: Update) -> str:
    return (
        f"{update.title}: a later session has written {update.was} there, "
        f"so {update.will_be} of the older one is not sent; run the tests again to replace it"
    )


def _uncertain_warning(update: Update) -> str:
    return (
        f"{update.title}: a later session may have written {update.was} there, whose journal lacks "
        f"lines (*.incomplete) or was changed, so {update.will_be} of the older one is not sent; "
        "run the tests again to replace it"
    )


_LEFT_ALONE: Mapping[PriorState, Callable[[Update], str]] = {
    PriorState.CHANGED: _changed_warning,
    PriorState.AS_BEFORE: _as_before_warning,
    PriorState.OUTDATED: _outdated_warning,
    PriorState.UNCERTAIN: _uncertain_warning,
}
