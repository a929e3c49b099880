"""Which witnesses are enough: the policy file and its quorum."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.checkpoint import Malformed, format_vkey
from contracts.tlog_policy import Policy, satisfied

LOG = "gateway.example/audit+e7b99c16+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
KEYS = [format_vkey(f"witness.example/{number}", 4, bytes([number]) * 32) for number in range(6)]
EXAMPLE = f"""\
# The example of the specification.
log {LOG} https://gateway.example/audit

witness X1 {KEYS[0]}
witness X2 {KEYS[1]}  https://witness.example/1
\twitness X3 {KEYS[2]}
group X-witnesses 2 X1 X2 X3
witness Y1 {KEYS[3]}
witness Y2 {KEYS[4]}
witness Y3 {KEYS[5]}\t
group Y-witnesses any Y1 Y2 Y3
  # Both organisations.
group X-and-Y all X-witnesses Y-witnesses
quorum X-and-Y
"""


def test_a_policy_is_read():
    """Logs, witnesses, groups and the quorum come out in the order of the file."""
    policy = Policy.parse(EXAMPLE)
    assert [(log.vkey, log.url) for log in policy.logs] == [(LOG, "https://gateway.example/audit")]
    assert [witness.name for witness in policy.witnesses] == ["X1", "X2", "X3", "Y1", "Y2", "Y3"]
    assert policy.witnesses[1].url == "https://witness.example/1"
    assert [(group.name, group.threshold) for group in policy.groups] == [
        ("X-witnesses", 2), ("Y-witnesses", 1), ("X-and-Y", 2),
    ]  # fmt: skip
    assert policy.quorum == "X-and-Y"


@given(st.sets(st.sampled_from(["X1", "X2", "X3", "Y1", "Y2", "Y3"])))
def test_a_quorum_is_met_by_the_rule_of_its_groups(names):
    """Two of the first three and one of the others, no fewer."""
    enough = len([name for name in names if name[0] == "X"]) >= 2 and any(name[0] == "Y" for name in names)
    assert satisfied(Policy.parse(EXAMPLE), names) is enough


def test_the_name_of_a_group_is_not_a_vote():
    """Only witnesses count: naming a group, or the same witness again, adds nothing."""
    policy = Policy.parse(EXAMPLE)
    assert not satisfied(policy, ["X-and-Y", "X-witnesses", "Y-witnesses"])
    assert not satisfied(policy, ["X1", "X1", "Y1"])


def test_one_witness_or_none_may_be_the_quorum():
    """A quorum may be a single witness; none asks for nobody, and then nobody need be listed."""
    single = Policy.parse(f"witness X1 {KEYS[0]}\nquorum X1\n")
    assert satisfied(single, ["X1"])
    assert not satisfied(single, [])
    assert satisfied(Policy.parse("quorum none\n"), [])


def test_a_large_policy_is_read_and_judged():
    """A chain of thousands of groups is judged without recursion."""
    chain = "".join(f"group {each} any {each - 1}\n" for each in range(1, 5_000))
    policy = Policy.parse(f"witness 0 {KEYS[0]}\n{chain}quorum 4999\n")
    assert satisfied(policy, ["0"])
    assert not satisfied(policy, [])


ONE = f"witness X1 {KEYS[0]}\n"
BOTH = f"{ONE}witness X1-06 {format_vkey('witness.example/0', 6, bytes(1312))}\nwitness X2 {KEYS[1]}\n"


def test_two_keys_of_one_witness_count_once():
    """They stand in one group of any, or only one of them counts at all; otherwise the policy is refused."""
    policy = Policy.parse(BOTH + "group G any X1 X1-06\ngroup H 2 G X2\nquorum H\n")
    assert not satisfied(policy, ["X1", "X1-06"])
    assert satisfied(policy, ["X1-06", "X2"])
    for only in ("quorum X1-06\n", "group G 2 X1 X2\nquorum G\n", "group G any X1 X1-06 X2\nquorum G\n"):
        assert Policy.parse(BOTH + only)
    for twice in ("group G 2 X1 X1-06 X2\n", "group G any X1\ngroup H any X1-06\ngroup I all G H\n"):
        with pytest.raises(Malformed, match="count once"):
            Policy.parse(BOTH + twice + "quorum none\n")


@pytest.mark.parametrize("text", [
    "",
    "\n",
    ONE,
    "quorum none",
    "quorum none\nquorum none\n",
    "quorum X1\n" + ONE,
    "quorum\n",
    "quorum none none\n",
    "Quorum none\n",
    "quorum\u00a0none\n",
    "quorum none\r\n",
    "quorum none\x00\n",
    "quorum none # why\n",
    "# padding" + " " * (1 << 18) + "\nquorum none\n",
    f"log {LOG}\nlog {LOG}\nquorum none\n",
    f"log {LOG} a b\nquorum none\n",
    f"log {LOG[:-1]}\nquorum none\n",
    f"witness X1 {LOG}\nquorum X1\n",
    ONE + f"witness X1 {KEYS[1]}\nquorum X1\n",
    ONE + f"witness X2 {format_vkey('other.example', 4, bytes(32))}\nquorum X1\n",
    f"witness none {KEYS[0]}\nquorum none\n",
    ONE + "group G any\nquorum G\n",
    ONE + "group G\nquorum none\n",
    ONE + "group G 0 X1\nquorum G\n",
    ONE + "group G 2 X1\nquorum G\n",
    ONE + "group G 01 X1\nquorum G\n",
    ONE + "group G ١ X1\nquorum G\n",
    ONE + "group G some X1\nquorum G\n",
    ONE + "group G any X1 X1\nquorum G\n",
    ONE + "group G any G\nquorum G\n",
    ONE + "group G any none\nquorum G\n",
    ONE + "group G any X2\nquorum G\n",
    ONE + "group X1 any X1\nquorum X1\n",
    ONE + "group G any X1\ngroup H any X1\nquorum G\n",
])  # fmt: skip
def test_a_policy_that_says_something_else_is_refused(text):
    """Unknown lines, undefined or doubled names, doubled keys, wrong kinds and thresholds out of range are refused."""
    with pytest.raises(Malformed):
        Policy.parse(text)


@given(st.text() | st.text("group none XY123all any \n").map(lambda middle: f"{EXAMPLE}{middle}\n"))
def test_any_input_is_read_or_refused(text):
    """No input raises anything but Malformed."""
    try:
        policy = Policy.parse(text)
    except Malformed:
        return
    assert satisfied(policy, [witness.name for witness in policy.witnesses])
