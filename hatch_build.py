"""The build hook of hatchling: what a wheel contains beside the package, and what an editable installation requires."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DEFAULT_MODEL = "models/kanji"
EMBEDDED = "kakitori/default_model"  # found by kakitori.model_directory.default_model
EMBEDDED_FILES = ("README.md", "config.json", "mapping.json", "manifest.json", "onnx/strict.int8.onnx")
EDITABLE_EXTRA = "site"


class ModelHook(BuildHookInterface[Any]):
    """Embeds the default model in a wheel; adds the requirements of the tasks and the site to an editable one."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Change `build_data` for the `version`, "standard" or "editable"."""
        if version == "editable":  # of a checkout, where models/kanji is used
            build_data["dependencies"] += self.metadata.core.optional_dependencies[EDITABLE_EXTRA]
            return
        build_data["force_include"]["models/LICENSE"] = f"{EMBEDDED}/LICENSE"
        for name in EMBEDDED_FILES:
            build_data["force_include"][f"{DEFAULT_MODEL}/{name}"] = f"{EMBEDDED}/{name}"
