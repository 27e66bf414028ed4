import json
import os
import stat
from dataclasses import replace

import pytest
import torch

from kakitori.errors import ModelError
from kakitori.spec import CONFIG_FILE, WEIGHTS_FILE, ModelSpec, read_spec, write_spec
from training.models.registry import build_network
from training.models.weights import load_network, save_network


@pytest.fixture
def saved(tmp_path, small_charset):
    """A model directory with fresh weights, and its network."""
    spec = ModelSpec("resnet", (8, 8, 8), "adaptive_avg", "etl9g", 100, small_charset.digest)
    network = build_network(spec).eval()
    save_network(spec, network, tmp_path)
    return tmp_path, network


def edit_config(model_dir, **changes):
    path = model_dir / CONFIG_FILE
    config = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({k: v for k, v in {**config, **changes}.items() if v is not None}), encoding="utf-8")


def test_a_saved_network_is_loaded_unchanged(saved):
    model_dir, network = saved
    image = torch.randn(1, 1, 64, 64)
    with torch.inference_mode():
        assert torch.equal(load_network(model_dir)[1](image), network(image))


def test_weights_of_another_run_with_the_same_classes_are_refused(saved):
    model_dir, _ = saved
    config = (model_dir / CONFIG_FILE).read_bytes()
    save_network(read_spec(model_dir), build_network(read_spec(model_dir)), model_dir)
    (model_dir / CONFIG_FILE).write_bytes(config)  # as after a stop between the two files
    with pytest.raises(ModelError, match=r"has the SHA-256 .*, and its config was written for weights with .*train"):
        load_network(model_dir)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no umask")
def test_the_files_have_the_mode_that_the_umask_gives(saved):
    before = os.umask(0o027)
    try:
        save_network(read_spec(saved[0]), saved[1], saved[0])
    finally:
        os.umask(before)
    modes = {stat.S_IMODE((saved[0] / name).stat().st_mode) for name in (WEIGHTS_FILE, CONFIG_FILE)}
    assert modes == {0o640}


def test_a_network_too_large_for_its_weights_is_refused_before_it_takes_memory(saved):
    write_spec(replace(read_spec(saved[0]), widths=(4096, 4096, 4096)), saved[0])
    with pytest.raises(ModelError, match="does not fit the 'resnet' network of its config"):
        load_network(saved[0])


def test_a_link_to_other_weights_is_refused(saved, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "weights"
    (saved[0] / WEIGHTS_FILE).rename(elsewhere)
    (saved[0] / WEIGHTS_FILE).symlink_to(elsewhere)
    with pytest.raises(ModelError, match="leads out of"):
        load_network(saved[0])


def test_a_missing_directory_is_named(tmp_path):
    with pytest.raises(ModelError, match=r"There is no model directory '.*nowhere'"):
        load_network(tmp_path / "nowhere")


def test_missing_weights_are_named(saved):
    (saved[0] / WEIGHTS_FILE).unlink()
    with pytest.raises(ModelError, match=r"model.safetensors does not exist"):
        load_network(saved[0])


@pytest.mark.parametrize("kept", [0, 5, 1000, -1])
def test_truncated_weights_are_refused(saved, kept):
    path = saved[0] / WEIGHTS_FILE
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(ModelError, match="is damaged or cut short"):
        load_network(saved[0])


def test_weights_of_another_charset_are_refused(saved):
    from kakitori.charset import get_charset

    write_spec(replace(read_spec(saved[0]), num_classes=99, digest=get_charset("etl9g", 99).digest), saved[0])
    with pytest.raises(ModelError, match="was trained for the charset with digest"):
        load_network(saved[0])


def test_a_digest_that_is_not_the_charsets_is_refused(saved):
    edit_config(saved[0], digest="sha256:0")
    with pytest.raises(ModelError, match="the classes would be misread"):
        load_network(saved[0])


def test_weights_of_another_network_are_refused(saved):
    write_spec(replace(read_spec(saved[0]), widths=(8, 8, 16)), saved[0])
    with pytest.raises(ModelError, match="does not fit the 'resnet' network of its config"):
        load_network(saved[0])


def test_a_config_that_lacks_a_field_names_it(saved):
    edit_config(saved[0], radius=None)
    with pytest.raises(ModelError, match=r"config\.json, document: object missing required field `radius`"):
        read_spec(saved[0])


def test_a_broken_config_is_refused(saved):
    (saved[0] / CONFIG_FILE).write_text("{", encoding="utf-8")
    with pytest.raises(ModelError, match="is not valid JSON"):
        read_spec(saved[0])


def test_an_impossible_size_is_refused(saved):
    edit_config(saved[0], size=60)
    with pytest.raises(ModelError, match="size 60 is not one of 32, 48, 64, 96, 128"):
        read_spec(saved[0])
