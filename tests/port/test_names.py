"""Translation of names and forms: by a model's rows exactly, by rules as far as names and shapes say."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unified_nn import errors, nn
from unified_nn import mindspore as ms
from unified_nn import mxnet as mx
from unified_nn import torch as th
from unified_nn.layers import activation, conv, embedding, linear, norm, rnn
from unified_nn.port.formats import Entry
from unified_nn.port.kinds import KINDS, SAYABLE
from unified_nn.port.mapping import Rules, read_rules
from unified_nn.port.names import plan
from unified_nn.port.plan import Plan, PlanError
from unified_nn.vocabulary import slots
from unified_nn.vocabulary.entry import ROWS

BN = {"bn.weight": (4,), "bn.bias": (4,), "bn.running_mean": (4,), "bn.running_var": (4,), "bn.num_batches_tracked": ()}


def entries(shapes: dict[str, tuple[int, ...]]) -> list[Entry]:
    return [Entry(name, shape, "float32", 4 * int(np.prod(shape))) for name, shape in shapes.items()]


def moved(made: Plan) -> dict[str | None, str]:
    return {move.source: move.name for move in made.moves}


# ---- by rules ----


@pytest.mark.parametrize(
    ("source", "target", "shapes", "expected"),
    [
        ("torch", "mindspore", BN, ["bn.gamma", "bn.beta", "bn.moving_mean", "bn.moving_variance"]),
        ("torch", "mxnet", BN, ["bn.gamma", "bn.beta", "bn.running_mean", "bn.running_var"]),
        ("mxnet", "torch", {"1.gamma": (3,), "1.running_mean": (3,), "1.running_var": (3,)},
         ["1.weight", "1.running_mean", "1.running_var"]),
        ("mindspore", "torch", {"emb.embedding_table": (5, 2)}, ["emb.weight"]),
        ("mindspore", "mxnet", {"a.w": (1,)}, ["a.alpha"]),
        ("torch", "mindspore", {"ln.weight": (2, 3), "ln.bias": (2, 3)}, ["ln.gamma", "ln.beta"]),
        ("torch", "mindspore", {"c.weight": (4, 3, 5, 5), "l.weight": (2, 3), "l.bias": (2,)}, ["c.weight", "l.weight", "l.bias"]),
        ("torch", "mxnet", {"r.weight_ih_l0": (8, 3), "r.bias_hh_l1": (8,)}, ["r._unfused.0.i2h_weight", "r._unfused.1.h2h_bias"]),
        ("torch", "mxnet", {"weight_hh_l0": (8, 2), "weight_hh_l0_reverse": (8, 2)},
         ["_unfused.0.l_cell.h2h_weight", "_unfused.0.r_cell.h2h_weight"]),
        ("mxnet", "mindspore", {"1._unfused.0.r_cell.i2h_bias": (8,), "1._unfused.0.l_cell.i2h_bias": (8,)},
         ["1.bias_ih_l0_reverse", "1.bias_ih_l0"]),
        ("torch", "mindspore", {"head.scale": (3,)}, ["head.scale"]),
        ("mindspore", "mxnet", {"c.weight_ih": (8, 3), "c.weight_hh": (8, 2), "c.bias_ih": (8,), "c.bias_hh": (8,)},
         ["c.i2h_weight", "c.h2h_weight", "c.i2h_bias", "c.h2h_bias"]),
        ("mxnet", "torch", {"c.i2h_weight": (8, 3), "c.h2h_weight": (8, 2)}, ["c.weight_ih", "c.weight_hh"]),
    ],
    ids=["BatchNorm torch-mindspore", "BatchNorm torch-mxnet", "BatchNorm mxnet-torch", "Embedding", "PReLU", "LayerNorm",
         "Conv and Linear", "LSTM", "two-way LSTM", "LSTM from Gluon", "unknown", "cell", "cell from Gluon"],
)  # fmt: skip
def test_rules_translate(source: str, target: str, shapes: dict, expected: list[str]) -> None:
    made = plan(entries(shapes), target, source=source)
    assert not made.questions
    assert [move.name for move in made.moves if move.source] == expected


@pytest.mark.parametrize(
    ("source", "target", "shapes", "kinds"),
    [
        ("torch", "mindspore", {"x.weight": (5, 2)}, "Linear or Embedding"),
        ("mxnet", "mindspore", {"x.weight": (5, 2)}, "Linear or Embedding"),
        ("torch", "mxnet", {"x.weight": (5,)}, "PReLU or LayerNorm"),
        ("mindspore", "torch", {"x.weight": (5, 2, 1, 3)}, "Conv or Conv1d"),
        ("torch", "mindspore", {**BN, "c.weight": (2, 3, 1, 1, 1)}, "BatchNorm or BatchNorm3d"),
    ],
    ids=["torch matrix", "Gluon matrix", "vector", "flat kernel", "BatchNorm beside 3-D kernels"],
)
def test_what_names_and_shapes_do_not_say_is_asked(source: str, target: str, shapes: dict, kinds: str) -> None:
    made = plan(entries(shapes), target, source=source)
    (question,) = made.questions
    assert kinds in question.reason
    path = question.about
    settled = plan(entries(shapes), target, source=source, rules=Rules(kinds={path: kinds.split(" or ")[1]}))
    assert not settled.questions


def test_what_is_the_same_for_all_kinds_is_not_asked() -> None:
    assert moved(plan(entries({"x.weight": (5, 2)}), "mxnet", source="torch")) == {"x.weight": "x.weight"}


@pytest.mark.parametrize(("source", "target"), [("torch", "mindspore"), ("mindspore", "torch")])
def test_kernels_of_one_axis(source: str, target: str) -> None:
    shapes = {"torch": (4, 3, 5), "mindspore": (4, 3, 1, 5)}
    rules = Rules(kinds={"c": "Conv1d"})
    (move,) = plan(entries({"c.weight": shapes[source]}), target, source=source, rules=rules).moves
    assert (move.shape, move.actions) == (shapes[target], ["reshaped"])


def test_assumptions_are_told() -> None:
    made = plan(entries({"c.weight": (4, 3, 1, 1), "d.weight": (4, 3, 3, 3)}), "torch", source="mindspore")
    assert [bool(move.assumed) for move in made.moves] == [True, False]


@pytest.mark.parametrize(
    ("beside", "expected"),
    [
        ({"c.weight": (2, 3, 3, 3, 3)}, ["n.weight", "n.running_mean", "n.running_var"]),
        ({"c.weight": (2, 3, 3, 3)}, ["n.bn2d.weight", "n.bn2d.running_mean", "n.bn2d.running_var"]),
        ({"c.weight": (2, 3, 3, 3, 3), "n.x.weight": (2, 2)}, ["n.bn2d.weight", "n.bn2d.running_mean", "n.bn2d.running_var"]),
    ],
    ids=["three axes", "two axes", "a module with more inside"],
)  # fmt: skip
def test_a_batch_norm_of_three_axes_from_mindspore(beside: dict, expected: list[str]) -> None:
    inner = {f"n.bn2d.{name}": (4,) for name in ("gamma", "moving_mean", "moving_variance")}
    rules = Rules(kinds={"n.bn2d": "BatchNorm"}) if "n.x.weight" in beside else None
    made = plan(entries({**beside, **inner}), "torch", source="mindspore", rules=rules)
    assert not made.questions
    assert [move.name for move in made.moves if "bn2d" in str(move.source)] == expected
    assert all(move.assumed for move in made.moves if move.name == "n.weight")


def test_arrays_that_others_keep_are_added() -> None:
    made = plan(entries({"b.running_mean": (3,), "b.running_var": (3,)}), "mindspore", source="torch")
    added = {move.name: (move.fill, move.shape) for move in made.moves if move.source is None}
    assert added == {"b.gamma": (1, (3,)), "b.beta": (0, (3,))}


def test_gluon_scopes_do_not_say_paths() -> None:
    names = {"net0_dense0_weight": (3, 2), "net0_dense0_bias": (3,), "net0_batchnorm0_moving_mean": (3,)}
    made = plan(entries(names), "torch", source="mxnet")
    assert [question.about for question in made.questions] == ["net0_dense0", "net0_batchnorm0"]
    assert made.questions[0].answers == ("[paths]", '"net0_dense0" = "PATH"')
    rules = Rules(paths={"net0_dense0": "0", "net0_batchnorm0": "features.1"}, drop=("*_moving_mean",))
    with pytest.raises(PlanError, match=r"^--map gives two tensors the name '0.weight'"):
        plan(entries({**names, "0.weight": (3, 2)}), "torch", source="mxnet", rules=rules)
    del names["net0_batchnorm0_moving_mean"]
    rules = Rules(paths={"net0_dense0": "0"})
    assert moved(plan(entries(names), "torch", source="mxnet", rules=rules)) == {
        "net0_dense0_weight": "0.weight", "net0_dense0_bias": "0.bias",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("shapes", "hint", "source"),
    [
        (BN, None, "torch"),
        ({"a.embedding_table": (3, 2)}, "torch", "mindspore"),
        ({"a.gamma": (2,), "a.running_mean": (2,), "a.running_var": (2,)}, None, "mxnet"),
        ({"a.weight": (2,), "a.running_mean": (2,), "a.running_var": (2,)}, None, "torch"),
        ({"a.weight": (3, 2)}, "mindspore", "mindspore"),
    ],
    ids=["counts", "table against the format", "gamma", "weight", "format"],
)
def test_whose_names_they_are(shapes: dict, hint: str | None, source: str) -> None:
    assert plan(entries(shapes), "torch" if source != "torch" else "mxnet", hint=hint).source == source


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ({"a.gamma": (3,), "a.beta": (3,), "e.weight": (3, 2)}, "could be those of"),
        ({"a.embedding_table": (3, 2), "b.num_batches_tracked": ()}, "of several vocabularies"),
    ],
    ids=["no sign", "contradicting signs"],
)
def test_names_that_could_be_of_several_need_from(shapes: dict, message: str) -> None:
    with pytest.raises(PlanError, match=message):
        plan(entries(shapes), "mindspore")


def test_a_training_checkpoint_holds_more_than_the_network() -> None:
    made = plan(entries({"state_dict.l.weight": (2, 3, 3, 3), "optimizer.x": (2,)}), "mindspore", source="torch")
    assert moved(made) == {"state_dict.l.weight": "l.weight"}
    assert made.unused == {"optimizer.x": "it is beside 'state_dict'"}
    rules = Rules(names={"l.weight": "m.weight"}, drop=("optimizer.*",))
    again = plan(
        entries({"state_dict.l.weight": (2, 3, 3, 3), "optimizer.x": (2,)}), "mindspore", source="torch", rules=rules
    )
    assert moved(again) == {"state_dict.l.weight": "m.weight"}
    with pytest.raises(PlanError, match="the file has no tensor 'state_dict.l.weight'"):
        plan(
            entries({"state_dict.l.weight": (2, 3)}),
            "mxnet",
            source="torch",
            rules=Rules(names={"state_dict.l.weight": "m"}),
        )


CANONICAL = {
    "Linear": linear.Linear, "Conv": conv.Conv, "Conv1d": conv.Conv, "Embedding": embedding.Embedding,
    "PReLU": activation.PReLU, "LayerNorm": norm.LayerNorm, "BatchNorm": norm.BatchNorm,
    "RecurrentCell": rnn.RecurrentCell,
}  # fmt: skip


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "BatchNorm3d"])
def test_kinds_say_what_the_rows_say(kind: str) -> None:
    checked = 0
    for vocabulary, spelled in KINDS[kind].items():
        for row in ROWS.get((vocabulary, CANONICAL[kind]), []):
            checked += 1
            said = {name: row.params.get(name, name) for name in spelled}
            assert said == dict(spelled), (vocabulary, row)
    assert checked


# ---- by a model ----


def batch_norms() -> list:
    """One network in each vocabulary."""
    gluon = mx.gluon.nn.HybridSequential()
    gluon.add(
        mx.gluon.nn.Conv2D(4, 3, in_channels=3), mx.gluon.nn.BatchNorm(in_channels=4), mx.gluon.nn.Dense(2, in_units=4)
    )
    return [
        th.nn.Sequential(th.nn.Conv2d(3, 4, 3), th.nn.BatchNorm2d(4), th.nn.Linear(4, 2)),
        ms.nn.SequentialCell(ms.nn.Conv2d(3, 4, 3, has_bias=True), ms.nn.BatchNorm2d(4), ms.nn.Dense(4, 2)),
        gluon,
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm(4), nn.Linear(4, 2)),
    ]


FILES = {
    "torch": {"0.weight": (4, 3, 3, 3), "0.bias": (4,), **{f"1.{n[3:]}": s for n, s in BN.items()}, "2.weight": (2, 4), "2.bias": (2,)},
    "mindspore": {
        "0.weight": (4, 3, 3, 3), "0.bias": (4,), "1.moving_mean": (4,), "1.moving_variance": (4,), "1.gamma": (4,),
        "1.beta": (4,), "2.weight": (2, 4), "2.bias": (2,),
    },
    "mxnet": {
        "0.weight": (4, 3, 3, 3), "0.bias": (4,), "1.gamma": (4,), "1.beta": (4,), "1.running_mean": (4,),
        "1.running_var": (4,), "2.weight": (2, 4), "2.bias": (2,),
    },
}  # fmt: skip


@pytest.mark.parametrize("model", range(4), ids=["torch model", "mindspore model", "gluon model", "neutral model"])
@pytest.mark.parametrize("source", FILES)
@pytest.mark.parametrize("target", FILES)
def test_any_model_says_all_names(model: int, source: str, target: str) -> None:
    made = plan(entries(FILES[source]), target, model=batch_norms()[model])
    assert made.source == source
    assert not made.questions
    assert {move.name: move.shape for move in made.moves} == FILES[target]
    assert set(made.unused) == ({"1.num_batches_tracked"} if source == "torch" and target != "torch" else set())


@pytest.mark.parametrize(("shape", "source"), [((4, 3, 5), "torch"), ((4, 3, 1, 5), "mindspore")])
def test_forms_tell_whose_equal_names_are(shape: tuple[int, ...], source: str) -> None:
    made = plan(entries({"0.weight": shape, "0.bias": (4,)}), "torch", model=th.nn.Sequential(th.nn.Conv1d(3, 4, 5)))
    assert (made.source, made.questions) == (source, [])
    assert [move.shape for move in made.moves] == [(4, 3, 5), (4,)]


@pytest.mark.parametrize("prefix", ["module.", "state_dict.", "a.b."])
def test_a_prefix_is_taken_off(prefix: str) -> None:
    shapes = {prefix + name: shape for name, shape in FILES["torch"].items()} | {"optimizer.step": ()}
    made = plan(entries(shapes), "mxnet", model=batch_norms()[0])
    assert {move.name for move in made.moves} == set(FILES["mxnet"])
    assert made.unused["optimizer.step"] == "the model has no such array"
    assert made.notes == [f"the prefix {prefix!r} was taken off the names"]


def test_a_missing_array_and_a_misshapen_one_are_asked() -> None:
    shapes = {**FILES["torch"], "2.weight": (2, 5)}
    del shapes["0.bias"]
    made = plan(entries(shapes), "mindspore", model=batch_norms()[0])
    assert {q.about: q.reason for q in made.questions} == {
        "2.weight": "2.weight has the shape (2, 5), the model's is (2, 4)",
        "0.bias": "the file has nothing for 0.bias (4,)",
    }


def test_a_file_of_another_model_is_refused() -> None:
    with pytest.raises(PlanError, match=r"no tensor has a name of Sequential, such as 0.weight, 0.bias"):
        plan(entries({"x.y": (3,)}), "mxnet", model=batch_norms()[0])


SCOPED = {"conv0_weight": (4, 3, 3, 3), "conv0_bias": (4,), "batchnorm0_gamma": (4,), "batchnorm0_beta": (4,),
          "batchnorm0_running_mean": (4,), "batchnorm0_running_var": (4,), "dense0_weight": (2, 4), "dense0_bias": (2,)}  # fmt: skip


@pytest.mark.parametrize("scope", ["", "hybridsequential7_"])
@pytest.mark.parametrize("model", range(4), ids=["torch model", "mindspore model", "gluon model", "neutral model"])
def test_gluon_scopes_are_matched_by_order_and_shape(scope: str, model: int) -> None:
    shapes = {scope + name: shape for name, shape in SCOPED.items()}
    made = plan(entries(shapes), "torch", source="mxnet", model=batch_norms()[model])
    assert not made.questions
    assert moved(made)[f"{scope}dense0_bias"] == "2.bias"
    assert moved(made)[f"{scope}batchnorm0_gamma"] == "1.weight"
    assert not any(move.assumed for move in made.moves)


def test_gluon_scopes_of_layers_that_look_alike_are_told() -> None:
    shapes = {"d0_weight": (2, 2), "d0_bias": (2,), "d1_weight": (2, 2), "d1_bias": (2,)}
    made = plan(
        entries(shapes), "torch", source="mxnet", model=th.nn.Sequential(th.nn.Linear(2, 2), th.nn.Linear(2, 2))
    )
    assert moved(made)["d1_bias"] == "1.bias"
    assert all("by its place" in move.assumed for move in made.moves)


@pytest.mark.parametrize(
    "change",
    [{"d1_weight": (3, 2), "d1_bias": (3,)}, {"d2_weight": (2, 2)}, {"d0_gamma": (2,)}],
    ids=["shape", "more", "other"],
)
def test_gluon_scopes_that_do_not_match_throughout_match_nothing(change: dict) -> None:
    shapes = {"d0_weight": (2, 2), "d0_bias": (2,), "d1_weight": (2, 2), "d1_bias": (2,), **change}
    model = th.nn.Sequential(th.nn.Linear(2, 2), th.nn.Linear(2, 2))
    with pytest.raises(PlanError, match="no tensor has a name of"):
        plan(entries(shapes), "torch", source="mxnet", model=model)


def test_two_tensors_of_one_name_are_asked() -> None:
    shapes = {"r.l0_i2h_weight": (8, 3), "r._unfused.0.i2h_weight": (8, 3)}
    made = plan(entries(shapes), "torch", source="mxnet")
    (question,) = made.questions
    assert question.reason == "'r.l0_i2h_weight' and 'r._unfused.0.i2h_weight' would both be 'r.weight_ih_l0'"


@pytest.mark.parametrize(
    ("source", "shapes", "kinds"),
    [
        ("mxnet", {"b.moving_mean": (2,), "b.running_mean": (2,), "b.running_var": (2,), "b.gamma": (2,)}, {}),
        ("mindspore", {"n.gamma": (2,), "n.bn2d.gamma": (2,), "n.bn2d.moving_mean": (2,)}, {"n": "BatchNorm3d"}),
    ],
    ids=["two spellings", "a layer inside another"],
)
def test_no_tensor_is_lost(source: str, shapes: dict, kinds: dict) -> None:
    made = plan(entries(shapes), "torch", source=source, rules=Rules(kinds=kinds))
    told = [move.source for move in made.moves] + list(made.unused)
    assert all(name in told or any(name in q.reason for q in made.questions) for name in shapes)


def test_a_fixed_gamma_becomes_1() -> None:
    net = mx.gluon.nn.BatchNorm(scale=False)
    made = plan(entries(dict.fromkeys(("gamma", "beta", "running_mean", "running_var"), (3,))), "torch", model=net)
    added = {move.name: (move.fill, move.shape) for move in made.moves if move.source is None}
    assert added == {"weight": (1, (3,)), "num_batches_tracked": (0, ())}
    assert "fix_gamma" in made.unused["gamma"]


def test_what_the_target_has_no_place_for_must_change_nothing() -> None:
    net = ms.nn.BatchNorm2d(3, affine=False)
    made = plan(entries(dict.fromkeys(("mean", "variance", "gamma", "beta"), (3,))), "torch", model=net)
    assert made.neutral == {"gamma": 1, "beta": 0}
    assert {move.name for move in made.moves} == {"running_mean", "running_var", "num_batches_tracked"}


def test_mindspore_wraps_batch_norms_of_three_axes() -> None:
    shapes = {name[3:]: shape for name, shape in BN.items()}
    made = plan(
        entries({f"0.{n}": s for n, s in shapes.items()}), "mindspore", model=th.nn.Sequential(th.nn.BatchNorm3d(4))
    )
    assert moved(made)["0.weight"] == "0.bn2d.gamma"
    back = plan(
        entries({m.name: m.shape for m in made.moves}), "torch", model=ms.nn.SequentialCell(ms.nn.BatchNorm3d(4))
    )
    assert {move.name for move in back.moves} == {f"0.{name}" for name in shapes}


def test_a_layer_without_parameters_needs_no_counterpart() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Flatten())
    assert [slot.name for slot in slots.slots(net, "torch")] == ["0.weight", "0.bias"]


# ---- --map ----


def test_rules_are_read(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(
        'from = "torch"\ndrop = ["opt.*"]\n[paths]\n"a" = ""\n[names]\n"x" = "y"\n[kinds]\n"e*" = "Linear"'
    )
    rules = read_rules(str(tmp_path / "m.toml"), KINDS)
    assert rules.vocabulary == "torch"
    assert (rules.drops("opt.m"), rules.drops("o")) == (True, False)
    assert (rules.name_of("a.b.w"), rules.name_of("x"), rules.name_of("ab.w")) == ("b.w", "y", "ab.w")
    assert (rules.kind_of("emb"), rules.kind_of("fc")) == ("Linear", None)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = 1", "'kind' is not one of from, drop, names, paths, kinds. Did you mean 'kinds'"),
        ("[kinds]\na = 'Conv3'", "'a' = 'Conv3' is none of .* Did you mean 'Conv'"),
        ("drop = 'x'", "drop must be a list of texts"),
        ("from = 'keras'", "from = 'keras', expected torch"),
        ("[names]\na = 1", "names must be a table from texts to texts"),
        ("= 3", "Invalid"),
    ],
)
def test_wrong_rules_are_named(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(text)
    with pytest.raises(PlanError, match=message):
        read_rules(str(tmp_path / "m.toml"), KINDS)


@pytest.mark.parametrize(
    "rules",
    [Rules(names={"x.wieght": "a"}), Rules(paths={"y": "z"}), Rules(drop=("z*",))],
    ids=["names", "paths", "drop"],
)
def test_rules_about_what_is_not_there_are_refused(rules: Rules) -> None:
    with pytest.raises(PlanError, match="--map: "):
        plan(entries({"x.weight": (3, 2)}), "mxnet", source="torch", rules=rules)


# ---- any names at all ----

LAST = [*(name.partition(".")[2] for name in BN), "gamma", "moving_mean", "moving_var", "embedding_table", "alpha", "w", "cls",
        "weight_ih_l0", "_unfused.0.i2h_weight", "l0_i2h_weight", "bn2d.gamma", "bn2d.moving_mean", "d0_weight"]  # fmt: skip
PATHS = ["", "a.", "b.", "a.b.", "a.bn2d.", "state_dict.", "net0_"]
SHAPES = [(), (2,), (2, 3), (2, 2), (2, 3, 1, 1), (2, 3, 3, 3), (2, 3, 5), (1, 2, 3, 3, 3)]
NAMES = st.builds(str.__add__, st.sampled_from(PATHS), st.sampled_from(LAST))


@settings(max_examples=300, deadline=None)
@given(
    shapes=st.dictionaries(NAMES, st.sampled_from(SHAPES), max_size=8),
    source=st.sampled_from([None, "torch", "mindspore", "mxnet"]),
    target=st.sampled_from([None, "torch", "mindspore", "mxnet"]),
    kinds=st.dictionaries(st.sampled_from([path[:-1] for path in PATHS]), st.sampled_from(SAYABLE), max_size=2),
)
def test_every_tensor_is_told_of_and_none_changes_its_size(
    shapes: dict, source: str | None, target: str | None, kinds: dict
) -> None:
    try:
        made = plan(entries(shapes), target, source=source, rules=Rules(kinds=kinds))
    except PlanError as error:
        assert "--from" in str(error)
        return
    told = {move.source for move in made.moves} | made.unused.keys()
    for name in shapes.keys() - told:
        assert any(name.removeprefix("state_dict.") in question.reason for question in made.questions)
    if not made.questions:
        assert len({move.name for move in made.moves}) == len(made.moves)
    for move in made.moves:
        assert move.source is None or np.prod(move.shape) == np.prod(shapes[move.source])


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("{0}.0.weight", "torch"),
        ("module{0}.bn2d.gamma", "mindspore"),
        ("a.l{0}_i2h_weight", "mxnet"),
        ("d{0}_weight", "mxnet"),
        ("x{0}." + "y." * 300 + "0.weight", "torch"),
    ],
    ids=["prefixes", "bn2d", "recurrent", "scopes", "deep"],
)
@pytest.mark.parametrize("with_model", [False, True], ids=["rules", "model"])
def test_time_is_linear_in_the_names(name: str, source: str, with_model: bool) -> None:
    shapes = {name.format(n): (2, 2) for n in range(6_000)} | {"c": (1, 1, 1, 1, 1)}
    model = th.nn.Sequential(*(th.nn.Linear(2, 2) for _ in range(20))) if with_model else None
    started = time.perf_counter()
    target = "mxnet" if source == "torch" else "torch"
    if with_model and source != "torch":
        with pytest.raises(PlanError, match="no tensor has a name of"):
            plan(entries(shapes), target, source=source, model=model)
    else:
        plan(entries(shapes), target, source=source, model=model)
    assert time.perf_counter() - started < 5


def test_a_vocabulary_that_cannot_say_the_model_is_no_candidate() -> None:
    model = th.nn.Sequential(th.nn.GroupNorm(1, 4), th.nn.Linear(4, 2))
    own = entries({name: tuple(tensor.shape) for name, tensor in model.state_dict().items()})
    assert moved(plan(own, "mindspore", model=model)) == {
        "0.weight": "0.gamma", "0.bias": "0.beta", "1.weight": "1.weight", "1.bias": "1.bias"
    }  # fmt: skip
    with pytest.raises(errors.UnifiedError, match=r"GroupNorm .*mxnet.*one gamma and beta per group"):
        plan(own, "mxnet", model=model)
