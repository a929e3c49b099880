"""Documents under both parties' signatures."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from contracts.directory import SignedDocument
from keys.documents import DocumentKind, DocumentRefused, countersign, digest_of, sign, verify
from keys.notes import Cosigner, NoteSigner
from tests.agencies import Officers, signing_private

OFFICERS = Officers.make()
STRANGER = NoteSigner(name="operator.example", key=signing_private("operator"))
TEXT = 'id = "noms-acpo"\n'
SIGNED = sign("agreement", "noms-acpo", 3, TEXT, OFFICERS.signers)


def test_a_document_that_both_officers_signed_is_read_back() -> None:
    """What was signed comes back with its id, version and digest."""
    verified = verify("agreement", SIGNED, OFFICERS.verifiers)
    assert (verified.id, verified.version, verified.document) == ("noms-acpo", 3, TEXT)
    assert verified.digest == digest_of(TEXT)


def test_the_note_says_exactly_what_is_signed() -> None:
    """The note text is the published one, so that other signed-note tools can check it."""
    text = SIGNED.note.partition("\n\n")[0]
    assert digest_of("") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
    assert text == f"rj agreement noms-acpo\nversion 3\nsha256 {digest_of(TEXT)}"


@pytest.mark.parametrize("signers", [(OFFICERS.noms,), (OFFICERS.acpo,), (OFFICERS.noms, STRANGER)])
def test_one_officer_is_not_enough(signers: tuple[NoteSigner, ...]) -> None:
    """The signature of each party's officer is needed; a stranger's does not stand in, and the missing one is named."""
    missing = "noms" if OFFICERS.noms not in signers else "acpo"
    with pytest.raises(DocumentRefused, match=f"{missing}.example/officer"):
        verify("agreement", sign("agreement", "noms-acpo", 3, TEXT, signers), OFFICERS.verifiers)


def test_a_document_that_only_strangers_signed_is_refused() -> None:
    """An operator cannot sign for the parties, not even under an officer's name."""
    poser = NoteSigner(name=OFFICERS.noms.name, key=STRANGER.key)
    with pytest.raises(DocumentRefused, match="not signed by both"):
        verify("agreement", sign("agreement", "noms-acpo", 3, TEXT, (STRANGER, poser)), OFFICERS.verifiers)


def test_further_signatures_do_no_harm() -> None:
    """A signature of a key that nobody pinned is ignored."""
    signed = sign("agreement", "noms-acpo", 3, TEXT, (*OFFICERS.signers, STRANGER))
    assert verify("agreement", signed, OFFICERS.verifiers).version == 3


@given(position=st.integers(0, len(TEXT) - 1), letter=st.characters(codec="utf-8"))
def test_a_changed_document_is_refused(position: int, letter: str) -> None:
    """Any change of any character of the document is noticed."""
    changed = TEXT[:position] + letter + TEXT[position + 1 :]
    if changed != TEXT:
        with pytest.raises(DocumentRefused, match="not the one that was signed"):
            verify("agreement", replace(SIGNED, document=changed), OFFICERS.verifiers)


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("agreement", "version 3", "version 4"),
        ("agreement", "noms-acpo", "noms-napo"),
        ("directory", "rj agreement", "rj directory"),
    ],
)
def test_a_changed_note_is_refused(kind: DocumentKind, old: str, new: str) -> None:
    """Kind, id and version stand under the signatures."""
    with pytest.raises(DocumentRefused, match="was changed after"):
        verify(kind, replace(SIGNED, note=SIGNED.note.replace(old, new)), OFFICERS.verifiers)


def test_an_agreement_does_not_pass_for_a_directory() -> None:
    """A text that was signed as one kind of document is not accepted as the other."""
    with pytest.raises(DocumentRefused, match="another kind"):
        verify("directory", SIGNED, OFFICERS.verifiers)


@pytest.mark.parametrize(
    "text",
    [
        "rj letter noms-acpo\nversion 3\nsha256 {}\n",
        "rj agreement noms acpo\nversion 3\nsha256 {}\n",
        "rj agreement noms-acpo\nversion 0\nsha256 {}\n",
        "rj agreement noms-acpo\nversion 03\nsha256 {}\n",
        "rj agreement noms-acpo\nversion 3\nsha256 {}A\n",
        "rj agreement noms-acpo\nversion 3\nsha256 {}\nmore\n",
        "gateway.example/rj\n3\nAAAA\n",
    ],
)
def test_officers_signatures_over_another_text_are_worth_nothing(text: str) -> None:
    """A note of another shape, such as a checkpoint, is not a signed document, whoever signed it."""
    body = text.format(digest_of(TEXT))
    note = body + "\n" + "".join(signer.sign(body) for signer in OFFICERS.signers)
    with pytest.raises(DocumentRefused, match="nothing else"):
        verify("agreement", SignedDocument(document=TEXT, note=note), OFFICERS.verifiers)


def test_what_is_no_note_is_refused() -> None:
    """Text without a signature line is refused as such."""
    with pytest.raises(DocumentRefused, match="not a signed note"):
        verify("agreement", replace(SIGNED, note="rj agreement"), OFFICERS.verifiers)
    with pytest.raises(DocumentRefused, match="not a signed note"):
        countersign(replace(SIGNED, note="rj agreement"), OFFICERS.acpo)


def test_one_officer_cannot_be_pinned_for_both_parties() -> None:
    """Two pins of one key, one pin alone or none, or the key of a witness, are a wrong configuration."""
    twice = NoteSigner(name="acpo.example/officer", key=OFFICERS.noms.key).vkey
    witness = Cosigner(name="witness.example", key=STRANGER.key).vkey
    noms = OFFICERS.noms.vkey
    for officers in [(noms, twice), (noms,), (), (noms, witness), (*OFFICERS.verifiers, twice)]:
        with pytest.raises(DocumentRefused, match="two or more officers"):
            verify("agreement", SIGNED, officers)


def test_officers_sign_one_after_the_other() -> None:
    """Each officer signs where its own key is; the result is the same as signing together."""
    first = sign("agreement", "noms-acpo", 3, TEXT, (OFFICERS.noms,))
    assert countersign(first, OFFICERS.acpo) == SIGNED


def test_an_officer_does_not_countersign_another_document() -> None:
    """The note that an officer is handed must be of the document that the officer has read."""
    first = sign("agreement", "noms-acpo", 3, TEXT, (OFFICERS.noms,))
    with pytest.raises(DocumentRefused, match="not the one that was signed"):
        countersign(replace(first, document=TEXT + "# more"), OFFICERS.acpo)


@pytest.mark.parametrize(("document_id", "version"), [("", 1), ("two words", 1), ("line\nfeed", 1), ("noms-acpo", 0)])
def test_nothing_is_signed_that_could_not_be_verified(document_id: str, version: int) -> None:
    """An id or version that the note cannot carry is refused at signing."""
    with pytest.raises(DocumentRefused, match="nothing else"):
        sign("agreement", document_id, version, TEXT, OFFICERS.signers)


def test_a_text_without_utf8_has_no_digest() -> None:
    """A lone surrogate has no bytes to sign."""
    with pytest.raises(DocumentRefused, match="UTF-8"):
        digest_of("\ud800")
