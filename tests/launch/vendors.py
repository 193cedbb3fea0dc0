"""Stand-ins for the providers' launch APIs: each checks what it is asked by itself, from the protocol's own words."""

import base64
import hashlib
import hmac
import json
from types import MappingProxyType
from urllib.parse import parse_qsl, quote_plus

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

URL = "https://games.example/play?session=7"
SECRET = "the-outbound-secret"
NONCE = "0b1e6d3c5a574c7e9f106f9d4f6f2a11"

OUR_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OUR_PEM = OUR_KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
NOBODYS_PEM = (
    rsa.generate_private_key(public_exponent=65537, key_size=2048)
    .private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    .decode()
)


class Vendor:
    """`paths` are what it serves; `answer` is given (path, headers, body) and says (status, body).

    A wrong signature is answered 403, a wrong member 400 with its name: both end in a test's failure.
    """

    secret = SECRET
    # What signs in the place of the secret, where another one must be refused.
    wrong = "another-secret"
    settings = ""
    game = "dice"
    # An answer of HTTP 200 that says no.
    refusal = MappingProxyType({"error": "no such game"})

    def wants(self, said, **members):
        return next((name for name, value in members.items() if said.get(name) != value), None)


class Hub88(Vendor):
    secret, wrong = OUR_PEM, NOBODYS_PEM
    settings = "operator_id = 7"
    refusal = MappingProxyType({"status": "RS_ERROR_INVALID_GAME"})

    def answer(self, path, headers, body):
        try:
            signature = base64.b64decode(headers["X-Hub88-Signature"], validate=True)
            OUR_KEY.public_key().verify(signature, body, padding.PKCS1v15(), SHA256())
        except InvalidSignature:
            return 403, {"error": "signature"}
        wrong = self.wants(
            {"path": path} | json.loads(body),
            path="/operator/generic/v2/game/url",
            user="p-1",
            token="t-1",
            game_code="dice",
            operator_id=7,
            platform="GPL_MOBILE",
            lang="en",
            currency="EUR",
            country="MT",
            lobby_url="https://lobby.example/",
            deposit_url=None,
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"url": URL})


class Pragmatic(Vendor):
    settings = 'secure_login = "casino"'
    refusal = MappingProxyType({"error": "8", "description": "Game not found"})

    def answer(self, path, headers, body):
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        given = fields.pop("hash", "")
        text = "&".join(f"{name}={value}" for name, value in sorted(fields.items()))
        if given != hashlib.md5(text.encode() + SECRET.encode(), usedforsecurity=False).hexdigest():
            return 200, {"error": "5"}
        wrong = self.wants(
            {"path": path, "type": headers["Content-Type"]} | fields,
            path="/IntegrationService/v3/http/CasinoGameAPI/game/url/",
            type="application/x-www-form-urlencoded",
            secureLogin="casino",
            symbol="dice",
            language="en",
            token="t-1",
            platform="MOBILE",
            technology="H5",
            playMode="REAL",
            lobbyUrl="https://lobby.example/",
            cashierUrl=None,
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"error": "0", "gameURL": URL})


class Evolution(Vendor):
    settings = 'casino_key = "casino"\nskin = "1"'
    game = "roulette/table-1"
    refusal = MappingProxyType({"errors": [{"code": "G.4", "message": "table"}]})
    entry = "/entry?params=7"

    def answer(self, path, headers, body):
        if path != f"/ua/v1/casino/{SECRET}":
            return 401, {"errors": [{"code": "G.1"}]}
        said = json.loads(body)
        wrong = self.wants(
            said,
            uuid="0b1e6d3c-5a57-4c7e-9f10-6f9d4f6f2a11",
            player={
                "id": "p-1",
                "update": False,
                "firstName": "p-1",
                "lastName": "p-1",
                "country": "MT",
                "language": "en",
                "currency": "EUR",
                "session": {"id": "t-1", "ip": "203.0.113.9"},
            },
            config={
                "brand": {"skin": "1"},
                "game": {"category": "roulette", "interface": "view1", "table": {"id": "table-1"}},
                "channel": {"wrapped": False, "mobile": True},
                "urls": {"lobby": "https://lobby.example/"},
            },
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"entry": self.entry, "entryEmbedded": "/embedded"})


class SoftSwiss(Vendor):
    settings = 'casino_id = "casino"'
    refusal = MappingProxyType({"code": "invalid_argument", "meta": {"api_code": "405"}})

    def answer(self, path, headers, body):
        if headers.get("X-REQUEST-SIGN") != hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest():
            return 403, {"code": "invalid_argument"}
        wrong = self.wants(
            {"path": path} | json.loads(body),
            path="/api/v1/softswiss/launcher/real",
            casino_id="casino",
            game="dice",
            account={"id": "p-1", "currency": "EUR"},
            locale="en",
            ip="203.0.113.9",
            session_id="t-1",
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"launch_url": URL})


class Slotegrator(Vendor):
    settings = 'merchant_id = "11111111111111111111111111111111"'
    refusal = MappingProxyType({"name": "Not Found", "message": "Game not found"})

    def answer(self, path, headers, body):
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signed = fields | {name: headers[name] for name in ("X-Merchant-Id", "X-Timestamp", "X-Nonce")}
        text = "&".join(f"{quote_plus(k)}={quote_plus(v)}" for k, v in sorted(signed.items())).replace("~", "%7E")
        if headers["X-Sign"] != hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).hexdigest():
            return 403, {"message": "sign"}
        wrong = self.wants(
            {"path": path, "time": headers["X-Timestamp"], "nonce": headers["X-Nonce"]} | fields,
            path="/games/init",
            time="1700000000",
            nonce=NONCE,
            game_uuid="dice",
            player_id="p-1",
            player_name="p-1",
            currency="EUR",
            session_id="t-1",
            device="mobile",
            language="en",
            return_url="https://lobby.example/",
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"url": URL})


class Swipe(Vendor):
    settings = 'cid = "550e8400-e29b-41d4-a716-446655440000"\next_cid = "casino"'
    refusal = MappingProxyType({"message": "game not found"})

    def answer(self, path, headers, body):
        canonical = json.dumps(json.loads(body), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        if headers.get("X-REQUEST-SIGN") != hmac.new(SECRET.encode(), canonical, hashlib.sha256).hexdigest():
            return 401, {"message": "signature"}
        wrong = self.wants(
            {"path": path, "canonical": body == canonical} | json.loads(body),
            path="/create-new-game",
            canonical=True,
            cID="550e8400-e29b-41d4-a716-446655440000",
            extCID="casino",
            gameID="dice",
            demo=False,
            platform="mobile",
            currency="EUR",
            locale="en",
            sessionID="t-1",
            returnURL="https://lobby.example/",
            user={"id": "p-1"},
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"gameURL": URL, "gsID": "g"})


class HundredHp(Vendor):
    refusal = MappingProxyType({"message": "Game not found", "errCode": 400})

    def answer(self, path, headers, body):
        said = json.loads(body)
        if said.get("secretKey") != SECRET:
            return 601, {"message": "Invalid secret key", "errCode": 601}
        wrong = self.wants(
            {"path": path} | said,
            path="/games/v1/launch",
            sessionId="t-1",
            isDemo=False,
            isMobile=True,
            gameId="dice",
            language="en",
            ip="203.0.113.9",
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"gameUrl": URL})


class BlueOcean(Vendor):
    """It knows no player until he is made."""

    settings = 'api_login = "casino"'
    refusal = MappingProxyType({"error": 1, "message": "Game not found! Incorrect id:0"})
    encoding = "application/x-www-form-urlencoded"

    def __init__(self):
        self.players = {}
        self.asked = []

    def read(self, body):
        return dict(parse_qsl(body.decode()))

    def answer(self, path, headers, body):
        said = self.read(body)
        self.asked.append(said.get("method"))
        if headers["Content-Type"] != self.encoding or said.get("api_login") != "casino":
            return 400, {"wrong": "login"}
        if said.get("api_password") != SECRET:
            return 200, {"error": 1, "message": "Invalid credentials"}
        name = said["user_username"]
        match said["method"]:
            case "playerExists":
                return 200, {"error": 0, "response": {"id": "1"} if name in self.players else False}
            case "createPlayer":
                self.players[name] = said["user_password"]
                return 200, {"error": 0, "response": {"id": "1", "username": name}}
        if said["user_password"] != self.players[name] or SECRET in said["user_password"]:
            return 200, {"error": 1, "message": "Invalid player username or password! (2)"}
        wrong = self.wants(
            said,
            method="getGame",
            user_username="p-1",
            gameid="dice",
            lang="en",
            homeurl="https://lobby.example/",
            play_for_fun="0",
            currency="EUR",
        )
        return (400, {"wrong": wrong}) if wrong else (200, {"error": 0, "response": URL, "sessionid": "5c"})


class BlueOceanInJson(BlueOcean):
    settings = 'api_login = "casino"\nencoding = "json"'
    encoding = "application/json"

    def read(self, body):
        return json.loads(body)


VENDORS = {
    "hub88": Hub88,
    "pragmatic": Pragmatic,
    "evolution": Evolution,
    "softswiss": SoftSwiss,
    "slotegrator": Slotegrator,
    "swipe": Swipe,
    "hundredhp": HundredHp,
    "blueocean": BlueOcean,
    "blueocean in JSON": BlueOceanInJson,
}
