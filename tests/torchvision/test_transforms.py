"""Image transforms against values worked out by hand."""

from __future__ import annotations

import importlib.util
from typing import Any

import numpy as np
import pytest

import unified_nn.torch as torch
from unified_nn.errors import NotOfferedError
from unified_nn.torchvision import transforms

HAS_PILLOW = importlib.util.find_spec("PIL") is not None
GREY = np.array([[0, 51, 102], [153, 204, 255]], np.uint8)
COLOUR = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
SQUARE = np.arange(16, dtype=np.float32).reshape(1, 4, 4)


def test_to_tensor_scales_bytes(backend: Any) -> None:
    out = transforms.ToTensor()(GREY)
    assert out.dtype is torch.float32
    assert tuple(out.shape) == (1, 2, 3)
    np.testing.assert_allclose(out.numpy()[0], [[0, 0.2, 0.4], [0.6, 0.8, 1.0]], 1e-6)


def test_to_tensor_puts_channels_first_and_keeps_other_dtypes(backend: Any) -> None:
    assert transforms.ToTensor()(COLOUR.astype(np.float32)).tolist() == COLOUR.transpose(2, 0, 1).astype(float).tolist()
    assert transforms.ToTensor()(COLOUR.astype(np.int64)).dtype is torch.int64
    assert transforms.PILToTensor()(COLOUR).dtype is torch.uint8


@pytest.mark.parametrize("bad", [[1, 2], torch.ones(2, 2), "x"], ids=["list", "tensor", "text"])
def test_to_tensor_refuses_other_things(bad: Any) -> None:
    with pytest.raises(TypeError, match="pic should be"):
        transforms.ToTensor()(bad)


def test_to_tensor_refuses_other_ranks() -> None:
    with pytest.raises(ValueError, match="dimension"):
        transforms.ToTensor()(np.zeros((2, 2, 2, 2)))


def test_normalize(backend: Any) -> None:
    x = torch.tensor([[[1.0, 2.0]], [[3.0, 5.0]]])
    out = transforms.Normalize((1.0, 3.0), (0.5, 2.0))(x)
    assert out.tolist() == [[[0.0, 2.0]], [[0.0, 1.0]]]
    assert transforms.Normalize([0.5], [0.5])(torch.tensor([[[0.0, 1.0]]])).tolist() == [[[-1.0, 1.0]]]
    batch = transforms.Normalize((1.0, 3.0), (0.5, 2.0))(torch.stack([x, x]))
    assert batch[1].tolist() == out.tolist()


def test_normalize_refuses(backend: Any) -> None:
    with pytest.raises(TypeError, match="float"):
        transforms.Normalize([0.5], [0.5])(torch.ones(1, 2, 2, dtype=torch.uint8))
    with pytest.raises(TypeError, match="Tensor"):
        transforms.Normalize([0.5], [0.5])(GREY)
    with pytest.raises(ValueError, match="zero"):
        transforms.Normalize([0.5], [0.0])(torch.ones(1, 2, 2))
    with pytest.raises(ValueError, match="at least"):
        transforms.Normalize([0.5], [0.5])(torch.ones(2))
    with pytest.raises(NotOfferedError, match="inplace"):
        transforms.Normalize([0.5], [0.5], inplace=True)


def test_convert_image_dtype(backend: Any) -> None:
    out = transforms.ConvertImageDtype(torch.float32)(torch.tensor([0, 255, 51], dtype=torch.uint8))
    np.testing.assert_allclose(out.numpy(), [0, 1, 0.2], 1e-6)
    assert transforms.ConvertImageDtype(torch.float64)(out).dtype is torch.float64
    with pytest.raises(NotOfferedError):
        transforms.ConvertImageDtype(torch.uint8)(out)
    with pytest.raises(NotOfferedError, match="uint8"):  # torchvision divides by the dtype's own largest value
        transforms.ConvertImageDtype(torch.float32)(torch.tensor([1, 2], dtype=torch.int64))


@pytest.mark.parametrize(("size", "expected"), [
    (2, [[5, 6], [9, 10]]), ((2, 4), [[4, 5, 6, 7], [8, 9, 10, 11]]), ([1], [[10]]), ((3, 3), [[0, 1, 2], [4, 5, 6], [8, 9, 10]]),
])  # fmt: skip
def test_center_crop(size: Any, expected: Any, backend: Any) -> None:
    assert transforms.CenterCrop(size)(torch.tensor(SQUARE)).tolist() == [expected]


def test_center_crop_of_a_smaller_picture_is_padded(backend: Any) -> None:
    out = transforms.CenterCrop((4, 3))(torch.ones(1, 1, 2)).tolist()[0]
    assert out == [[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


@pytest.mark.parametrize(("options", "expected"), [
    ({"padding": 1}, [[0, 0, 0, 0], [0, 1, 2, 0], [0, 0, 0, 0]]),
    ({"padding": (1, 0), "fill": 9}, [[9, 1, 2, 9]]),
    ({"padding": (0, 1, 2, 0), "fill": 7}, [[7, 7, 7, 7], [1, 2, 7, 7]]),
    ({"padding": (1, 0), "padding_mode": "edge"}, [[1, 1, 2, 2]]),
    ({"padding": (1, 0), "padding_mode": "reflect"}, [[2, 1, 2, 1]]),
    ({"padding": (2, 0), "padding_mode": "symmetric"}, [[2, 1, 1, 2, 2, 1]]),
], ids=str)  # fmt: skip
def test_pad(options: Any, expected: Any, backend: Any) -> None:
    assert transforms.Pad(**options)(torch.tensor([[[1.0, 2.0]]])).tolist() == [expected]


def test_pad_refuses() -> None:
    with pytest.raises(ValueError, match="mode"):
        transforms.Pad(1, padding_mode="x")
    with pytest.raises(ValueError, match="3"):
        transforms.Pad((1, 2, 3))


def test_random_crop_takes_the_drawn_window(backend: Any) -> None:
    torch.manual_seed(3)
    top = int(torch.randint(0, 3, size=(1,)).item())
    left = int(torch.randint(0, 2, size=(1,)).item())
    torch.manual_seed(3)
    out = transforms.RandomCrop((2, 3))(torch.tensor(SQUARE))
    assert out.tolist() == SQUARE[:, top : top + 2, left : left + 3].tolist()
    assert transforms.RandomCrop(4)(torch.tensor(SQUARE)).tolist() == SQUARE.tolist()
    assert tuple(transforms.RandomCrop(4, padding=2)(torch.tensor(SQUARE)).shape) == (1, 4, 4)
    with pytest.raises(ValueError, match="larger than"):
        transforms.RandomCrop(5)(torch.tensor(SQUARE))


@pytest.mark.parametrize(("name", "flipped"), [
    ("RandomHorizontalFlip", SQUARE[:, :, ::-1]), ("RandomVerticalFlip", SQUARE[:, ::-1])
])  # fmt: skip
def test_flips(name: str, flipped: Any, backend: Any) -> None:
    flip = getattr(transforms, name)
    assert flip(1.0)(torch.tensor(SQUARE)).tolist() == flipped.tolist()
    assert flip(0.0)(torch.tensor(SQUARE)).tolist() == SQUARE.tolist()
    torch.manual_seed(0)
    draws = [float(torch.rand(1)) < 0.5 for _ in range(8)]
    torch.manual_seed(0)
    done = [flip()(torch.tensor(SQUARE)).tolist() != SQUARE.tolist() for _ in range(8)]
    assert done == draws


def test_arrays_stay_arrays() -> None:
    out = transforms.RandomHorizontalFlip(1.0)(COLOUR)
    assert isinstance(out, np.ndarray)
    np.testing.assert_array_equal(out, COLOUR[:, ::-1])


def test_compose_lambda_and_printed_forms(backend: Any) -> None:
    whole = transforms.Compose(
        [transforms.ToTensor(), transforms.Normalize((0.5,), (0.5,)), transforms.Lambda(lambda x: x * 2)]
    )
    np.testing.assert_allclose(whole(GREY).numpy()[0], GREY / 255 * 4 - 2, 1e-5, 1e-6)
    assert repr(transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.1307,), (0.3081,))])) == (
        "Compose(\n    ToTensor()\n    Normalize(mean=(0.1307,), std=(0.3081,))\n)"
    )
    assert repr(transforms.CenterCrop(3)) == "CenterCrop(size=(3, 3))"
    assert repr(transforms.RandomCrop(32, padding=4)) == "RandomCrop(size=(32, 32), padding=4)"
    assert repr(transforms.RandomHorizontalFlip()) == "RandomHorizontalFlip(p=0.5)"
    assert repr(transforms.Pad(1)) == "Pad(padding=1, fill=0, padding_mode=constant)"
    with pytest.raises(TypeError, match="callable"):
        transforms.Lambda(3)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["Resize", "ColorJitter", "RandomResizedCrop"])
def test_a_missing_transform_says_so(name: str) -> None:
    with pytest.raises(AttributeError, match=f"torchvision.transforms.{name} is not offered"):
        getattr(transforms, name)


@pytest.mark.skipif(not HAS_PILLOW, reason="not run: Pillow is not installed")
def test_pictures() -> None:
    from PIL import Image

    picture = Image.fromarray(GREY, mode="L")
    np.testing.assert_allclose(transforms.ToTensor()(picture).numpy()[0], GREY / 255, 1e-6)
    flipped = transforms.RandomHorizontalFlip(1.0)(picture)
    np.testing.assert_array_equal(np.array(flipped), GREY[:, ::-1])
