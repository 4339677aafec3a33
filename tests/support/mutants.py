"""Damaged copies of an ONNX file: what a careless or a hostile hand makes of a good one. Same seed, same damage."""

import random
from collections.abc import Callable, Iterator
from typing import Final

import onnx
from onnx import ModelProto, TensorProto, helper

Damage = Callable[[ModelProto, random.Random], None]
_ABSURD: Final = (-1, 0, 3, 2**16, 2**31 - 1, 2**40, 2**62)
_OPERATORS: Final = (
    "Loop",
    "If",
    "Scan",
    "Magic",
    "StringConcat",
    "RandomNormal",
    "Conv",
    "Add",
    "Tile",
    "Gemm",
    "Relu",
)


def _rename_operator(model: ModelProto, rng: random.Random) -> None:
    rng.choice(model.graph.node).op_type = rng.choice(_OPERATORS)


def _rename_domain(model: ModelProto, rng: random.Random) -> None:
    rng.choice(model.graph.node).domain = rng.choice(("com.microsoft", "ai.onnx.ml", "", "x\n"))


def _rewire(model: ModelProto, rng: random.Random) -> None:
    node, other = rng.choice(model.graph.node), rng.choice(model.graph.node)
    if node.input and other.output:
        node.input[rng.randrange(len(node.input))] = other.output[0]


def _drop_node(model: ModelProto, rng: random.Random) -> None:
    del model.graph.node[rng.randrange(len(model.graph.node))]


def _repeat_nodes(model: ModelProto, rng: random.Random) -> None:
    model.graph.node.extend([rng.choice(model.graph.node)] * rng.choice((1, 100, 30_000)))


def _tensor_shape(model: ModelProto, rng: random.Random) -> None:
    tensor = rng.choice(model.graph.initializer)
    if rng.random() < 0.5 and tensor.dims:
        tensor.dims[rng.randrange(len(tensor.dims))] = rng.choice(_ABSURD)
    else:
        tensor.dims.extend([rng.choice(_ABSURD)] * rng.choice((1, 4, 60)))


def _tensor_type(model: ModelProto, rng: random.Random) -> None:
    rng.choice(model.graph.initializer).data_type = rng.randrange(25)


def _tensor_data(model: ModelProto, rng: random.Random) -> None:
    tensor = rng.choice(model.graph.initializer)
    tensor.raw_data = tensor.raw_data[: rng.randrange(len(tensor.raw_data) + 1)] + b"\xff" * rng.randrange(9)


def _whole_numbers(model: ModelProto, rng: random.Random) -> None:
    """Other numbers where shapes, axes and slices come from."""
    whole = [tensor for tensor in model.graph.initializer if tensor.data_type == TensorProto.INT64 and tensor.raw_data]
    tensor = rng.choice(whole)
    count = len(tensor.raw_data) // 8
    tensor.raw_data = b"".join(rng.choice(_ABSURD).to_bytes(8, "little", signed=True) for _ in range(count))


def _external(model: ModelProto, rng: random.Random) -> None:
    tensor = rng.choice(model.graph.initializer)
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value=rng.choice(("../../etc/passwd", "*/_ORT_MEM_ADDR_/*", "/dev/zero")))


def _attribute(model: ModelProto, rng: random.Random) -> None:
    having = [attribute for node in model.graph.node for attribute in node.attribute if attribute.ints]
    attribute = rng.choice(having)
    attribute.ints[rng.randrange(len(attribute.ints))] = rng.choice(_ABSURD)


def _end_shape(model: ModelProto, rng: random.Random) -> None:
    value = rng.choice([*model.graph.input, *model.graph.output, *model.graph.value_info])
    axes = value.type.tensor_type.shape.dim
    if axes:
        axes[rng.randrange(len(axes))].dim_value = rng.choice(_ABSURD)


def _subgraph(model: ModelProto, rng: random.Random) -> None:
    inner = helper.make_graph([helper.make_node("Add", ["a", "a"], ["b"])], "inner", [], [])
    rng.choice(model.graph.node).attribute.append(helper.make_attribute("body", inner))


def _function(model: ModelProto, rng: random.Random) -> None:
    nodes = [helper.make_node("Relu", ["x"], ["y"])]
    name = rng.choice(model.graph.node).op_type
    model.functions.append(helper.make_function("", name, ["x"], ["y"], nodes, [helper.make_opsetid("", 17)]))


DAMAGES: Final[tuple[Damage, ...]] = (
    _rename_operator,
    _rename_domain,
    _rewire,
    _drop_node,
    _repeat_nodes,
    _tensor_shape,
    _tensor_type,
    _tensor_data,
    _whole_numbers,
    _external,
    _attribute,
    _end_shape,
    _subgraph,
    _function,
)


def mutants(content: bytes, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Name and content of `count` damaged copies: in turn by what a graph says, and by its bytes."""
    rng = random.Random(seed)  # noqa: S311 - damage has to come back, not to be secret
    original = onnx.load_from_string(content)
    for number in range(count):
        damage = DAMAGES[number % len(DAMAGES)] if number % 4 else None
        if damage is None:
            yield f"{number} bytes", _spoil_bytes(content, rng)
            continue
        model = ModelProto()
        model.CopyFrom(original)
        damage(model, rng)
        yield f"{number} {damage.__name__}", bytes(model.SerializeToString())


def _spoil_bytes(content: bytes, rng: random.Random) -> bytes:
    spoilt = bytearray(content)
    for _ in range(rng.choice((1, 4, 64))):
        # Most of a file is weights, where another number says nothing: half of the damage goes to the words before.
        end = min(60_000, len(spoilt)) if rng.random() < 0.5 else len(spoilt)
        at = rng.randrange(end)
        choice = rng.random()
        if choice < 0.7:
            spoilt[at] = rng.randrange(256)
        elif choice < 0.85:
            del spoilt[at : at + rng.randrange(1, 40)]
        else:
            spoilt[at:at] = rng.randbytes(rng.randrange(1, 40))
    return bytes(spoilt)
