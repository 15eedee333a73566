"""Which failures are one pattern: splits and merges by counts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aitrack.analysis.grouping import Group, Part, Place, grouped

PLACES = {number: Place(f"p-{number}", f"TypeError in f{number}") for number in range(4)}


def groups(*parts: tuple[int, str, str, int], split: tuple[str, ...] = (), apart: tuple[str, ...] = ()) -> list[Group]:
    """Return the groups of (site, said, origin, count), the earlier seen before the later."""
    made = [
        Part((site, number), site, said, origin, count, float(number))
        for number, (site, said, origin, count) in enumerate(parts)
    ]
    return grouped(made, PLACES, split, apart)


def counts(found: list[Group]) -> list[int]:
    """Return how many failures each group has, largest first."""
    return sorted((sum(part.count for part in group.parts) for group in found), reverse=True)


def test_places_that_met_the_none_of_one_function_are_one() -> None:
    """The oldest gives its id, and the others' lead to it."""
    (one,) = groups((0, "a", "f", 3), (1, "b", "f", 1), (2, "c", "f", 2))

    assert (one.id, one.merged) == ("p-0", ("p-0", "p-1", "p-2"))
    assert one.reason == "3 places that met a None of f"


def test_a_place_that_met_the_nones_of_two_functions_is_two() -> None:
    """One loop that calls both."""
    found = groups((0, "a", "f", 3), (0, "a", "g", 3))

    assert counts(found) == [3, 3]
    assert "split by what gave the None" in found[0].reason


def test_members_whose_origin_is_not_known_stay_with_most() -> None:
    """What came from another process may not say."""
    assert counts(groups((0, "a", "f", 5), (0, "a", "g", 2), (0, "a", "", 4))) == [9, 2]


def test_where_origins_are_not_known_nothing_changes() -> None:
    """Places are patterns."""
    assert counts(groups((0, "a", "", 5), (1, "a", "", 2))) == [5, 2]


def test_two_wordings_of_one_origin_are_one() -> None:
    """Compared in one line, subtracted in the next."""
    assert counts(groups((0, "a", "f", 5), (0, "b", "f", 2))) == [7]
    assert counts(groups((0, "a", "", 5), (0, "b", "", 2))) == [5, 2]


def test_a_merge_can_be_taken_back() -> None:
    """By its id, which is that of its oldest part."""
    assert counts(groups((0, "a", "f", 3), (1, "b", "f", 1), apart=("p-0",))) == [3, 1]


def test_what_was_split_by_hand_is_not_merged() -> None:
    """People have the last word."""
    assert counts(groups((0, "a", "f", 3), (0, "b", "f", 1), (1, "a", "f", 2), split=("p-0",))) == [3, 2, 1]


@given(
    st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from("abc"), st.sampled_from(["", "f", "g", "h"]), st.integers(1, 9)),
        max_size=14,
    )
)
def test_each_failure_is_in_one_group_and_ids_differ(parts: list[tuple[int, str, str, int]]) -> None:
    """Whatever is split and merged."""
    found = groups(*parts)

    assert sorted(part.key for group in found for part in group.parts) == sorted(
        (site, number) for number, (site, *_) in enumerate(parts)
    )
    assert len({group.id for group in found}) == len(found)


@given(st.permutations(range(6)))
def test_the_order_of_reading_does_not_matter(order: list[int]) -> None:
    """An index that is made anew says the same."""
    parts = [
        Part((number % 3, number), number % 3, "ab"[number % 2], ["f", "g", ""][number % 3], 2, float(number))
        for number in range(6)
    ]

    found = grouped([parts[number] for number in order], PLACES)

    expected = grouped(parts, PLACES)
    assert {(group.id, frozenset(group.parts)) for group in found} == {
        (group.id, frozenset(group.parts)) for group in expected
    }
