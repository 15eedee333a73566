"""Texts with a secret in them, texts that only look like it, and what must stay beside a secret.

`§` stands for the secret, which is made at run time: no text here holds one. `texts` are what a program prints,
`lines` what stands in its source.
"""

from __future__ import annotations

import random

_LETTERS = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"
_SHAPES = {
    "letters and digits": (_LETTERS + "23456789", 14),
    "small letters and digits": ("abcdefghijkmnopqrstuvwxyz23456789", 12),
    "hexadecimal": ("0123456789abcdef", 32),
    "with signs": (_LETTERS + "23456789!#*+-_=@^~", 16),
    "long": (_LETTERS + "0123456789-_", 43),
}
SHAPES = tuple(_SHAPES)


def secret(shape: str, seed: int = 1) -> str:
    """Return a secret of *shape*, the same one for each seed."""
    chance = random.Random(f"{shape} {seed}")
    alphabet, length = _SHAPES[shape]
    while True:
        found = "".join(chance.choice(alphabet) for _ in range(length))
        if (
            sum(sign.isdigit() for sign in found) >= 3
            and found[0].isalpha()
            and found[-1].isalnum()
            and found[1:].lower() != found[1:].upper()
        ):
            return found


# Where the rest of the line stands after a mark, it must survive.
TEXTS = r"""
password=§
password = §
password: §
Password:§
DB_PASSWORD=§ ./run.sh --fast
export API_TOKEN=§; echo started
token=§ for bob
token: § (from env)
TOKEN=§ make deploy
login failed (user=bob, password=§, host=db1)
connecting with password '§' as bob
pw=§
user_pw=§
DB_PW=§
pswd: §
dbpass=§
mysql_pwd=§
psk=§
wpa_psk=§
wifi_psk="§"
session_id=§
sid=§
connect.sid=§
csrf=§
xsrf_token=§
X-CSRF-Token: §
auth_header=§
OPENAI_KEY=§
ANTHROPIC_KEY=§
MISTRAL_KEY=§
GROQ_KEY='§'
COHERE_KEY="§"
PINECONE_KEY: §
fernet_key=§
encryption_key: "§"
signing_key=§
jwt_signing_key=§
requirepass §
masterauth §
SAMLResponse=§
passcode=§
pwdhash=§
jwt=§
bearer=§
passwort=§
Passwort: §
kennwort = §
geheimnis=§
api_schluessel=§
API-Schlüssel: §
motdepasse=§
mot_de_passe: §
mdp=§
cle_api=§
clé: §
jeton=§
contraseña=§
contrasena: §
clave=§
clave_secreta=§
secreto=§
senha=§
senha: §
segredo=§
chave_api=§
parola=§
chiave_segreta=§
wachtwoord=§
sleutel=§
hasło=§
klucz_api=§
пароль=§
пароль: §
секрет=§
ключ: §
токен=§
密码：§
密码: §
密钥=§
口令：§
令牌: §
パスワード：§
暗証番号: §
秘密鍵=§
userPassword=§
user-password: §
spring.datasource.password=§
SPRING_DATASOURCE_PASSWORD=§
PYTHON_KEYRING_PASSWORD=§
CONDA_TOKEN=§
LC_API_KEY=§
["mysqldump", "--password", "§"]
['mysqldump', '--password', '§', 'shop']
Command '['mysqldump', '--password', '§']' returned non-zero exit status 2.
[(b'authorization', b'Bearer §'), (b'host', b'x')]
(b'cookie', b'session=§')
("Authorization", "§")
('x-api-key', '§')
[('Authorization', 'Basic §')]
{"key": "DB_PASSWORD", "value": "§"}
{"value": "§", "key": "DB_PASSWORD"}
{'name': 'API_TOKEN', 'value': '§'}
{"Name": "client_secret", "Type": "String", "Value": "§"}
- name: DB_PASSWORD\n  value: §
- value: §\n  name: DB_PASSWORD
- name: DB_PASSWORD\n  value: "§"
env:\n- name: A\n  value: b\n- name: API_TOKEN\n  value: '§'
{'user': 'bob',\n 'password': '§',\n 'host': 'db'}
{\n  "api_key": "§",\n  "n": 1\n}
password: |\n  §\nuser: bob
  password: >-\n    §\n  user: bob
recovery_codes:\n  - §\n  - other
recovery_codes: ["§", "x1"]
backup_codes=['§']
passwords = ['§', '§']
passwords={'bob': '§'}
INSERT INTO users(name, password) VALUES('bob','§')
INSERT INTO users (id, name, password_hash2, token) VALUES (1, 'bob', NULL, '§'), (2, 'ann', 'x', '§')
INSERT INTO users (name, password) VALUES (?, ?)]\n[parameters: ('bob', '§')]
UPDATE users SET password='§' WHERE id=1
ALTER USER bob WITH PASSWORD '§'
CREATE ROLE bob LOGIN PASSWORD '§' CREATEDB
user,password,role\nbob,§,admin
 user | password \n------+----------\n bob  | §
<password>§</password>
<Password encrypted="false">§</Password>
<add key="ApiKey" value="§"/>
<string name="api_key">§</string>
<key>apiKey</key><string>§</string>
<input type="password" name="password" value="§">
<property name="connection.password">§</property>
<token><![CDATA[§]]></token>
<config password="§" user="bob"/>
https://x.example/a?password=§&page=2
https://x.example/cb#access_token=§&state=1
POST /login?user=bob&pw=§ HTTP/1.1
grant_type=password&password=§&username=bob
%7B%22password%22%3A%22§%22%7D
q=%26api_key%3D§
"{\"password\": \"§\"}"
{\\\"api_key\\\": \\\"§\\\"}
X-Api-Key: §
x-auth-token: §
Authorization: token §
Authorization: Bearer §
authorization=Bearer%20§
Proxy-Authorization: Basic §
Cookie: theme=dark; sessionid=§; lang=en
Set-Cookie: sid=§; Path=/; HttpOnly
{'Cookie': 'sid=§; lang=en'}
--password §
--password=§ --verbose
--db-password "§" --host db
-password §
run --api-key '§' --n 3
tool --token=§,other
auth=('bob', '§')
auth: ["bob", "§"]
password := "§"
var apiKey string = "§"
let password: &str = "§";
const apiKey = `§`;
password => §
'password' => '§',
:password => "§"
config["password"] = "§"
os.environ['API_TOKEN'] = '§'
$config['db_password'] = '§';
process.env.API_TOKEN = "§"
String password = "§";
setenv("DB_PASSWORD", "§", 1)
requests.get(url, headers={"X-Api-Key": "§"})
Config(password=SecretStr('§'))
provided API key: §
Incorrect API key provided: §
Config(api_key='§', n=1)
password=b'§'
password = r"§"
password=QQQ§QQQ
[db]\npassword = §\nport = 1
db:\n  password: §\n  port: 1
machine x login bob password §
Enter password: §
Password for bob: §
the password is §
invalid api key §
wrong password "§" for bob
secret §
client_secret=§
AccountKey=§;EndpointSuffix=x
Server=db;User Id=bob;Pwd=§;Database=x
host=db user=bob password=§ dbname=x
redis://:§@cache:6379/0
https://bob:§@x.example/
passphrase: §
private_key=§
FOO_KEY=§
NEXTAUTH_SECRET=§
AWS_SECRET_ACCESS_KEY=§
AZURE_CLIENT_SECRET: §
KeyError: {'password': '§'}
ValueError: bad login {'user': 'bob', 'pass': '§'}
Request(headers={'authorization': 'Bearer §'})
curl -H 'Authorization: Bearer §' https://x
curl -H "X-Api-Key: §" https://x
docker run -e DB_PASSWORD=§ image
[2026-01-01] DEBUG auth: token=§ user=bob
{"level":"debug","msg":"login","password":"§","user":"bob"}
level=debug msg="x" password=§ user=bob
password\t§
token="§"
refresh_token: '§'
id_token=§
data={'access_token': '§', 'expires_in': 3600}
mfa_secret=§
totp_seed=§
smtp_pass=§
ftp_pass: §
seed_phrase=§
hmac_secret=§
webhook_secret=§
GH_TOKEN=§
HF_TOKEN=§
SLACK_BOT_TOKEN=§
&quot;password&quot;:&quot;§&quot;
&lt;password&gt;§&lt;/password&gt;
| password | § |
password,§
password.old=§
secrets:\n  db: §
"password" : { "value" : "§" }
password: !!str §
Password (bob): §
HTTPBasicAuth("bob", "§")
password <- "§"
ENV API_TOKEN §
set API_TOKEN=§
<wsse:Password Type="x">§</wsse:Password>
headers: Authorization=[Bearer §]
//registry.example/:_authToken=§
_Client__password='§'
password1=§
SessionToken: §
ASP.NET_SessionId=§
-Djavax.net.ssl.keyStorePassword=§
user bob / password §
(password -> §)
deploy_key=§
license_key=§
storage_key=§
"""

LINES = r"""
password = '§'
API_KEY = "§"
client = Client(api_key="§", timeout=3)
headers = {"Authorization": "Bearer §"}
headers = [("Authorization", "§")]
env = [{"name": "DB_PASSWORD", "value": "§"}]
env = [{"key": "DB_PASSWORD", "value": "§"}, 1]
subprocess.run(['mysqldump', '--password', '§'])
os.environ["API_TOKEN"] = "§"
os.environ.setdefault('API_TOKEN', '§')
token = os.getenv("API_TOKEN", "§")
password: str = '§'
password = SecretStr("§")
scope = {"headers": [(b"cookie", b"session=§")]}
login(user, password=b'§')
# password: §
url = "https://bob:§@x.example/"
secrets = ["§", "§"]
auth = ("bob", "§")
self.token = '§'
db.execute("INSERT INTO users(name, password) VALUES('bob','§')")
parser.set_defaults(api_key='§')
{"password": "§"},
token = (\n    "§"\n)
password = password or "§"
parse("Server=x;Password=§;Database=y")
argv = ['x', '--token=§']
kwargs['password'] = f"§"
"""

# Digits alone are secret under a few names.
CODES = ("pin=4071", "user_pin: 83920", "otp=482913", "mfa_code=771204", "cvv: 391", "ssn=078-05-1120",
         "password=20231107", "verification_code: 592013", "passcode=49302", "PIN: 5820")  # fmt: skip

PHRASES = (
    "password: correct horse battery staple",
    'passphrase="correct horse battery staple"',
    "mnemonic: zebra acid ocean unfold idle crack lunar bench ripple velvet tango mango",
    "recovery_phrase=zebra acid ocean unfold idle crack lunar bench ripple velvet tango mango",
)

LOOK_ALIKES = r"""
token_count=512
api_key_env=OPENAI_API_KEY
cookie_banner=accept-all-2
password_field_label="Enter your password"
eos_token='<|endoftext|>'
pad_token="[PAD]"
bos_token=<s>
passwords_checked: 12
unexpected token: 'foo'
syntax error near token
SyntaxError: Unexpected token < in JSON at position 0
SyntaxError: unexpected token: identifier
SSH_REMOTE=git@github.com:o/r.git
remote=git@github.com:org/repo.git
GIT_COMMIT=9fceb02d0ae598e95dc970b74767f19372d61af8
commit 9fceb02d0ae598e95dc970b74767f19372d61af8
sk-learn
scikit-learn==1.5.2
cache-key-d41d8cd98f00b204e9800998ecf8427e
cache_key=user:42:profile
order 4012888888881882x
max_tokens=4096
max_tokens: 1000, prompt_tokens: 12
tokenizer=cl100k_base
keyboard=us-international
keyboard_layout: dvorak
author=alice
authors: ['alice', 'bob']
primary_key=17
foreign_key='user_id'
key=lambda x: x
sorted(rows, key=lambda row: row.id)
pin_memory=True
pin=17
session_id=06a1b2c3d4e5f6g7
monkey=banana
passenger=smith
compass=north
secretary=ann
id=550e8400-e29b-41d4-a716-446655440000
session_id=550e8400-e29b-41d4-a716-446655440000
/usr/lib/python3.13/site-packages/requests/auth.py
https://example.com:8080/path?page=2#top
https://docs.example.com/tokens/password-reset
sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
digest: sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
etag="33a64df551425fcc55e4d42a148795d9f25f89d4"
token_sha256=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
version=1.2.3+build.20261123
bob@example.com
password=None
password=null token=true
secret: false
password=$DB_PASSWORD
password=${DB_PASSWORD}
password: ${{ secrets.DB_PASSWORD }}
password: {{ db_password }}
password=%(password)s
password = getpass.getpass()
self.password = config.password
token = tokens[0]
token = next(tokens)
KeyError: 'password'
KeyError: 'api_key'
TypeError: login() missing 1 required positional argument: 'password'
TypeError: __init__() got an unexpected keyword argument 'api_key'
ValueError: password must not be empty
password: required
password: must be at least 8 characters
{'password': ['This field is required.']}
{"password": "Too short, must be 8 characters"}
the secret to success is patience
sort_key=created_at
partition_key=region
public_key=-----BEGIN PUBLIC KEY-----
idempotency_key=order-42
object_key=reports/2026/01.csv
translation_key=home.title
key_type=rsa
key_size=2048
token_type=bearer
token_type: Bearer
token_url=https://auth.example.com/oauth/token
token_expiry=2026-01-01T00:00:00Z
tokens_per_second=41.7
token_limit: 8192
num_tokens=8
id_tokens=3
password_file=/run/secrets/db
password_hash_algorithm=argon2id
password_policy=strong
password_min_length=12
password_reset_url=https://x.example/reset
secret_name=db-credentials
secret_arn=arn:aws:secretsmanager:eu-west-1:123456789012:secret:db
secretKeyRef: {name: db, key: password}
private_key_path=/home/bob/.ssh/id_ed25519
ssl_key=/etc/ssl/private/server.key
credentials: include
credentials=same-origin
auth_type=oauth2
auth_method: password
auth_enabled=true
auth=None
authenticated=yes
authorization_url=https://x.example/oauth/authorize
authority=login.example.com
basic authentication is required
bearer of bad news
cookie_consent=accepted
cookies_enabled=yes
cookie_domain=.example.com
session=k3f9qa
session_timeout=3600
sessions=12
AITRACK_SESSION=06a1b2c3d4e5f6g7
passed=3 failed=1
bypass=yes
passport_office=berlin
pass 12 fail 3 skip 1
test_password_is_hidden PASSED
tests/test_token.py::test_refresh PASSED
signature: (a, b=1) -> int
signature=inspect.Signature
function signature mismatch: expected (int, str)
seed=42
random_seed: 1234
salt_rounds=12
hmac_algorithm=sha256
pattern=abc
path=/tmp/x
patch=1
mapping={'a': 1}
spin=up
shipping=express
inside=1
opinion=none
pinned_version=2.0
keyword=search
keywords: ['a', 'b']
keys=['id', 'name']
dict_keys(['user', 'password', 'token'])
('password', 'token', 'username')
["user", "password", "email"]
columns: id, name, password, email
SELECT id, password FROM users WHERE name='bob'
INSERT INTO events(name, kind) VALUES('bob','login-2026')
user,role,city\nbob,admin1,berlin2
def login(user, password, token=None):
login(user, password)
raise AuthError("bad password")
password = input("Password: ")
parser.add_argument("--password", help="the password of the user")
parser.add_argument('--token', default=None)
os.environ["API_TOKEN"]
os.getenv("API_TOKEN")
if token == "END":
if token.type == NAME:
token: NAME, value: foo
Token(type=NUMBER, value=12)
token=IDENTIFIER
next token: <EOF>
retry-after: 30
x-request-id: 7f3d2a1b-0c4e-4f5a-9b8c-7d6e5f4a3b2c
content-type: application/json
user-agent: python-requests/2.32.3
www-authenticate: Basic realm="x"
1700000000000 1700000000123456 1732400000.123
order 1234567890123456
tracking number 1Z999AA10123456784
phone +49 30 1234567
isbn 978-3-16-148410-0
2026-11-23T12:00:01.123Z
10.0.0.1:5432
::1
libssl.so.3
numpy-2.1.3-cp313-cp313-manylinux_2_17_x86_64.whl
job-7f9c5d6b8-x2x4z
i-0abcd1234ef567890
request 550e8400e29b41d4a716446655440000 done
module.ClassName.method_name_that_is_long
clave_primaria=17
mot: password
La contraseña es obligatoria
Das Passwort ist falsch
Passwort vergessen?
password reset requested for bob
password changed by admin
invalid password for user bob
token expired at 12:00
token refreshed
missing token in header
no api key provided
secret not found
cookie too large
authorization failed for bob
session=pytest-8.3
fields = ('username', 'password', 'email2')
passlib==1.7.4 PyJWT==2.9.0 keyring==25.2.1
ssid=HomeNet5G
device=iPhone14,2
security_group=sg-0123abcd456
stop_token='</s>'
TOKEN=${TOKEN:-}
got token 'else', expected 'endif'
invalid token at offset 42
CREATE TABLE users (id int, password varchar(64) NOT NULL)
Enter passphrase for key '/home/bob/.ssh/id_rsa':
def reset_password(self, user: User, password: str) -> None:
python-jose[cryptography]==3.3.0
signature_version=s3v4
jwt_algorithm=HS256
mfa: required
ключевой=слово1
секретарь=Анна
密码错误
密码长度=8
SESSION_MANAGER=local/host:@/tmp/.ICE-unix/1234
SSH_AUTH_SOCK=/tmp/ssh-XXXX/agent.1234
kubectl get secret db-credentials -o yaml
--token-type bearer
"""

# text, what must stay
NEIGHBOURS = (
    ("token=§ for bob", "for bob"),
    ("TOKEN=§ ./run.sh --fast", "./run.sh --fast"),
    ("token: § (from env)", "(from env)"),
    ("export TOKEN=§; make x", "; make x"),
    ("password=§ host=db1 port=5432", "host=db1 port=5432"),
    ("password=§, user=bob", ", user=bob"),
    ("password=§&page=2&size=10", "&page=2&size=10"),
    ("password: § # change me", "# change me"),
    ("Server=db;Password=§;Database=app", ";Database=app"),
    ("{'password': '§', 'user': 'bob', 'port': 5432}", "'user': 'bob', 'port': 5432"),
    ('{"password":"§","user":"bob"}', '"user":"bob"'),
    ("login(user='bob', password='§', retries=3)", "retries=3"),
    ("['mysqldump', '--password', '§', 'shop']", "'shop'"),
    ("Command '['mysqldump', '--password', '§']' returned non-zero exit status 2.", "returned non-zero exit status 2."),
    ("[(b'authorization', b'Bearer §'), (b'host', b'example.com')]", "(b'host', b'example.com')"),
    ("{'name': 'API_TOKEN', 'value': '§', 'scope': 'prod'}", "'scope': 'prod'"),
    ("- name: TOKEN\n  value: §\n- name: REGION\n  value: eu-west-1", "eu-west-1"),
    ("password: |\n  §\nuser: bob", "user: bob"),
    ("INSERT INTO users(name, password) VALUES('bob','§'),('ann','§')", "'ann'"),
    ("user,password,role\nbob,§,admin\nann,§,guest", "guest"),
    ("<password>§</password><user>bob</user>", "<user>bob</user>"),
    ("postgres://bob:§@db.example.com:5432/app", "@db.example.com:5432/app"),
    ("Cookie: theme=§; lang=en", "lang=en"),
    ("Authorization: Bearer §\nHost: example.com", "Host: example.com"),
    ("curl -H 'Authorization: Bearer §' https://example.com/v1", "https://example.com/v1"),
    ("mysql --password=§ shop < dump.sql", "shop < dump.sql"),
    ("run --token § --retries 3", "--retries 3"),
    ("api_key=§ model=gpt-x tokens=512", "model=gpt-x tokens=512"),
    ("KeyError: 'x' (token=§)", "KeyError: 'x'"),
    ("密码：§，用户：bob", "用户：bob"),
    ("secret '§' rejected by vault.example.com", "rejected by vault.example.com"),
    ("pw=§ | tee log.txt", "| tee log.txt"),
    ("DB_PASSWORD=§ && echo done", "&& echo done"),
    ("auth=('bob', '§'), timeout=3", "timeout=3"),
    ("recovery_codes: ['§'], plan: free", "plan: free"),
)  # fmt: skip


def entries(table: str) -> list[str]:
    """Return the texts of a *table*, one a line, with line breaks where they say so."""
    return [
        line.replace("\\n", "\n").replace("\\t", "\t") for line in table.replace("QQQ", '"' * 3).split("\n") if line
    ]
