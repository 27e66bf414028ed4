"""Messages of real engines, shortened, and the reasons that they give."""

import pytest

from wasm_check.errors import LONGEST, one_line
from wasm_check.refusals import known_refusal

TRACT = (
    'TractError: Translating node #1 "odd" Unimplemented(Bernoulli) ToTypedTranslator\n\nCaused by:\n'
    "    Operator can not be made a TypedOp.\n\nStack backtrace:\n   0: <anyhow::Error>::msg::<&str>\n   1: main"
)
TRACT_HALF = (
    'TractError: Translating node #42 "/classifier/Gemm" Gemm ToTypedTranslator\n\nCaused by:\n    Output mismatch '
    "after rewiring expansion for output #0: expected batch,3036,F16 got batch,3036,F32\n\nStack backtrace:\n   0: main"
)
ORT_WEB = "Error: Can't create a session. ERROR_CODE: {}, ERROR_MESSAGE: {}"


@pytest.mark.parametrize(
    ("engine", "message", "reason"),
    [
        ("onnxruntime", "Fail: … failed:Fatal error: org.example:Quantumize(-1) is not a registered function/op",
         "E 1.0 has no operator org.example:Quantumize."),
        ("onnxruntime", "InvalidGraph: … Error No Op registered for Quantumize with domain_version of 11",
         "E 1.0 has no operator Quantumize."),
        ("ort-web", ORT_WEB.format(6, "No Op registered for Quantumize with domain_version of 11"),
         "E 1.0 has no operator Quantumize."),
        ("ort-web-threads", ORT_WEB.format(9, "Could not find an implementation for Conv(11) node with name 'c'"),
         "E 1.0 has no operator Conv of this data type."),
        ("onnxruntime", "Fail: … official released onnx opset versions. Opset 99 is under development and support …",
         "E 1.0 does not read opset 99."),
        ("tract", TRACT, "E 1.0 has no operator Bernoulli."),
        ("tract", TRACT_HALF, "E 1.0 has no operator Gemm of float16: take fp16-weights."),
        ("tractjs", 'Error {\n    context: "Translating node #1 \\"odd\\" Unimplemented(Celu) ToTypedTranslator"',
         "E 1.0 has no operator Celu."),
        ("tractjs", 'Error {\n  context: "… Gemm ToTypedTranslator",\n  source: "…: tensor is F16, accessed as F32",',
         "E 1.0 has no operator Gemm of float16: take fp16-weights."),
        ("ort-web-webgpu", ORT_WEB.format(1, "Program Transpose requires f16 but the device does not support it."),
         "E 1.0 needs shader-f16 for this file, which this WebGPU adapter lacks: take fp16-weights."),
        ("tractjs", "Error {\n    source: No matrix multiplier for F64xF64 to F64,\n}",
         "E 1.0 has no matrix product of F64xF64."),
    ],
)  # fmt: skip
def test_a_refusal_names_the_operator(engine, message, reason):
    assert known_refusal(engine, "E 1.0", "fp32", message) == reason


@pytest.mark.parametrize("message", ["out of memory", "Can not broadcast shapes", "no answer within 120 s"])
def test_an_unknown_failure_is_no_known_refusal(message):
    assert known_refusal("tractjs", "E 1.0", "fp32", message) is None


def test_a_refusal_may_be_of_one_precision():
    assert "zero points" in known_refusal("tractjs", "E 1.0", "int8-dynamic", "Can not broadcast shapes 1 and 2")


def test_one_line_drops_the_backtrace_and_shortens():
    assert one_line(TRACT).endswith("ToTypedTranslator Caused by: Operator can not be made a TypedOp.")
    assert len(one_line("word " * LONGEST)) == LONGEST
