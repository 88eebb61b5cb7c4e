"""The ring jwt of a stack's key file as keys to sign with, and signatures by another library than
the server's own code (RFC 7518, RFC 8037)."""

import hashlib
import hmac
import tomllib
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from support import jwt

ALGORITHMS = ("HS256", "EdDSA", "ES256", "RS256")


class Key:
    """One entry of the key file."""

    def __init__(self, entry):
        self.kid, self.algorithm = entry["kid"], entry["algorithm"]
        self.state, self.secret = entry["state"], jwt.decode(entry["secret"])
        self.pair = None
        if self.algorithm != "HS256":
            self.pair = serialization.load_der_private_key(self.secret, None)

    def raw(self, message):
        """The signature of the key's own algorithm."""
        if self.algorithm == "HS256":
            return hmac.new(self.secret, message, hashlib.sha256).digest()
        if self.algorithm == "EdDSA":
            return self.pair.sign(message)
        if self.algorithm == "RS256":
            return self.pair.sign(message, padding.PKCS1v15(), hashes.SHA256())
        r, s = utils.decode_dss_signature(self.pair.sign(message, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def header(self, **changes):
        return {"alg": self.algorithm, "kid": self.kid, "typ": "at+jwt", **changes}

    def sign(self, header, claims):
        """`header` and `claims`: dictionaries, or bytes as they shall stand."""
        signed = jwt.encode(header) + "." + jwt.encode(claims)
        return signed + "." + jwt.encode(self.raw(signed.encode()))

    def public(self, encoding, form):
        return self.pair.public_key().public_bytes(encoding, form)


def ring(stack):
    """Every key of the ring jwt by its kid, in the order of the file."""
    entries = tomllib.loads(Path(stack.config["server"]["key_file"]).read_text())["jwt"]
    return {entry["kid"]: Key(entry) for entry in entries}


def active(stack):
    return next(key for key in ring(stack).values() if key.state == "active")


def rotate(stack, algorithm=None):
    """`gatehouse key rotate`; the new key."""
    stack.cli("key", "rotate", *(("--alg", algorithm) if algorithm else ()))
    return active(stack)


def from_jwk(jwk):
    """The public key, by the library's own reading of the members."""
    def number(name):
        return int.from_bytes(jwt.decode(jwk[name]), "big")
    if jwk["kty"] == "OKP":
        assert jwk["crv"] == "Ed25519"
        return ed25519.Ed25519PublicKey.from_public_bytes(jwt.decode(jwk["x"]))
    if jwk["kty"] == "EC":
        assert jwk["crv"] == "P-256"
        return ec.EllipticCurvePublicNumbers(number("x"), number("y"),
                                             ec.SECP256R1()).public_key()
    assert jwk["kty"] == "RSA"
    return rsa.RSAPublicNumbers(number("e"), number("n")).public_key()


def verify_by_jwk(token, jwk):
    """Raises InvalidSignature where the token is not of this key."""
    message, signature = token.rpartition(".")[0].encode(), jwt.parts(token)[2]
    public = from_jwk(jwk)
    if jwk["alg"] == "EdDSA":
        public.verify(signature, message)
    elif jwk["alg"] == "RS256":
        public.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
    else:
        assert jwk["alg"] == "ES256" and len(signature) == 64
        r, s = (int.from_bytes(part, "big") for part in (signature[:32], signature[32:]))
        public.verify(utils.encode_dss_signature(r, s), message, ec.ECDSA(hashes.SHA256()))
