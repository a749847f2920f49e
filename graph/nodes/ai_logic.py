"""Transforms values with code that a model writes."""

from __future__ import annotations

from pydantic import Field

from graph.ports import DONE, Port
from graph.spec import CacheableData, NodeSpec, Text


class AiLogicData(CacheableData):
    """Data of an `ai-logic` node."""

    transform_prompt: Text = Field(
        default="", description="What to do with the inputs, in words, when nothing is connected to `transform`."
    )
    generated_code: Text = Field(
        default="", description="JavaScript over `input1` and `input2` that ends in `return`; written when absent."
    )
    code_explanation: Text = Field(default="", description="What the code does, in words.")
    code_expanded: bool = Field(default=False, description="Editor: show the code.")
    eval_expanded: bool = Field(default=False, description="Editor: show the checks of the code.")


SPEC = NodeSpec(
    type="ai-logic",
    label="AI Logic",
    category="Logic",
    summary="Transforms up to two inputs with code that a model writes from a description.",
    data=AiLogicData,
    defaults={"label": "AI Logic"},
    example={"label": "Word Count", "transformPrompt": "Count the words in input1."},
    inputs=(
        Port(
            id="transform",
            type="string",
            label="Transform",
            inline="transformPrompt",
            description="What to do with the inputs, in words.",
        ),
        Port(id="input1", type="string", label="Input 1", description="The first value, `input1` in the code."),
        Port(id="input2", type="string", label="Input 2", description="The second value, `input2` in the code."),
    ),
    outputs=(Port(id="output", type="string", label="Result", description="What the code returns, as text."), DONE),
    default_input="input1",
    default_output="output",
    type_aliases=("magic",),
    input_aliases={"prompt": "input1"},
    runtime=frozenset({"isGenerating", "generationError", "evalResults"}),
    size=(280, 300),
    cache="opt-in",
)
