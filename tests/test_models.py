"""Models of the generated package: importable by product, one UNSET, type hints that can be evaluated."""

import importlib
import pickle
import typing
from typing import Any

import attrs
import job_status.types
import pytest
from job_status.types import UNSET

from .conftest import ROOT

PACKAGES = sorted(path.parent.name for path in (ROOT / "generated/job_status").glob("*/models"))


def models(package: str) -> list[Any]:
    """Return the model classes of a product, without the types of states."""
    module = importlib.import_module(f"job_status.{package}.models")
    return [found for name in module.__all__ if isinstance(found := vars(module)[name], type)]


@pytest.mark.parametrize("package", PACKAGES)
def test_models_are_importable_from_the_package_of_the_product(package: str) -> None:
    product = importlib.import_module(f"job_status.{package}")

    assert models(package)
    for model in models(package):
        assert getattr(product, model.__name__) is model
        assert model.__name__ in dir(product)
        assert model.__name__ in product.__all__


@pytest.mark.parametrize("package", PACKAGES)
def test_unknown_names_of_a_product_package_raise_attribute_error(package: str) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'NoSuchModel'"):
        _ = importlib.import_module(f"job_status.{package}").NoSuchModel


@pytest.mark.parametrize("package", PACKAGES)
def test_type_hints_can_be_evaluated(package: str) -> None:
    for model in models(package):
        hints = typing.get_type_hints(model)
        if attrs.has(model):
            attrs.resolve_types(model)
            assert {field.name for field in attrs.fields(model)} <= hints.keys()
            assert not any(isinstance(field.type, str) for field in attrs.fields(model))


@pytest.mark.parametrize("package", PACKAGES)
def test_all_products_share_one_unset(package: str) -> None:
    types = importlib.import_module(f"job_status.{package}.types")

    assert types.UNSET is UNSET
    assert types.Unset is job_status.types.Unset
    assert pickle.loads(pickle.dumps(types.UNSET)) is UNSET  # noqa: S301 - the test's own bytes


def test_attribute_with_another_name_documents_its_json_name() -> None:
    from pathlib import Path

    from job_status import ai_for_service

    source = Path(str(ai_for_service.__file__)).with_name("models").joinpath("publish_status.py").read_text("utf-8")
    assert 'field_id: str | Unset = UNSET\n    """ The unique identifier of the run. In JSON: `_id`. """' in source
    assert "In JSON: `status`" not in source
