"""The READMEs' tables, from files as `terraform fmt` leaves them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.docs import moduledocs
from tools.errors import UsageProblem
from tools.project import Project

VARIABLES = """\
variable "plain" {
  description = "What it is: \\"quoted\\", with a | in it."
  type        = string
  default     = "value"
}

variable "deep" {
  description = <<-EOT
    First line.
    a: one thing.
  EOT
  type = object({
    a = optional(string, "x")
    b = map(list(string))
  })
  default = {}

  validation {
    condition     = var.deep.a != ""
    error_message = "description = \\"not this one\\""
  }
}

variable "wanted" {
  description = "Nobody knows."
  type        = number
}
"""
OUTPUTS = 'output "made" {\n  description = "What was made."\n  value       = { a = 1 }\n}\n'


@pytest.fixture
def project(tmp_path: Path) -> Project:
    module = tmp_path / "module"
    module.mkdir()
    (module / "variables.tf").write_text(VARIABLES)
    (module / "outputs.tf").write_text(OUTPUTS)
    (module / "README.md").write_text(f"# Module\n\nWords.\n\n{moduledocs.BEGIN}\n{moduledocs.END}\n\nMore words.\n")
    return Project(tmp_path)


def test_tables_show_every_variable_and_output(project: Project) -> None:
    rows = [line for line in moduledocs.render(project.root / "module").splitlines() if line.startswith("| `")]
    assert rows == [
        '| `plain` | What it is: "quoted", with a \\| in it. | `string` | `"value"` |',
        '| `deep` | First line. a: one thing. | `object({ a = optional(string, "x") b = map(list(string)) })` | `{}` |',
        "| `wanted` | Nobody knows. | `number` | required |",
        "| `made` | What was made. |",
    ]


def test_write_brings_up_to_date_and_keeps_the_words(project: Project) -> None:
    readme = project.root / "module" / "README.md"
    assert moduledocs.check(project) == ["module/README.md is behind its variables.tf or outputs.tf."]
    assert moduledocs.write(project) == [readme]
    assert moduledocs.check(project) == []
    assert moduledocs.write(project) == []
    text = readme.read_text()
    assert text.startswith("# Module\n\nWords.\n")
    assert text.endswith("\n\nMore words.\n")


def test_a_changed_description_is_noticed(project: Project) -> None:
    moduledocs.write(project)
    (project.root / "module" / "variables.tf").write_text(VARIABLES.replace("Nobody", "Somebody"))
    assert moduledocs.check(project) == ["module/README.md is behind its variables.tf or outputs.tf."]


def test_a_readme_without_a_place_is_refused(project: Project) -> None:
    (project.root / "module" / "README.md").write_text("# Module\n")
    assert "has no place for its tables" in moduledocs.check(project)[0]
    with pytest.raises(UsageProblem, match=r"module/README\.md"):
        moduledocs.write(project)


def test_a_missing_readme_is_noticed(project: Project) -> None:
    (project.root / "module" / "README.md").unlink()
    assert moduledocs.check(project) == ["module/ has no README.md."]
