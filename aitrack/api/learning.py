"""What helped before: per key and kind of trouble, in the shared state; without it, nothing is known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aitrack.api import trouble
from aitrack.api.place import home, is_disabled, pictures_at
from aitrack.api.testing import mode
from aitrack.policy import prompt
from aitrack.store.state import State

if TYPE_CHECKING:
    from aitrack.policy.prompt import Chance

ALL = "*"  # the key under which the experience of all keys is counted: the prior of a new one


class Memory:
    """The experience with one key. The file is opened for a question and closed after it."""

    def __init__(self, key: str, *, learn: bool) -> None:
        self._key = pictures_at(None).text(key, 200)  # it is stored as it is
        self._is_on = learn and not mode().on and not is_disabled()

    def ranked(self, kind: str, chance: Chance) -> list[str]:
        """Return the adaptations for *kind*, the one to try first at the head."""
        if not self._is_on or len(prompt.ORDER.get(kind, ())) < 2:
            return list(prompt.ORDER.get(kind, ()))
        state = State(home())
        own, prior = state.arms(self._key, kind), state.arms(ALL, kind)
        _close(state)
        return prompt.ranked(kind, own, prior, chance)

    def preempting(self, kind: str) -> str:
        """Return the adaptation that may come before the first call, or an empty string."""
        if not self._is_on:
            return ""
        state = State(home())
        own = state.arms(self._key, kind)
        _close(state)
        return prompt.preempting(kind, own)

    def reward(self, kind: str, name: str, *, won: bool, tokens: int) -> None:
        """Remember whether an adaptation helped."""
        if self._is_on:
            state = State(home())
            state.reward(self._key, kind, name, won, tokens)
            state.reward(ALL, kind, name, won)
            _close(state)


def _close(state: State) -> None:
    for line in state.take_warnings():
        trouble.say(line)
    state.close()
