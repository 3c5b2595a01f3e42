"""What an answer is: a model with types, which can also be indexed by the names that the service uses."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, PrivateAttr


class Model(BaseModel):
    """Fields that are new in the service are kept. `call["from"]` and `call.from_` are the same."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)


class Answer(Model):
    _said: dict[str, Any] = PrivateAttr(default_factory=dict)

    @classmethod
    def of(cls, said: dict[str, Any]):
        answer = cls.model_validate(said)
        answer._said = said
        return answer

    def __getitem__(self, name: str) -> Any:
        return self._said[name]

    def __contains__(self, name: str) -> bool:
        return name in self._said

    def get(self, name: str, default: Any = None) -> Any:
        return self._said.get(name, default)

    def keys(self):
        return self._said.keys()
