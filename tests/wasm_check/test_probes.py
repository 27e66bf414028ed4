from kakitori.spec import CONFIG_FILE, WEIGHTS_FILE
from wasm_check.probes import copy_model


def test_a_copys_files_last_as_long_as_its_weights(tmp_path):
    model, copy = tmp_path / "model", tmp_path / "copy"
    model.mkdir()
    (model / CONFIG_FILE).write_text("{}")
    (model / WEIGHTS_FILE).write_bytes(b"first")
    exported = copy_model(model, copy) / "strict.onnx"
    exported.write_bytes(b"of the first weights")
    copy_model(model, copy)
    assert exported.exists()
    (model / WEIGHTS_FILE).write_bytes(b"second")
    copy_model(model, copy)
    assert not exported.exists()
    assert (copy / WEIGHTS_FILE).read_bytes() == b"second"
