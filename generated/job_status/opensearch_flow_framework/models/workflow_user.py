# Generated from openapi/opensearch-flow-framework.yaml by `make generate`; do not edit.

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="WorkflowUser")


@_attrs_define
class WorkflowUser:
    """The user who created the workflow. Only with the security plugin. Only here, fields can be null."""

    name: str | Unset = UNSET
    """ The name of the user. """
    backend_roles: list[str] | Unset = UNSET
    """ The user's backend roles. """
    roles: list[str] | Unset = UNSET
    """ The user's roles. """
    custom_attribute_names: list[str] | Unset = UNSET
    """ Attributes of the user; since 3.2 with their values, as `name=value`. """
    user_requested_tenant: None | str | Unset = UNSET
    """ The requested tenant of OpenSearch Dashboards. """
    user_requested_tenant_access: None | str | Unset = UNSET
    """ The access to the requested tenant. Since 3.2. """
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        backend_roles: list[str] | Unset = UNSET
        if not isinstance(self.backend_roles, Unset):
            backend_roles = self.backend_roles

        roles: list[str] | Unset = UNSET
        if not isinstance(self.roles, Unset):
            roles = self.roles

        custom_attribute_names: list[str] | Unset = UNSET
        if not isinstance(self.custom_attribute_names, Unset):
            custom_attribute_names = self.custom_attribute_names

        user_requested_tenant: None | str | Unset
        if isinstance(self.user_requested_tenant, Unset):
            user_requested_tenant = UNSET
        else:
            user_requested_tenant = self.user_requested_tenant

        user_requested_tenant_access: None | str | Unset
        if isinstance(self.user_requested_tenant_access, Unset):
            user_requested_tenant_access = UNSET
        else:
            user_requested_tenant_access = self.user_requested_tenant_access

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if backend_roles is not UNSET:
            field_dict["backend_roles"] = backend_roles
        if roles is not UNSET:
            field_dict["roles"] = roles
        if custom_attribute_names is not UNSET:
            field_dict["custom_attribute_names"] = custom_attribute_names
        if user_requested_tenant is not UNSET:
            field_dict["user_requested_tenant"] = user_requested_tenant
        if user_requested_tenant_access is not UNSET:
            field_dict["user_requested_tenant_access"] = user_requested_tenant_access

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        backend_roles = cast(list[str], d.pop("backend_roles", UNSET))

        roles = cast(list[str], d.pop("roles", UNSET))

        custom_attribute_names = cast(list[str], d.pop("custom_attribute_names", UNSET))

        def _parse_user_requested_tenant(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_requested_tenant = _parse_user_requested_tenant(d.pop("user_requested_tenant", UNSET))

        def _parse_user_requested_tenant_access(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        user_requested_tenant_access = _parse_user_requested_tenant_access(d.pop("user_requested_tenant_access", UNSET))

        workflow_user = cls(
            name=name,
            backend_roles=backend_roles,
            roles=roles,
            custom_attribute_names=custom_attribute_names,
            user_requested_tenant=user_requested_tenant,
            user_requested_tenant_access=user_requested_tenant_access,
        )

        workflow_user.additional_properties = d
        return workflow_user

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
