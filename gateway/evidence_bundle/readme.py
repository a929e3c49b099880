"""README.txt of a bundle, for a judge or a lawyer: what it is, what it shows and does not show, how to check it.

Apart from what the lines say, the text is the same for every reader of one side: it tells nobody what is left out.
"""

from textwrap import dedent, wrap
from typing import Final

from gateway.evidence_bundle import words
from gateway.evidence_bundle.case import Case

WIDTH: Final = 78
INDENT: Final = "    "

WHAT: Final = """\
1. WHAT THIS IS

This file is evidence of one request under the agreement between the prison
service and the police about restorative justice. Prisons ask; the police or a
victim liaison unit ask the victim; the victim decides. Everything that is said
passes through a gateway, which writes a line into a public log before it passes
anything on. A line shows nobody what it stands for. It is a commitment: whoever
holds what was committed to can prove it, and nobody can change it afterwards.

For each line that its reader may see this file holds what was committed to, the
message as its sender signed it, the gateway's own signed word, and a receipt that
proves the line's place in the log. No name, number or address of anybody is in
it, and no detail that was shared: those travel sealed, and are never in the log.
People stand under pseudonyms, which only their own agency can resolve.
"""

SHOWN: Final = """\
The same as a table is in timeline.txt, as a picture in timeline.svg. What proves
each line lies in the folder lines/, under the line's number.
"""

IN_ORDER: Final = """\
Everything that must come before something else does so: the request before all
else, the victim's consent before any hand-over of their details and valid at that
time, each detail among those asked for, permitted and shared, and none handed over
after a withdrawal, an ending or an erasure.
"""

NOT_JUDGED: Final = """\
Some records were erased, each under a rule and by an erasure that is itself a line.
Log time never goes back. More of the order cannot be judged from what is left.
"""

LIMITS: Final = """\
4. WHAT IT DOES NOT SHOW

* That it is all. A log proves what is in it; that nothing else concerns this
  request could be shown only by opening every line of the log. {cut}
* What was said outside the system, by telephone or face to face; and what somebody
  did with a detail after it was handed over.
* That an agency told the truth. Who acted, in which role and with which training,
  how they signed in, and that a victim consented: these are the signed word of the
  agency that says so.
* Who a pseudonym stands for. Ask the agency.
* When this file was made, and for whom it was asked: that is its maker's word.
  Everything else is proved.
"""

CUT: Final = {
    "requester": "This file holds what its reader sent and what was delivered to it, and no other line.",
    "holder": "This file holds what its reader sent and what was delivered to it, and no other line.",
    "inspector": "This file holds every line that the gateway found under this request.",
}

CHECKING: Final = """\
5. HOW TO CHECK IT

You need the log's public key. Do not take it from this file (log.vkey): ask both
parties for it, or take it from where they publish it. The same goes for the keys
of both parties' officers (officers.vkeys), who sign the agreement and the agency
directory, and for the list of the log's cosigners (witness.policy), if there is
one. The gateway is not needed, and need not be trusted.

By the project's own program, without a network:

    rj verify evidence THIS-FILE.zip --key KEY --officers OFFICERS-FILE

It checks every signature, proof and file, then the order of events, and prints
each step. It ends with 0 if all holds and with 6 if anything does not.

By other people's tools, step by step:

a. Files. In the unpacked folder: sha256sum -c MANIFEST.sha256
b. A line's place in the log. receipt.tlog-proof is in the C2SP format tlog-proof
   (c2sp.org/tlog-proof): its last part is a checkpoint (c2sp.org/tlog-checkpoint)
   signed by the log's key. The entry is leaf.json, byte for byte; its hash is
   SHA-256(00 || entry), and the proof is that of RFC 9162, section 2.1.3.2.
c. What the line stands for. leaf.json holds two commitments. The first must be
   HMAC-SHA-256 under the key in shared.salt (hexadecimal), over the bytes
   "rj-leaf-v1", 00, "shared", 00, and then shared.json byte for byte:

       (printf 'rj-leaf-v1\\0shared\\0'; cat shared.json) |
         openssl dgst -sha256 -mac HMAC -macopt hexkey:$(cat shared.salt) -binary |
         basenc --base64url | tr -d =

   and the second likewise with "exact", where exact.json is there.
d. Who said it. token.jwt is a JSON Web Signature (RFC 7515, Ed25519). Its header
   names a key, "kid". Look it up in the directory in documents/: the one whose line
   (evidence.json, "documents") is the last before this line. The key must belong to
   the agency in "iss" and be valid at the time "at" in shared.json. SHA-256 of the
   whole token, base64url, is "token" in shared.json.
e. What the gateway said. decision.jwt and notice.jwt are signed by the log's key:
   log.vkey ends in the base64 of a byte 01 and the 32 bytes of an Ed25519 key.
f. The agreement and the directory. Each .note is a C2SP signed note
   (c2sp.org/signed-note) by both parties' officers over the document's SHA-256,
   base64url. Its .leaf.json is what the log announced, its .tlog-proof proves that.
g. The order. Lines are numbered as they stand in the log; "at" is the log's time in
   seconds since 1970, UTC. Read the messages in that order and compare.
h. The log itself. Whoever keeps a copy of the log, or is one of its cosigners, can
   show that the checkpoint in this file is of the same log that everybody sees.
"""


def text(case: Case) -> str:
    """The whole text."""
    return "\n".join([_head(case), WHAT, _shown(case), _order(case), _limits(case), CHECKING, _members()])


def _head(case: Case) -> str:
    material, last = case.material, case.lines[-1].index
    rows = [
        "EVIDENCE OF ONE EXCHANGE",
        "",
        f"Exchange:   {material.exchange}",
        f"Log:        {material.origin}",
        f"Requester:  {words.agency(case, case.requester, last)}" if case.requester else "",
        f"Holder:     {words.agency(case, case.holder, last)}" if case.holder else "",
        f"Made for:   {words.agency(case, material.reader, last)}, as {case.side}",
        f"Put together on {words.when(material.at)}.",
    ]
    return "\n".join(rows) + "\n"


def _shown(case: Case) -> str:
    rows = ["2. WHAT IT SHOWS, LINE BY LINE", ""]
    for line in case.lines:
        at = words.when(line.shared.at) if line.shared else "its time is not open"
        told = wrap(words.sentence(case, line), WIDTH - len(INDENT))
        rows += [f"Line {line.index}, {at}", *(INDENT + each for each in told), ""]
    return "\n".join([*rows, SHOWN])


def _order(case: Case) -> str:
    if not case.faults:
        return f"3. THE ORDER OF EVENTS\n\n{NOT_JUDGED if case.partial else IN_ORDER}"
    rows = ["3. THE ORDER OF EVENTS", "", "NOT EVERYTHING IS IN ORDER:", ""]
    for fault in case.faults:
        rows += wrap(f"* Line {fault.line}: {fault.words}.", WIDTH, subsequent_indent="  ")
    return "\n".join(rows) + "\n"


def _limits(case: Case) -> str:
    """The limits, wrapped anew around what the cut is."""
    head, _, rest = LIMITS.partition("* ")
    points = ["* " + point for point in rest.format(cut=CUT[case.side]).split("\n* ")]
    told = ["\n".join(wrap(" ".join(point.split()), WIDTH, subsequent_indent="  ")) for point in points]
    return head + "\n".join(told) + "\n"


def _members() -> str:
    return dedent("""\
        6. WHAT LIES WHERE

        README.txt           this text
        timeline.txt, .svg   what happened, as a table and as a picture
        evidence.json        the lines and documents in this file, for programs
        lines/…/             for each line: leaf.json and receipt.tlog-proof; where its
                             reader may see them token.jwt, decision.jwt, notice.jwt,
                             shared.json with shared.salt, exact.json with exact.salt
        documents/           the agreement and the directory as they stood
        checkpoint           the newest signed head of the log among the receipts
        log.vkey, officers.vkeys, witness.policy   keys as its maker had pinned them
        MANIFEST.sha256      the SHA-256 of every other file
        """)
