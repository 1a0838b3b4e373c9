"""Names that are longer than Jama is sure to take: cut, with a hash, and found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pytest_jama.core.text import cut_with_hash
from tests.every import every
from tests.targets.jama_world import CYCLE, PLAN

if TYPE_CHECKING:
    from tests.targets.conftest import MakeWorld

LIMIT = 200
LONG = "Nightly of the branch " + "x" * 300
EMOJI = "🧪" * 150


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


@every("text", ["", "a" * LIMIT, "🧪" * (LIMIT // 2)])
def test_a_name_that_fits_stays(text: str) -> None:
    assert cut_with_hash(text, at_most=LIMIT) == text


@every("text", [LONG, EMOJI, "a" + EMOJI, "é" * 201, "x" * 185 + " " * 20 + "y"])
def test_a_long_name_is_cut_between_characters_and_ends_with_a_hash(text: str) -> None:
    cut = cut_with_hash(text, at_most=LIMIT)
    kept, _, mark = cut.rpartition(" [")
    assert LIMIT - 20 < units(cut) <= LIMIT
    assert text.startswith(kept)
    assert kept == kept.rstrip()
    assert len(bytes.fromhex(mark.removesuffix("]"))) == 4


def test_long_names_that_differ_at_their_end_differ_still() -> None:
    assert len({cut_with_hash(LONG + end, at_most=LIMIT) for end in ("", "1", "2")}) == 3


@pytest.mark.parametrize("long", [LONG, EMOJI, "tab\there " + LONG])
def test_a_long_name_is_created_cut_found_again_and_said_with_both_names(
    long: str, make_world: MakeWorld
) -> None:
    world = make_world(name_limit=LIMIT)
    refs = world.add_cases(1)
    given: dict[str, Any] = {"plan": {"name": "P" + long, "group": "G" + long}, "cycle": "C" + long}
    made = world.resolve(refs, **given)
    again = world.resolve(refs, **given)
    assert (len(made.changes), again.changes) == (4, ())
    assert again.cycle.place_id == made.cycle.place_id
    (plan,) = world.store.plans(world.key)
    (cycle,) = world.store.cycles(plan.id)
    (group,) = (each for each in world.store.groups(plan.id) if each.name.startswith("G"))
    for resolution, kinds in ((made, "PGC"), (again, "PC")):
        for kind, name in (("P", plan.name), ("C", cycle.name), ("G", group.name)):
            assert units(name) <= LIMIT
            said = [each for each in resolution.warnings if repr(name) in each]
            assert len(said) == (kind in kinds)
            assert all(each.endswith(f"stands for {kind + long!r}") for each in said)
            assert all("longer than the 200 characters" in each for each in said)


def test_a_long_name_that_jama_took_before_is_used_as_it_is(make_world: MakeWorld) -> None:
    world = make_world()
    refs = world.add_cases(1)
    world.start(refs, plan="P" + LONG, cycle="C" + LONG)
    resolution = world.resolve(refs, plan="P" + LONG, cycle="C" + LONG)
    assert (resolution.changes, resolution.warnings) == ((), ())


def test_usual_names_are_not_spoken_of(make_world: MakeWorld) -> None:
    world = make_world()
    assert world.resolve(world.add_cases(1), plan=PLAN, cycle=CYCLE).warnings == ()
