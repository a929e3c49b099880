"""Only a token that is exactly ours, signed by the key at hand, yields its claims (ATTACKS 1-51, 56, 66-68, 72)."""

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from contracts.codec import Malformed, b64url, decode_strict, encode
from keys.ed25519 import BadKey, ed25519_public
from keys.errors import REFUSED, TokenRefused
from keys.tokens import _SMALL_ORDER, MAX_HEADER, MAX_TOKEN, ORDER, jws, key_id, parse, sign, verify

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
KID = key_id(PUBLIC.public_bytes_raw())
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
TYP = "rj.contact-request.v1+jwt"
HEADER = {"alg": "Ed25519", "kid": KID, "typ": TYP}
CLAIMS = b'{"iss":"prison-leeds","n":1}'
TOKEN = sign(CLAIMS, TYP, KID, KEY)
JWK = {"kty": "OKP", "crv": "Ed25519", "x": b64url(OTHER.public_key().public_bytes_raw())}
ANY_OBJECT: msgspec.json.Decoder[dict[str, Any]] = msgspec.json.Decoder(dict[str, Any])


def header(**changed: object) -> bytes:
    """Our header with members added or changed; None takes one away."""
    return encode({name: value for name, value in {**HEADER, **changed}.items() if value is not None})


def forge(head: bytes | str = header(), claims: bytes | str = CLAIMS, key: Ed25519PrivateKey = KEY) -> str:
    """A token whose signature is good whatever its parts are; text is taken as a segment, as it stands."""
    parts = [part if isinstance(part, str) else b64url(part) for part in (head, claims)]
    signing_input = ".".join(parts)
    return f"{signing_input}.{b64url(key.sign(signing_input.encode('utf-8', 'surrogatepass')))}"


def accept(token: str, key: Ed25519PublicKey = PUBLIC) -> dict[str, Any]:
    """The journey of a token: parse, verify, read the claims."""
    return decode_strict(verify(parse(token), key), ANY_OBJECT, MAX_TOKEN)


def refused(token: str, key: Ed25519PublicKey = PUBLIC) -> bool:
    """Whether a token is refused as a token, in the one uniform way."""
    with pytest.raises(TokenRefused) as refusal:
        verify(parse(token), key)
    assert str(refusal.value) == REFUSED
    assert refusal.value.__cause__ is None
    return True


def mac(key: bytes) -> str:
    """A token under HMAC, keyed with the public key in some form."""
    signing_input = f"{b64url(header(alg='HS256'))}.{b64url(CLAIMS)}"
    return f"{signing_input}.{b64url(hmac.digest(key, signing_input.encode(), hashlib.sha256))}"


def public_as(encoding: Encoding, form: PublicFormat) -> bytes:
    """The public key as an attacker would find it."""
    return PUBLIC.public_bytes(encoding, form)


@pytest.fixture(autouse=True)
def _positive_control() -> None:
    """Beside every flaw: the same token without it is accepted, forged or signed."""
    assert forge() == TOKEN
    assert accept(TOKEN) == {"iss": "prison-leeds", "n": 1}


HEADERS = {
    "01-none": header(alg="none"),
    "02-none-variants": header(alg="None"),
    "02-none-upper": header(alg="NONE"),
    "02-none-mixed": header(alg="nOnE"),
    "03-alg-empty": header(alg=""),
    "03-alg-null": header().replace(b'"Ed25519"', b"null"),
    "03-alg-list": header(alg=["Ed25519"]),
    "03-alg-object": header(alg={}),
    "04-alg-missing": header(alg=None),
    "09-another-family": header(alg="ES256"),
    "09-older-name": header(alg="EdDSA"),
    "09-other-curve": header(alg="Ed448"),
    "09-lower-case": header(alg="ed25519"),
    "15-jwk-present": header(jwk=JWK),
    "16-jku": header(jku="https://attacker.example/keys"),
    "16-x5u": header(x5u="https://attacker.example/keys"),
    "17-x5c": header(x5c=["MIIB"]),
    "17-x5t": header(x5t="AAAA"),
    "18-kid-path": header(kid="../../../dev/null"),
    "18-kid-sql": header(kid="a' union select '"),
    "18-kid-line-feed": header(kid="abcdefgh\n"),
    "18-kid-short": header(kid="abcdefg"),
    "18-kid-long": header(kid="a" * 65),
    "18-kid-unicode": header(kid="\u0661" * 8),
    "19-kid-number": header(kid=12345678),
    "19-kid-null": header().replace(encode(KID), b"null"),
    "19-kid-list": header(kid=[KID]),
    "19-kid-missing": header(kid=None),
    "23-crit-unknown": header(crit=["rj"]),
    "24-crit-empty": header(crit=[]),
    "25-crit-standard": header(crit=["alg"]),
    "26-crit-duplicate": header(crit=["rj", "rj"], rj=1),
    "27-crit-no-list": header(crit="rj"),
    "28-b64-false": header(b64=False, crit=["b64"]),
    "29-b64-text": header(b64="false"),
    "30-zip": header(zip="DEF"),
    "31-typ-of-others": header(typ="JWT"),
    "31-typ-access-token": header(typ="at+jwt"),
    "32-typ-missing": header(typ=None),
    "32-typ-application": header(typ=f"application/{TYP}"),
    "32-typ-version-0": header(typ="rj.open.v0+jwt"),
    "32-typ-version-100": header(typ="rj.open.v100+jwt"),
    "32-typ-upper": header(typ=TYP.upper()),
    "32-typ-line-feed": header(typ=TYP + "\n"),
    "32-typ-long": header(typ=f"rj.{'a' * 41}.v1+jwt"),
    "33-duplicate-alg": header()[:-1] + b',"alg":"Ed25519"}',
    "33-duplicate-other-first": b'{"alg":"none",' + header()[1:],
    "33-duplicate-by-escape": header()[:-1] + b',"\\u0061lg":"Ed25519"}',
    "33-unknown-member": header(cty="json"),
    "40-bom": b"\xef\xbb\xbf" + header(),
    "41-utf-16": header().decode().encode("utf-16"),
    "41-utf-16-le": header().decode().encode("utf-16-le"),
    "42-bad-utf8": header().replace(b"contact", b"contac\xff"),
    "43-lone-surrogate": header().replace(b"contact", b"\\ud800"),
    "44-trailing": header() + b"{}",
    "46-nesting": b"[" * 200 + b"]" * 200,
    "49-long": header() + b" " * (MAX_HEADER - len(header()) + 1),
    "49-20-kb": header(extra="x" * 20_000),
    "50-no-object": b'["Ed25519"]',
    "50-empty": b"",
}


@pytest.mark.parametrize("head", HEADERS.values(), ids=HEADERS)
def test_attack_header(head: bytes) -> None:
    """A header with any flaw is refused, though the signature over it is good."""
    assert refused(forge(head))


@pytest.mark.parametrize("alg", ["none", "None", "NONE"])
def test_attack_01_02_none_without_signature(alg: str) -> None:
    """No signature is no signature, whatever the header calls it."""
    assert refused(forge(header(alg=alg)).rpartition(".")[0] + ".")


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(public_as(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), id="05-pem"),
        pytest.param(PUBLIC.public_bytes_raw(), id="06-jwk-raw"),
        pytest.param(jwt.algorithms.OKPAlgorithm.to_jwk(PUBLIC).encode(), id="06-jwk"),
        pytest.param(public_as(Encoding.DER, PublicFormat.SubjectPublicKeyInfo), id="07-der"),
        pytest.param(public_as(Encoding.OpenSSH, PublicFormat.OpenSSH), id="08-ssh"),
    ],
)
def test_attack_05_to_08_hmac_with_the_public_key(key: bytes) -> None:
    """A public key is never taken for a shared secret."""
    assert refused(mac(key))


def test_attack_10_11_only_ed25519_key_objects_verify() -> None:
    """A key of another curve, of another use, or as text is refused, not tried."""
    goldilocks = Ed448PrivateKey.generate().public_key()
    agreement = X25519PrivateKey.generate().public_key()
    for key in (goldilocks, agreement, public_as(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), "secret", None):
        assert refused(TOKEN, key)  # type: ignore[arg-type]


def test_attack_14_embedded_key_is_not_used() -> None:
    """A token that brings its own key is refused under ours and under its own."""
    token = forge(header(jwk=JWK), key=OTHER)
    assert refused(token)
    assert refused(token, OTHER.public_key())


def test_attack_20_another_agencys_key() -> None:
    """A good signature by another key is refused; under that key it is accepted."""
    token = forge(key=OTHER)
    assert refused(token)
    assert accept(token, OTHER.public_key())


def test_attack_31_the_type_is_told() -> None:
    """The caller sees which message the token is, and by which key, before anything else is believed."""
    parsed = parse(TOKEN)
    assert (parsed.header.typ, parsed.header.kid) == (TYP, KID)


def test_a_header_of_the_greatest_length_is_accepted() -> None:
    """512 bytes are accepted; one more is refused among the headers above."""
    assert accept(forge(header().ljust(MAX_HEADER)))


def test_header_members_may_stand_in_any_order() -> None:
    """JOSE libraries sort members, or do not."""
    for order in (("typ", "alg", "kid"), ("kid", "typ", "alg")):
        assert accept(forge(json.dumps({name: HEADER[name] for name in order}).encode()))


HEAD, BODY, SIGNATURE = TOKEN.split(".")


def respelt(data: bytes) -> str:
    """The same bytes in base64url with a spare bit set, as a lenient decoder still reads them."""
    text = b64url(data)
    other = text[:-1] + chr(ord(text[-1]) + 1)
    assert base64.urlsafe_b64decode(other + "==") == data
    return other


def standard(data: bytes, mark: str) -> str:
    """The same bytes in the standard alphabet, unpadded, where that makes a difference."""
    text = base64.b64encode(data).decode().rstrip("=")
    assert mark in text
    return text


SEGMENTS = {
    "34-padded-claims": forge(claims=BODY + "=="),
    "34-padded-header": forge(HEAD + "="),
    "34-padded-signature": TOKEN + "==",
    "35-spare-bits-claims": forge(claims=respelt(b'{"ab":1}')),
    "35-spare-bits-signature": f"{HEAD}.{BODY}.{respelt(parse(TOKEN).signature)}",
    "36-plus": forge(claims=standard(b'{"a":">>>>"}', "+")),
    "36-slash": forge(claims=standard(b'{"a":"????"}', "/")),
    "37-space": forge(claims=BODY[:8] + " " + BODY[8:]),
    "37-line-feed": forge(claims=BODY + "\n"),
    "37-line-feed-at-the-end": TOKEN + "\n",
    "37-space-before": " " + TOKEN,
    "37-junk": forge(claims=BODY[:8] + "!!!!" + BODY[8:]),
    "37-nul": forge(claims=BODY + "\x00"),
    "37-not-ascii": forge(claims=BODY + "\u00e9"),
    "37-lone-surrogate": forge(claims=BODY + "\ud800"),
    "38-1-segment": HEAD,
    "38-2-segments": f"{HEAD}.{BODY}",
    "38-2-segments-signed": f"{HEAD}.{SIGNATURE}",
    "38-4-segments": f"{TOKEN}.{SIGNATURE}",
    "38-4-segments-signed": forge(claims=f"{BODY}.{BODY}"),
    "38-5-segments": f"{TOKEN}.{SIGNATURE}.{SIGNATURE}",
    "38-empty-segment": f".{TOKEN}",
    "38-dots": "." * 1000,
    "38-empty": "",
    "39-flattened-json": json.dumps({"protected": HEAD, "payload": BODY, "signature": SIGNATURE}),
    "39-general-json": json.dumps({"payload": BODY, "signatures": [{"protected": HEAD, "signature": SIGNATURE}]}),
    "48-1-mb": forge(claims=b'{"a":"' + b"x" * 2**20 + b'"}'),
    "48-one-character-more": "a" * (MAX_TOKEN + 1),
}


@pytest.mark.parametrize("token", SEGMENTS.values(), ids=SEGMENTS)
def test_attack_encoding(token: str) -> None:
    """Each token can be written in one way only: another spelling of it is refused."""
    assert refused(token)


def test_a_token_of_the_greatest_length_is_accepted() -> None:
    """32 KiB are accepted, one character more is not."""
    free = MAX_TOKEN - len(HEAD) - len(SIGNATURE) - 2
    full = b'{"a":"' + b"x" * (free * 3 // 4 - 8) + b'"}'
    assert MAX_TOKEN - 2 <= len(forge(claims=full)) <= MAX_TOKEN
    assert accept(forge(claims=full))
    assert refused(forge(claims=full + b"}}}"))


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(claims, id=name)
        for name, claims in {
            "40-bom": b"\xef\xbb\xbf" + CLAIMS,
            "41-utf-16": CLAIMS.decode().encode("utf-16"),
            "41-utf-16-le": CLAIMS.decode().encode("utf-16-le"),
            "41-utf-16-be": CLAIMS.decode().encode("utf-16-be"),
            "44-trailing-null": CLAIMS + b" null",
            "50-list": b"[1]",
            "50-text": b'"{}"',
            "50-number": b"1",
            "50-null": b"null",
            "50-empty": b"",
            "50-space-round": b" {} ",
        }.items()
    ],
)
def test_attack_claims_are_one_object(claims: bytes) -> None:
    """Claims that do not begin and end as an object are no token at all."""
    assert refused(forge(claims=claims))


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(claims, id=name)
        for name, claims in {
            "42-bad-utf8": b'{"a":"\xff"}',
            "43-lone-surrogate": b'{"a":"\\udfff"}',
            "44-trailing-object": b"{}{}",
            "45-duplicate": b'{"iss":"a","iss":"b"}',
            "45-duplicate-by-escape": b'{"iss":"a","\\u0069ss":"b"}',
            "46-nesting-900": b'{"a":' * 900 + b"1" + b"}" * 900,
            "46-nesting-33": b'{"a":' * 33 + b"1" + b"}" * 33,
            "47-nesting-as-deep-as-fits": b'{"a":' + b"[" * 12_000 + b"]" * 12_000 + b"}",
            "51-nan": b'{"exp":NaN}',
            "51-infinity": b'{"exp":Infinity}',
            "51-1e400": b'{"exp":1e400}',
            "56-float": b'{"exp":1.5}',
            "57-minus-1e300": b'{"iat":-1e300}',
        }.items()
    ],
)
def test_attack_claims_are_read_strictly(claims: bytes) -> None:
    """A well-signed token with ambiguous claims is refused when they are read."""
    with pytest.raises(Malformed):
        accept(forge(claims=claims))


def test_attack_47_nesting_100000() -> None:
    """Nesting that needs more than a token can hold is refused for its length."""
    assert refused(forge(claims=b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"))


def with_signature(signature: bytes) -> str:
    """Our token with another signature."""
    return f"{HEAD}.{BODY}.{b64url(signature)}"


RAW = parse(TOKEN).signature


def unparsed(token: str) -> bool:
    """Whether a token is refused before any key is tried: we do not lean on the library for it."""
    with pytest.raises(TokenRefused):
        parse(token)
    return True


@pytest.mark.parametrize("times", [1, 2, 7])
def test_attack_66_signature_with_the_order_added(times: int) -> None:
    """S + L satisfies the equation as S does: a second signature would be a second token."""
    s = int.from_bytes(RAW[32:], "little") + times * ORDER
    assert unparsed(with_signature(RAW[:32] + s.to_bytes(32, "little")))


def test_attack_66_s_equal_to_the_order() -> None:
    """S is below L, not up to it."""
    assert unparsed(with_signature(RAW[:32] + ORDER.to_bytes(32, "little")))


@pytest.mark.parametrize("y", sorted(_SMALL_ORDER))
@pytest.mark.parametrize("sign_bit", [0, 2**255])
def test_attack_67_small_order(y: int, sign_bit: int) -> None:
    """A point of small order is neither a key nor the R of a signature."""
    point = (y | sign_bit).to_bytes(32, "little")
    with pytest.raises(BadKey):
        ed25519_public(point)
    assert unparsed(with_signature(point + RAW[32:]))


def test_attack_67_the_identity_as_r_is_refused_though_it_verifies() -> None:
    """The holder could make such a signature, and would publish the private key with it."""
    digest = hashlib.sha512(bytes(range(32))).digest()
    scalar = (int.from_bytes(digest[:32], "little") & (2**254 - 8)) | 2**254
    identity = (1).to_bytes(32, "little")
    said = f"{HEAD}.{BODY}".encode()
    h = int.from_bytes(hashlib.sha512(identity + PUBLIC.public_bytes_raw() + said).digest(), "little")
    signature = identity + (h * scalar % ORDER).to_bytes(32, "little")
    PUBLIC.verify(signature, said)  # the library takes it
    assert unparsed(with_signature(signature))


@pytest.mark.parametrize("offset", range(19))
def test_attack_67_r_not_canonical(offset: int) -> None:
    """An R whose y is the field's order or more is refused."""
    assert refused(with_signature((2**255 - 19 + offset).to_bytes(32, "little") + RAW[32:]))


@pytest.mark.parametrize(
    "signature",
    [b"", RAW[:63], RAW + b"\0", RAW[:32], RAW + RAW, bytes(64), b"\xff" * 64],
    ids=["empty", "truncated", "extended", "half", "twice", "zeros", "ones"],
)
def test_attack_68_signature_of_another_length(signature: bytes) -> None:
    """A signature has 64 bytes, all of them its own."""
    assert unparsed(with_signature(signature))


def test_attack_72_signature_moved() -> None:
    """A signature is worth nothing beside other claims or another header."""
    assert refused(f"{HEAD}.{b64url(CLAIMS.replace(b'1', b'2'))}.{SIGNATURE}")
    assert refused(f"{b64url(header(typ='rj.open.v1+jwt'))}.{BODY}.{SIGNATURE}")


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_no_other_character_anywhere(at: int, character: str) -> None:
    """One token, one spelling: any other character at any place is refused."""
    changed = TOKEN[:at] + character + TOKEN[at + 1 :]
    assert changed == TOKEN or refused(changed)


@given(
    st.dictionaries(st.text(), st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), max_size=6),
    st.from_regex(r"rj\.[a-z-]{2,40}\.v[1-9][0-9]?\+jwt", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9_-]{8,64}", fullmatch=True),
)
def test_what_we_accept_pyjwt_accepts(claims: dict[str, Any], typ: str, kid: str) -> None:
    """Full PyJWT decoding agrees on claims and header: it is the oracle of our own parser."""
    token = sign(encode(claims), typ, kid, KEY)
    assert accept(token) == claims
    decoded = jws().decode_complete(token, PUBLIC, algorithms=["Ed25519"])
    assert json.loads(decoded["payload"]) == claims
    assert decoded["header"] == {"alg": "Ed25519", "kid": kid, "typ": typ}
    assert token == jws().encode(encode(claims), KEY, algorithm="Ed25519", headers={"typ": typ, "kid": kid})


def test_pyjwt_is_left_with_one_algorithm() -> None:
    """Nothing but Ed25519 can ever be chosen, and nothing but its key objects be used."""
    assert jws().get_algorithms() == ["Ed25519"]
    with pytest.raises(jwt.InvalidKeyError):
        jws().decode(TOKEN, Ed448PrivateKey.generate().public_key(), algorithms=["Ed25519"])
    with pytest.raises(jwt.InvalidKeyError):
        jws().decode(TOKEN, public_as(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), algorithms=["Ed25519"])


@pytest.mark.parametrize(
    ("claims", "typ", "kid"),
    [(b"[]", TYP, KID), (CLAIMS, "JWT", KID), (CLAIMS, TYP, "short"), (b'{"a":"' + b"x" * MAX_TOKEN + b'"}', TYP, KID)],
    ids=["claims", "typ", "kid", "length"],
)
def test_we_never_sign_what_we_would_not_read(claims: bytes, typ: str, kid: str) -> None:
    """A mistake shows at the sender, not at the gateway."""
    with pytest.raises(TokenRefused):
        sign(claims, typ, kid, KEY)


def test_signing_is_deterministic() -> None:
    """The same claims are the same token: a lost reply can be rebuilt."""
    assert sign(CLAIMS, TYP, KID, KEY) == TOKEN


def test_a_key_id_is_the_keys_own() -> None:
    """22 characters of a hash of the key, so none can take another's name; pinned."""
    raw = PUBLIC.public_bytes_raw()
    assert key_id(raw) == b64url(hashlib.sha256(b"rj-kid-v1\x00" + raw).digest())[:22]
    assert key_id(bytes(32)) == "CboGO8GLC7vIkr_iZ9GwuB"
    assert len({key_id(bytes([n]) * size) for n in range(9) for size in (32, 1216)}) == 18
