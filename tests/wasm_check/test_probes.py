from kakitori.spec import CONFIG_FILE, WEIGHTS_FILE
from wasm_check.probes import copy_model


def test_a_copy_keeps_its_files_while_weights_and_config_are_the_same(tmp_path):
    model, copy = tmp_path / "model", tmp_path / "copy"
    model.mkdir()
    (model / CONFIG_FILE).write_text("{}")
    (model / WEIGHTS_FILE).write_bytes(b"first")
    exported = copy_model(model, copy) / "strict.onnx"
    exported.write_bytes(b"of the first weights")
    copy_model(model, copy)
    assert exported.exists()
    (model / CONFIG_FILE).write_text('{"confidence": 2}')
    copy_model(model, copy)
    assert not exported.exists()
    exported.write_bytes(b"of the first weights")
    (model / WEIGHTS_FILE).write_bytes(b"second")
    copy_model(model, copy)
    assert not exported.exists()
    assert (copy / WEIGHTS_FILE).read_bytes() == b"second"
