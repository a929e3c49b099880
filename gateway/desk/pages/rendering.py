"""Templates: Jinja2 with GOV.UK's own components, everything escaped. What templates may call is listed here."""

from functools import cache
from typing import Final

from jinja2 import ChainableUndefined, Environment, PackageLoader, PrefixLoader, select_autoescape
from jinja2.loaders import ChoiceLoader

from gateway.desk.pages import times
from gateway.desk.pages.assets import asset
from gateway.desk.pages.reference import reference

SERVICE: Final = "Restorative Justice Gateway"


@cache
def environment() -> Environment:
    """The templates of the pages and of GOV.UK's components."""
    loader = ChoiceLoader(
        [
            PackageLoader("gateway.desk.pages"),
            PrefixLoader({"govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja")}),
        ]
    )
    made = Environment(
        loader=loader,
        autoescape=select_autoescape(("html",), default=True),
        undefined=ChainableUndefined,  # GOV.UK's components ask for what was not given
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters |= {
        "when": times.when,
        "by": times.by,
        "day": times.day,
        "short": times.short,
        "clock": times.clock,
        "machine": times.machine,
        "due": times.due,
        "reference": reference,
    }
    made.globals |= {"asset": asset, "SERVICE": SERVICE}
    return made


def render(template: str, values: dict[str, object]) -> str:
    """A page as HTML."""
    return environment().get_template(template).render(values)
