# Generated from tests/golden/kiln.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..models.state import State
from ..types import UNSET, Unset

T = TypeVar("T", bound="Firing")


FiringState: TypeAlias = Literal["HOT", "DONE", "CRACKED"]


@_attrs_define
class Firing:
    id: str
    state: State | str
    degrees: int | Unset = UNSET
    """ The temperature. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    @property
    def job_state(self) -> FiringState | None:
        """The state, or None for one that the document does not list, so that a type checker finds a mistyped state."""
        from ..._operations.kiln import _SPEC_FIRING

        state: FiringState | None = _SPEC_FIRING.known_state(self)
        return state

    @property
    def is_final(self) -> bool:
        """Whether the job has ended, with DONE, CRACKED."""
        from ..._operations.kiln import _SPEC_FIRING

        return _SPEC_FIRING.kind_of(self) in ("success", "partial", "failure")

    @property
    def is_success(self) -> bool:
        """Whether the job has succeeded, entirely."""
        from ..._operations.kiln import _SPEC_FIRING

        return _SPEC_FIRING.kind_of(self) == "success"

    @property
    def is_failure(self) -> bool:
        """Whether the job has failed."""
        from ..._operations.kiln import _SPEC_FIRING

        return _SPEC_FIRING.kind_of(self) == "failure"

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        state: str
        if isinstance(self.state, State):
            state = self.state.value
        else:
            state = self.state

        degrees = self.degrees

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "state": state,
            }
        )
        if degrees is not UNSET:
            field_dict["degrees"] = degrees

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        def _parse_state(data: object) -> State | str:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                state_type_0 = State(data)

                return state_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(State | str, data)

        state = _parse_state(d.pop("state"))

        degrees = d.pop("degrees", UNSET)

        firing = cls(
            id=id,
            state=state,
            degrees=degrees,
        )

        firing.additional_properties = d
        return firing

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
